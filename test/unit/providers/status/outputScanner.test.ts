// What is found in a pane's raw bytes, however they are cut, and what costs nothing.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_OSC_BYTES, OutputScanner, type OutputEvent } from '../../../../src/providers/status/outputScanner.ts';

const ESC = '\u001b';
const ST = `${ESC}\\`;
const BEL = '\u0007';

function scan(...pieces: readonly (string | Buffer)[]): OutputEvent[] {
  const scanner = new OutputScanner();
  return collapsed(pieces.flatMap((piece) => scanner.feed(Buffer.from(piece))));
}

/** As one feed would have told it: titles, bells and equal statuses in a row are one. */
function collapsed(events: readonly OutputEvent[]): OutputEvent[] {
  return events.reduce<OutputEvent[]>((kept, event) => {
    const last = kept.at(-1);
    if (last?.type === 'title' && event.type === 'title') return [...kept.slice(0, -1), event];
    if (last?.type === 'bell' && event.type === 'bell') return kept;
    if (last?.type === 'osc7501' && event.type === 'osc7501' && last.text === event.text) return kept;
    return [...kept, event];
  }, []);
}

describe('OutputScanner', () => {
  it('finds status, titles, reports and bells between plain output', () => {
    assert.deepEqual(scan(`one${ESC}]7501;state=working:app=x${ST}two${BEL}${ESC}]0;grüß 👋${BEL}${ESC}[1mthree${ESC}]7502;tmux-agents;1${ST}${ESC}]2;t2${ST}`), [
      { type: 'osc7501', text: 'state=working:app=x' },
      { type: 'bell' },
      { type: 'title', text: 'grüß 👋' },
      { type: 'hook', text: 'tmux-agents;1' },
      { type: 'title', text: 't2' },
    ]);
  });

  it('leaves other OSCs alone, and those whose number only begins like ours', () => {
    assert.deepEqual(scan(`${ESC}]8;;http://x${ST}link${ESC}]8;;${ST}${ESC}]52;c;AAAA${BEL}${ESC}]75011;x${BEL}${ESC}]7503;x${BEL}${ESC}]1;icon${BEL}${ESC}]22;x${ST}${ESC}]${BEL}${ESC}]0${ST}`), []);
  });

  it('tells the same however the bytes are cut', () => {
    const part = fc.oneof(
      fc.constantFrom(ESC, `${ESC}]`, ST, BEL, '\\', '\u0018', '\u001a', ';', '0;', '2;', '7501;', '7502;', '7', ']', '\r\n', 'text', 'ü', '👋', `${ESC}[2J`, `${ESC}Ptmux;${ESC}`),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.array(fc.nat(200), { maxLength: 12 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        assert.deepEqual(scan(...pieces), scan(bytes));
        assert.deepEqual(scan(...[...bytes].map((byte) => Buffer.of(byte))), scan(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('recovers from half an OSC as soon as something else begins', () => {
    const whole = { type: 'osc7501', text: 'state=idle' };
    for (const abort of ['\u0018', '\u001a', `${ESC}[0m`, `${ESC}(B`]) {
      assert.deepEqual(scan(`${ESC}]7501;state=wor${abort}plain${ESC}]7501;state=idle${ST}`), [whole], JSON.stringify(abort));
    }
    assert.deepEqual(scan(`${ESC}]0;half a title${ESC}]7501;state=idle${ST}`), [whole]);
    assert.deepEqual(scan(`${ESC}]7501;state=wor\r\na line\r\n${ESC}]7501;state=idle${ST}`), [whole]);
  });

  it('reads through line breaks that a terminal driver or base64 put in, and through the passthrough of tmux', () => {
    assert.deepEqual(scan(`${ESC}]7502;AAA\r\nBBB\n${ST}`), [{ type: 'hook', text: 'AAABBB' }]);
    assert.deepEqual(scan(`${ESC}Ptmux;${ESC}${ESC}]7501;state=idle${ESC}${ESC}\\${ST}`), [{ type: 'osc7501', text: 'state=idle' }]);
  });

  it('takes no byte of UTF-8 for a C1 control', () => {
    // U+009C is ST and U+009D is OSC where C1 controls are read; both end in those very bytes here.
    assert.deepEqual(scan(`${ESC}]0;a\u009cb${BEL}`, '\u009d0;no title\u0007'), [{ type: 'title', text: 'a\u009cb' }, { type: 'bell' }]);
  });

  it('drops and counts what is too long, and finds the next', () => {
    const scanner = new OutputScanner();
    const events = [`${ESC}]7502;`, 'x'.repeat(MAX_OSC_BYTES), 'x', `${ST}${ESC}]7501;state=idle${ST}`].flatMap((piece) => scanner.feed(Buffer.from(piece)));
    assert.deepEqual(events, [{ type: 'osc7501', text: 'state=idle' }]);
    assert.equal(scanner.dropped, 1);
    assert.equal(scan(`${ESC}]7502;${'x'.repeat(MAX_OSC_BYTES)}${ST}`).length, 1);
  });

  it('makes one event of a flood of titles, and cuts a title that is a book', () => {
    assert.deepEqual(new OutputScanner().feed(Buffer.from(`${ESC}]0;spinner${BEL}`.repeat(10_000) + `${ESC}]0;last${BEL}`)), [{ type: 'title', text: 'last' }]);
    assert.deepEqual(scan(`${ESC}]0;${'x'.repeat(50_000)}${BEL}`), [{ type: 'title', text: 'x'.repeat(1_000) }]);
  });

  it('passes 10 MB without a line break, and 10 MB in one OSC, in less than a second', () => {
    for (const start of ['', `${ESC}]52;c;`, `${ESC}]7502;`]) {
      const scanner = new OutputScanner();
      scanner.feed(Buffer.from(start));
      const chunk = Buffer.alloc(64 * 1024, 0x41);
      const before = performance.now();
      for (let fed = 0; fed < 10 * 1024 * 1024; fed += chunk.length) assert.deepEqual(scanner.feed(chunk), []);
      assert.ok(performance.now() - before < 1_000);
    }
  });
});
