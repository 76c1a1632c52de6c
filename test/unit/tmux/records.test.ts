// Listings as tmux prints them: fields quoted with backslashes, ended by a space, records by a newline.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { parsePanes, parseSessions } from '../../../src/tmux/records.ts';

function record(...fields: string[]): Buffer {
  return Buffer.from(fields.map((field) => `${field.replace(/[\\ "$#;]/g, '\\$&')} `).join(''));
}

function pane(...dead: [dead: string, status: string, signal: string, time: string]): Buffer {
  return record('%1', '@2', '0', '$3', 'a b', '0', '1', dead[0] === '1' ? '' : '77', 'title', 'sh', '/tmp', '80', '24', ...dead, '{"v":1}');
}

describe('listings', () => {
  it('are read whatever bytes a name is made of', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }), (names) => {
        const body = Buffer.concat(names.flatMap((name, index) => [record(`$${index}`, name, '1700000000', '1', '0'), Buffer.from(index === names.length - 1 ? '' : '\n')]));
        assert.deepEqual(parseSessions(body).map(({ name }) => name), names);
      }),
    );
  });

  it('are refused when they are cut or no listing at all', () => {
    for (const body of ['nonsense', '$1 name 1 1', '$1 name 1 1 0 x', 'x name 1 1 0 ', '$1 name one 1 0 ']) {
      assert.throws(() => parseSessions(Buffer.from(body)), (error) => isAgentsError(error, 'tmux-failed'), body);
    }
    assert.deepEqual(parseSessions(Buffer.alloc(0)), []);
  });

  it('tell a running pane, an exit code, a signal, and a death that tmux has not understood yet', () => {
    const [running] = parsePanes(pane('0', '', '', ''));
    assert.deepEqual([running?.dead, running?.unreaped, running?.pid, running?.record], [undefined, false, 77, '{"v":1}']);
    assert.deepEqual(parsePanes(pane('1', '3', '', '1700000000'))[0]?.dead, { code: 3 });
    assert.deepEqual(parsePanes(pane('1', '', '9', '1700000000'))[0]?.dead, { code: null, signal: 'SIGKILL' });
    assert.deepEqual(parsePanes(pane('1', '', 'TERM', '1700000000'))[0]?.dead, { code: null, signal: 'SIGTERM' });
    const [unreaped] = parsePanes(pane('1', '', '', ''));
    assert.deepEqual([unreaped?.dead, unreaped?.unreaped], [undefined, true]);
  });
});
