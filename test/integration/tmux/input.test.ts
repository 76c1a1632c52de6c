// What is sent to a pane arrives byte for byte, in that pane and no other; what a pane shows is read back.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../src/base/errors.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import { type FreshServer, freshServerForEach, hexEcho, PaneReader } from './freshServer.ts';

const nasty = `quotes " ' \` $(id) \${HOME} ~ \\ \\n #{pane_id} %1 {a} [b] é 👩‍💻 ;`;

describe('input to panes', function () {
  let server: FreshServer;
  let tmux: TmuxService;

  freshServerForEach((fresh, service) => {
    server = fresh;
    tmux = service;
  });

  async function echo(name: string, argv: readonly string[] = hexEcho): Promise<PaneReader & { pane: `%${number}` }> {
    const { paneId } = await tmux.newSession({ name, argv });
    const reader = new PaneReader(tmux, paneId);
    await reader.ready();
    return Object.assign(reader, { pane: paneId });
  }

  async function arrives(reader: PaneReader, bytes: Buffer): Promise<void> {
    const hex = bytes.toString('hex');
    const seen = await reader.until((text) => text.length >= hex.length);
    assert.equal(seen, hex);
  }

  for (const text of [nasty, '~/x', '-l', ';', 'a;', 'a;;', '\\', '"', "'", '$', '#', '##[', ' ', 'tab\tand\u0001\u001b\u007f', '%end 1 2 1', 'Enter', 'C-c', '\u{10ffff}']) {
    it(`types and pastes ${JSON.stringify(text)}`, async () => {
      const reader = await echo('agent');
      await tmux.sendLiteral(reader.pane, text);
      await arrives(reader, Buffer.from(text));
      await tmux.pasteText({ session: 'agent', window: '0', pane: '0' }, text);
      await arrives(reader, Buffer.from(text + text));
    });
  }

  it('types a line with sendKeys: the text, then Enter', async () => {
    const reader = await echo('agent');
    await tmux.sendKeys('agent', '0', '0', nasty);
    await arrives(reader, Buffer.from(`${nasty}\r`));
  });

  it('presses keys by their names', async () => {
    const reader = await echo('agent');
    await tmux.sendKeyNames(reader.pane, ['C-c', 'Escape', 'Enter', 'Up']);
    await arrives(reader, Buffer.from('\u0003\u001b\r\u001b[A'));
  });

  it('pastes lines as they are, without brackets where the program asked for none', async () => {
    const reader = await echo('agent');
    await tmux.pasteText(reader.pane, 'one\ntwo\r\nthree\n');
    await arrives(reader, Buffer.from('one\ntwo\r\nthree\n'));
    assert.equal(server.tmux('list-buffers'), '', 'the buffer is gone');
  });

  it('brackets a paste where the program asked for it, unless told not to', async () => {
    const [node = '', flag = '', script = ''] = hexEcho;
    const reader = await echo('agent', [node, flag, `process.stdout.write('\\u001b[?2004h');${script}`]);
    await tmux.pasteText(reader.pane, 'a\nb');
    const bracketed = Buffer.from('\u001b[200~a\nb\u001b[201~');
    await arrives(reader, bracketed);
    await tmux.pasteText(reader.pane, 'c', { bracketed: false });
    await arrives(reader, Buffer.concat([bracketed, Buffer.from('c')]));
  });

  it('pastes 1 MB byte for byte', async () => {
    const receive = `
      const { createHash } = require('node:crypto'); const hash = createHash('sha256'); let seen = 0;
      process.stdin.setRawMode(true);
      process.stdin.on('data', (bytes) => { hash.update(bytes); seen += bytes.length; if (seen >= Number(process.argv[1])) console.log('SHA', hash.digest('hex'), String(seen)); });
      console.log('READY');`;
    const line = `${nasty}\n`;
    const text = line.repeat(Math.ceil(1_048_576 / line.length));
    const { createHash } = await import('node:crypto');
    const reader = await echo('agent', [process.execPath, '-e', receive, String(Buffer.byteLength(text))]);
    await tmux.pasteText(reader.pane, text);
    const seen = await reader.until((said) => /SHA [^\n]*\n/.test(said));
    assert.ok(seen.includes(`SHA ${createHash('sha256').update(text).digest('hex')} ${Buffer.byteLength(text)}`));
  });

  it('gives two agents prompted at the same instant each their own', async () => {
    const [one, two] = [await echo('one'), await echo('two')];
    const prompts = [`first ${'1'.repeat(20_000)}\nx`, `second ${'2'.repeat(20_000)}\ny`] as const;
    await Promise.all([tmux.sendPrompt(one.pane, prompts[0]), tmux.sendPrompt(two.pane, prompts[1])]);
    await Promise.all([arrives(one, Buffer.from(`${prompts[0]}\r`)), arrives(two, Buffer.from(`${prompts[1]}\r`))]);
  });

  it('sends Enter only after the program has shown the prompt', async () => {
    // Shows what it gets a moment later, as a terminal program that draws in frames does; an Enter that comes with the text becomes a line break.
    const slow = `process.stdin.setRawMode(true); let held = ''; process.stdin.on('data', (bytes) => {
      if (held === '') setTimeout(() => { console.log('SHOWN ' + JSON.stringify(held)); held = ''; }, 300); held += bytes; });
      console.log('READY');`;
    const reader = await echo('agent', [process.execPath, '-e', slow]);
    await tmux.sendPrompt(reader.pane, 'do it');
    const seen = await reader.until((text) => text.includes('"\\r"'));
    assert.deepEqual(seen.split('\r\n').filter((line) => line !== ''), ['SHOWN "do it"', 'SHOWN "\\r"']);
  });

  it('ends a prompt that is cancelled before Enter', async () => {
    const reader = await echo('agent');
    const cancel = new AbortController();
    const sending = tmux.sendPrompt(reader.pane, 'never mind', { signal: cancel.signal });
    await reader.until((text) => text.length >= 20);
    cancel.abort();
    await assert.rejects(sending, (error) => isAgentsError(error, 'cancelled'));
    assert.equal(reader.text, Buffer.from('never mind').toString('hex'));
  });

  it('leaves copy mode before it types or pastes', async () => {
    const reader = await echo('agent');
    for (const send of [() => tmux.sendLiteral(reader.pane, 'a'), () => tmux.pasteText(reader.pane, 'b'), () => tmux.sendKeyNames(reader.pane, ['c'])]) {
      await tmux.command(['copy-mode', '-t', reader.pane]);
      await send();
    }
    await arrives(reader, Buffer.from('abc'));
  });

  it('refuses NUL and panes that are not there', async () => {
    const reader = await echo('agent');
    await assert.rejects(tmux.pasteText(reader.pane, 'a\0b'), (error) => isAgentsError(error, 'bad-input'));
    await assert.rejects(tmux.sendLiteral(reader.pane, 'a\0b'), (error) => isAgentsError(error, 'bad-input'));
    await assert.rejects(tmux.pasteText('%999', 'x'), (error) => isAgentsError(error, 'not-found'));
    await assert.rejects(tmux.pasteText({ session: 'agent', window: '3', pane: '0' }, 'x'), (error) => isAgentsError(error, 'not-found'));
    assert.equal(server.tmux('list-buffers'), '', 'no buffer is left by what failed');
  });

  it('captures the last lines, history included, with escapes only when asked', async () => {
    const script = 'i=1; while [ $i -le 120 ]; do echo "line $i"; i=$((i+1)); done; printf "\\033[31mred\\033[0m\\n%%end 1 2 1\\n\\n\\n"; echo READY; exec cat';
    const { paneId } = await tmux.newSession({ name: 'agent', argv: ['/bin/sh', '-c', script], height: 20 });
    const reader = new PaneReader(tmux, paneId);
    await reader.ready();
    const last = await tmux.capturePaneContent('agent', '0', '0', 6);
    assert.deepEqual(last.split('\n'), ['line 120', 'red', '%end 1 2 1', '', '', 'READY']);
    const all = (await tmux.capture(paneId, { lines: 'all', escapes: true })).split('\n');
    assert.equal(all[0], 'line 1');
    assert.ok(all.some((line) => line.includes('\u001b[31mred')));
    assert.equal((await tmux.capturePaneContent('agent', '0', '0')).split('\n').length, 100);
  });
});
