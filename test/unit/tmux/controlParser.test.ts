// The control-mode parser, fed with what real tmux versions said and with bytes cut anywhere.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ControlParser, unescapeOctal } from '../../../src/tmux/controlParser.ts';
import { blocksOf, cut, notificationsOf, outputOf, parseChunks, recordings } from './recordedStreams.ts';

const line = 'grüß dich 👋 back\\slash 100%';

/** What tmux does to pane bytes in `%output`: control characters and the backslash become `\ooo`. */
function escapeAsTmux(bytes: Uint8Array): Buffer {
  return Buffer.concat([...bytes].map((byte) => (byte < 0x20 || byte === 0x5c ? Buffer.from(`\\${byte.toString(8).padStart(3, '0')}`) : Buffer.of(byte))));
}

describe('ControlParser', () => {
  it('has recordings of several tmux versions', () => {
    assert.deepEqual(
      recordings.map(({ name }) => name).sort(),
      ['tmux-3.3a', 'tmux-3.5a', 'tmux-3.8'],
    );
  });

  for (const { name, bytes } of recordings) {
    describe(`on the stream of ${name}`, () => {
      const events = parseChunks([bytes]);
      const blocks = blocksOf(events);
      const notifications = notificationsOf(events);

      it('gives the pane its bytes, escapes and UTF-8 included', () => {
        const typed = outputOf(events, '%1').toString('utf8');
        assert.equal(typed, `${line}\r\n${line}\r\n%end 1 2 1\r\n%end 1 2 1\r\npasted text; `);
        assert.equal(outputOf(events, '%2').toString('utf8'), '\u001b]0;title\u0007\u001b[1;31mred\u001b[0m\r\n✓\t.\r\n');
      });

      it('keeps output that looks like the end of a block inside the block', () => {
        const capture = blocks.find(({ body }) => body.includes('%end 1 2 1'));
        assert.deepEqual(capture?.body.trimEnd().split('\n'), [line, line, '%end 1 2 1', '%end 1 2 1']);
        assert.ok(capture?.body.endsWith('\n'.repeat(19)), 'blank lines of the screen are lines of the block');
      });

      it('tells a failed command from one that worked, and our own from others', () => {
        assert.deepEqual(
          blocks.filter(({ failed }) => failed).map(({ body }) => body),
          ['parse error: unknown command: no-such-command', "can't find session: nobody"],
        );
        assert.equal(blocks[0]?.flags, 0);
        assert.ok(blocks.filter(({ flags }) => flags === 1).length >= 29);
      });

      it('names what changed', () => {
        const expected = [
          { type: 'session-changed', session: '$0', name: 'monitor' },
          { type: 'window-add', window: '@1' },
          { type: 'window-renamed', window: '@2', name: 'new: name %s' },
          { type: 'window-renamed', window: '@3', name: 'mortal' },
          { type: 'session-renamed', session: '$0', name: 'monitor two' },
          { type: 'subscription-changed', name: 's1', session: '$0', window: '@3', pane: '%4', value: '1' },
          { type: 'pane-mode-changed', pane: '%5' },
          { type: 'exit', reason: undefined },
        ];
        for (const notification of expected) {
          assert.ok(
            notifications.some((seen) => JSON.stringify(seen) === JSON.stringify(notification)),
            `${JSON.stringify(notification)} is missing in ${JSON.stringify(notifications)}`,
          );
        }
        assert.ok(notifications.some((seen) => seen.type === 'layout-change' && seen.window === '@2' && seen.layout.includes('100x30')));
      });

      it('passes a notification it does not know on as it came', () => {
        const unknown = notifications.flatMap((seen) => (seen.type === 'unknown' ? [seen.line] : []));
        assert.deepEqual(
          unknown.filter((text) => !text.startsWith('%paste-buffer-')),
          [],
        );
      });

      it('gives the same events however the bytes are cut', () => {
        fc.assert(
          fc.property(fc.array(fc.nat(bytes.length), { maxLength: 60 }), (places) => {
            assert.deepEqual(parseChunks(cut(bytes, places)), events);
          }),
          { numRuns: 200 },
        );
      });

      it('gives the same events byte by byte', () => {
        assert.deepEqual(parseChunks([...bytes].map((byte) => Buffer.of(byte))), events);
      });
    });
  }

  it('gives any pane bytes back as the program wrote them, cut anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(2_000), { maxLength: 20 }), (program, places) => {
        const stream = Buffer.concat([Buffer.from('%output %7 '), escapeAsTmux(program), Buffer.from('\n%extended-output %7 12 : '), escapeAsTmux(program), Buffer.from('\n')]);
        const events = parseChunks(cut(stream, places.map((place) => place % stream.length)));
        assert.deepEqual(outputOf(events, '%7'), Buffer.concat([program, program]));
      }),
    );
  });

  it('does not hand on output nobody wants, and loses nothing of the others', () => {
    const events = parseChunks([Buffer.from('%output %1 one\n%output %2 two\n%output %1 three\n%output %21 four\n')], (pane) => pane === '%1');
    assert.deepEqual(events, [
      { pane: '%1', output: Buffer.from('one') },
      { pane: '%1', output: Buffer.from('three') },
    ]);
  });

  it('ends a block only with its own time, number and flags', () => {
    const body = ['%end 5 6 0', '%error 5 6 1', '%begin 5 6 1', '%output %1 x', '%end 5 6 1 '];
    const [first, second] = blocksOf(parseChunks([Buffer.from(`%begin 5 7 1\n${body.join('\n')}\n%end 5 7 1\n%begin 5 8 1\n%error 5 8 1\n`)]));
    assert.equal(first?.body, body.join('\n'));
    assert.deepEqual([first?.failed, second?.failed, second?.body], [false, true, '']);
  });

  it('reads past what is malformed', () => {
    const lines = ['', 'no percent', '%', '%output', '%output %x y', '%window-add 12', '%subscription-changed', '%extended-output %1', '%sessions-changed'];
    const events = parseChunks([Buffer.from(`${lines.join('\n')}\n`)]);
    assert.deepEqual(notificationsOf(events).at(-1), { type: 'sessions-changed' });
    assert.equal(outputOf(events, '%1').length, 0);
  });

  it('reads a flood faster than tmux can send it: 60 MB of escaped output in a second of processor time', () => {
    const plain = Buffer.from(`%output %1 ${'x'.repeat(900)}\\015\\012\n`.repeat(70));
    const coloured = Buffer.from(`%extended-output %1 0 : ${'\\033[1mwords\\033[0m and more '.repeat(40)}\\015\\012\n`.repeat(60));
    let read = 0;
    const parser = new ControlParser({ block: () => assert.fail(), notification: () => assert.fail(), wantsOutput: () => true, output: (_pane, { length }) => (read += length) });
    const started = process.cpuUsage();
    for (let sent = 0; sent < 60e6; sent += plain.length + coloured.length) {
      parser.push(Buffer.from(plain));
      parser.push(Buffer.from(coloured));
    }
    const ms = process.cpuUsage(started).user / 1_000;
    assert.ok(read > 40e6, `${read} bytes came out`);
    assert.ok(ms < 1_000, `it took ${Math.round(ms)} ms`);
  });
});

describe('unescapeOctal', () => {
  it('leaves a backslash that begins no octal escape alone', () => {
    for (const text of ['\\', '\\1', '\\01', '\\018', '\\x41', 'a\\', '\\\\']) assert.equal(unescapeOctal(Buffer.from(text)).toString(), text);
  });

  it('reads all 256 bytes', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const escaped = [...all].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    assert.deepEqual(unescapeOctal(Buffer.from(escaped)), all);
  });
});
