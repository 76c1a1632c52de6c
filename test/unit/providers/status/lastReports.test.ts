// Reports as they are read out of a container: times, lengths, bytes.
import assert from 'node:assert/strict';
import { parseReports } from '../../../../src/providers/status/lastReports.ts';

describe('the last reports of hooks, as a container prints them', () => {
  it('are taken apart by their length, whatever is in them', () => {
    const [first, second] = ['\u001b]7502;one\n12 3\n\u001b\\', 'zwei ü'];
    const output = Buffer.from(`1700000000 ${Buffer.byteLength(first)}\n${first}1700000005 ${Buffer.byteLength(second)}\n${second}`);
    assert.deepEqual(parseReports(output).map(({ at, bytes }) => [at, bytes.toString('utf8')]), [[1_700_000_000_000, first], [1_700_000_005_000, second]]);
  });

  it('are none where nothing is there, and end where the form does', () => {
    assert.deepEqual(parseReports(Buffer.from('')), []);
    assert.deepEqual(parseReports(Buffer.from('stat: no such option\n')), []);
    assert.deepEqual(parseReports(Buffer.from('12 2\nabno header')).map(({ bytes }) => bytes.toString()), ['ab']);
    assert.deepEqual(parseReports(Buffer.from('12 99\ncut')).map(({ bytes }) => bytes.toString()), ['cut']);
  });
});
