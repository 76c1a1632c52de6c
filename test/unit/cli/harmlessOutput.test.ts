// An agent's output on somebody's own terminal: drawn, but without power over it.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { HarmlessOutput } from '../../../src/cli/harmlessOutput.ts';

describe('output for somebody\'s own terminal', () => {
  const taken = (...pieces: string[]): string => {
    const output = new HarmlessOutput();
    return pieces.map((piece) => output.take(piece)).join('');
  };

  it('keeps text, colours and movements', () => {
    const text = 'a\u001b[31mred\u001b[0m\u001b[2J\u001b[H\u001b[?1049h\r\n';
    assert.equal(taken(text), text);
  });

  it('leaves out the clipboard, titles, device control and questions', () => {
    assert.equal(taken('1\u001b]52;c;aGk=\u00072\u001b]0;title\u001b\\3\u001bPq...\u001b\\4\u001b[c5\u001b[6n6\u001b[?1c7\u00058'), '12345678');
  });

  it('does so however the pieces are cut', () => {
    const text = 'x\u001b]52;c;c2VjcmV0\u0007y\u001b[6nz\u001b[1mw';
    fc.assert(fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 6 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      assert.equal(taken(...at.slice(1).map((end, index) => text.slice(at[index], end))), 'xyz\u001b[1mw');
    }));
  });
});
