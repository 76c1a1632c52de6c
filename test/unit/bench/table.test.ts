// What the benchmark says of its measurements: statistics, bars, the table.
import assert from 'node:assert/strict';
import { meetsBar, type Measured } from '../../bench/row.ts';
import { interleaved, median, percentile } from '../../bench/statistics.ts';
import { renderTable } from '../../bench/table.ts';

const row = (more: Partial<Measured>): Measured => ({ id: 'x', figure: 'a figure', unit: 'ms', ours: 3, samples: 1, ...more });

describe('the benchmark', () => {
  it('takes the middle of an odd number of samples, and the mean of the two in the middle of an even number', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1, 2, 9]), 3);
    assert.throws(() => median([]));
  });

  it('takes percentiles by nearest rank', () => {
    const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
    assert.equal(percentile(samples, 0.99), 198);
    assert.equal(percentile([7], 0.99), 7);
  });

  it('measures ours and raw in turn, each pair begun by the other one', async () => {
    const order: string[] = [];
    const note = (name: string) => () => Promise.resolve(order.push(name));
    await interleaved(3, note('ours'), note('raw'));
    assert.equal(order.join(' '), 'ours raw raw ours ours raw');
  });

  it('holds a ratio to its bar, and a value to its own', () => {
    assert.equal(meetsBar(row({ raw: 2, bar: { of: 'ratio', atMost: 1.5 } })), true);
    assert.equal(meetsBar(row({ raw: 1.9, bar: { of: 'ratio', atMost: 1.5 } })), false);
    assert.equal(meetsBar(row({ bar: { of: 'ratio', atMost: 1.5 } })), false, 'no raw part');
    assert.equal(meetsBar(row({ bar: { of: 'value', atMost: 3 } })), true);
    assert.equal(meetsBar(row({})), undefined);
  });

  it('shows each row on a line, what was skipped with its reason, notes below', () => {
    const table = renderTable([
      row({ raw: 2, bar: { of: 'ratio', atMost: 1.2 }, note: 'as it was' }),
      row({ figure: 'a count', unit: '', ours: 0, bar: { of: 'value', atMost: 0 } }),
      { id: 'y', figure: 'another', skipped: 'Docker does not run' },
    ]);
    assert.equal(
      table,
      [
        'figure    ours   raw  ratio      bar   ok',
        '-----------------------------------------',
        'a figure  3 ms  2 ms  1.50x  <= 1.2x   NO',
        'a count      0                  <= 0  yes',
        'another   skipped: Docker does not run',
        '',
        '  a figure: as it was',
      ].join('\n'),
    );
  });
});
