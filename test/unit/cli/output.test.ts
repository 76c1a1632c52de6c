// What the command says, and to what kind of terminal.
import assert from 'node:assert/strict';
import { Output, type Stream } from '../../../src/cli/output.ts';

const silent: Stream = { write: () => undefined };
const columnsOf = (stdout: Partial<Stream>): number | undefined => new Output(false, { stdout: { ...silent, ...stdout }, stderr: silent }).columns;

describe('the width of the answer', () => {
  it('is that of the terminal', () => assert.equal(columnsOf({ isTTY: true, columns: 120 }), 120));
  it('is unknown where the terminal says 0, or says nothing', () => assert.deepEqual([columnsOf({ isTTY: true, columns: 0 }), columnsOf({ isTTY: true })], [undefined, undefined]));
  it('is unknown in a pipe', () => assert.equal(columnsOf({ columns: 120 }), undefined));
});

describe('a note', () => {
  it('holds nothing that drives the terminal or turns its text', () => {
    let said = '';
    new Output(false, { stdout: silent, stderr: { write: (text) => void (said += text) } }).note('a\u001b[2Jb\u202ec\u0007\nd');
    assert.equal(said, 'a[2Jbc\nd\n');
  });
});
