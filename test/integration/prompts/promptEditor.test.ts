// The editor that agents are started with, run by each shell there is in a real terminal: a prompt goes in byte for byte, a draft stays, and otherwise the person's editor opens.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EditorListener, offerArgv, promptEditor, withdrawArgv } from '../../../src/providers/prompts/promptEditor.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import { freshServerForEach } from '../tmux/freshServer.ts';

const shells: readonly (readonly string[])[] = [['/bin/sh'], ['dash'], ['bash'], ['busybox', 'sh']];
const there = shells.filter(([program = '', ...args]) => spawnSync(program, [...args, '-c', 'exit 0']).status === 0);

for (const shell of there) {
  describe(`the editor of agents, in ${shell.join(' ')}`, () => {
    let tmux: TmuxService;
    let folder: string;
    let file: string;
    freshServerForEach((_server, service) => (tmux = service));

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
      mkdirSync(join(folder, 'agent'));
      file = join(folder, 'input line');
      const editor = promptEditor(join(folder, 'agent'), {}, `/bin/sh ${folder}/own`);
      assert.ok(editor);
      for (const { name, content } of editor.files) writeFileSync(join(folder, 'agent', name), content, { mode: 0o600 });
      writeFileSync(join(folder, 'own'), 'printf "%s" "$1" > "${0%/*}/opened"\n');
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const run = (argv: readonly string[], input = ''): number | null => spawnSync(argv[0] ?? '', argv.slice(1), { input }).status;
    const offer = (text: string): number | null => run(offerArgv(join(folder, 'agent'), 'abc123'), text);
    const opened = (): boolean => existsSync(join(folder, 'opened'));

    /** As a CLI does: with the file as the last argument, in the terminal. Resolves with what it said there. */
    async function edit(): Promise<ReturnType<EditorListener['feed']>> {
      const listener = new EditorListener('abc123');
      let word: ReturnType<EditorListener['feed']>;
      const { paneId } = await tmux.newSession({
        name: 'cli',
        argv: ['/bin/sh', '-c', 'read go; "$@"; printf "END %s\\n" $?; read stay', 'sh', ...shell, join(folder, 'agent', 'editor'), file],
        env: { TMUX_AGENTS_EDITOR: `/bin/sh ${folder}/own` },
      });
      await new Promise<void>((resolve) => {
        let said = '';
        tmux.onPaneOutput(paneId, (bytes) => {
          // One byte at a time: the word may be cut anywhere.
          for (const byte of bytes) word ??= listener.feed(Buffer.from([byte]));
          said += bytes.toString();
          if (said.includes('END 0')) resolve();
        });
        void tmux.sendKeyNames(paneId, ['Enter']);
      });
      return word;
    }

    it('puts a prompt into an empty input line, byte for byte', async () => {
      const text = 'one\r\ntwo\t\\n %s \u0001 é🙂\n\n  ';
      writeFileSync(file, '\n');
      assert.equal(offer(text), 0);
      assert.equal(await edit(), 'taken');
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.deepEqual(readdirSync(join(folder, 'agent')), ['editor']);
      assert.equal(opened(), false);
    });

    it("leaves somebody's draft as it is", async () => {
      writeFileSync(file, 'half a th');
      offer('do it');
      assert.equal(await edit(), 'draft');
      assert.equal(readFileSync(file, 'utf8'), 'half a th');
      assert.deepEqual(readdirSync(join(folder, 'agent')), ['editor']);
    });

    it('knows its own prompt again', async () => {
      writeFileSync(file, 'do it\nplease');
      offer('do it\nplease');
      assert.equal(await edit(), 'same');
    });

    it("is the person's own editor when no prompt waits", async () => {
      writeFileSync(file, '');
      assert.equal(await edit(), undefined);
      assert.equal(readFileSync(join(folder, 'opened'), 'utf8'), file);
    });

    it('gives no prompt to a program without a terminal: a commit message is none', () => {
      writeFileSync(file, '');
      offer('do it');
      execFileSync(shell[0] ?? '', [...shell.slice(1), join(folder, 'agent', 'editor'), file], { env: { ...process.env, TMUX_AGENTS_EDITOR: `/bin/sh ${folder}/own` } });
      assert.equal(readFileSync(file, 'utf8'), '');
      assert.ok(opened());
    });

    it('closes at once when it comes too late for a prompt that was taken back, and only then', async () => {
      writeFileSync(file, '');
      offer('do it');
      assert.equal(run(withdrawArgv(join(folder, 'agent'), 'abc123')), 0);
      assert.equal(await edit(), undefined);
      assert.deepEqual([readFileSync(file, 'utf8'), opened()], ['', false]);
      await tmux.killSession('cli');
      await edit();
      assert.ok(opened());
    });

    it('says when a prompt cannot be taken back any more, and when an agent has no such editor', async () => {
      writeFileSync(file, '');
      offer('do it');
      await edit();
      assert.equal(run(withdrawArgv(join(folder, 'agent'), 'abc123')), 4);
      rmSync(join(folder, 'agent', 'editor'));
      assert.equal(offer('do it'), 3);
    });
  });
}

describe('the editor of agents', () => {
  it('is left out where the person chose one for the agent, or the folder has a name that a CLI could take apart', () => {
    assert.equal(promptEditor('/a/b', { EDITOR: 'vim' }, undefined), undefined);
    assert.equal(promptEditor('/a/b', { VISUAL: 'code --wait' }, undefined), undefined);
    assert.equal(promptEditor('/a b/c', {}, undefined), undefined);
    assert.deepEqual(promptEditor('/a/b', {}, 'vim')?.env, { EDITOR: '/bin/sh /a/b/editor', VISUAL: '/bin/sh /a/b/editor', TMUX_AGENTS_EDITOR: 'vim' });
  });
});
