// The demo agent in a real terminal: it thinks, asks, finishes, takes prompts, is interrupted, and reports its states.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createProviderRegistry } from '../../../src/providers/providerRegistry.ts';
import { launchArgv, type LaunchRequest } from '../../../src/providers/launch.ts';
import type { TmuxService } from '../../../src/tmux/tmuxService.ts';
import type { PaneId } from '../../../src/tmux/types.ts';
import { needs } from '../../support/requirements.ts';
import { FreshServer, PaneReader, panesUntil } from '../tmux/freshServer.ts';

const demo = createProviderRegistry().get('demo');

/** This machine's own, and those that play /bin/sh elsewhere: on macOS and Fedora, in Alpine containers. */
const shells: readonly (readonly string[])[] = [['sh'], ['bash', '--posix'], ['busybox', 'sh']];

/** Shells that are missing are not tested, and nothing is lost by that: `sh` is everywhere. */
function isThere([program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, [...args, '-c', 'exit 0'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

for (const shell of shells.filter(isThere)) {
  describe(`the demo agent under ${shell.join(' ')}`, () => {
    const server = new FreshServer();
    let tmux: TmuxService;
    let pane: PaneId;
    let reader: PaneReader;

    before(function () {
      needs(this, 'tmux');
      tmux = server.service();
    });
    afterEach(async () => {
      reader?.dispose();
      if (pane !== undefined) await tmux.killPane(pane).catch(() => undefined);
    });
    after(() => server.dispose());

    /** Starts it, without its pauses, and with a word printed first so that nothing it says is missed. */
    async function start(request: LaunchRequest, options: { readonly delay?: string; readonly width?: number } = {}): Promise<void> {
      const [, ...rest] = launchArgv(demo, request);
      const created = await tmux.newSession({
        name: `demo-${Math.random().toString(36).slice(2)}`,
        argv: ['sh', '-c', 'read -r _; exec "$@"', 'sh', ...shell, ...rest],
        env: { TMUX_AGENTS_DEMO_DELAY: options.delay ?? '0' },
        ...(options.width === undefined ? {} : { width: options.width, height: 24 }),
      });
      pane = created.paneId;
      reader = new PaneReader(tmux, pane);
      await tmux.sendKeyNames(pane, ['Enter']);
    }

    async function type(line: string): Promise<void> {
      await tmux.sendLiteral(pane, line);
      await tmux.sendKeyNames(pane, ['Enter']);
    }
    const said = (text: string) => reader.until((all) => all.includes(text));
    const prompts = (count: number) => reader.until((all) => all.split('\u001b[36m›').length > count);
    const screen = () => tmux.capture(pane, { lines: 'all', joinWrapped: true });
    const exitCode = async () => (await panesUntil(tmux, (panes) => panes.some((one) => one.id === pane && one.dead?.code !== undefined))).find((one) => one.id === pane)?.dead?.code;

    it('says that it is a demo, and waits for a prompt when it has no task', async () => {
      await start({});
      await prompts(1);
      const text = await screen();
      assert.match(text, /Demo agent/);
      assert.match(text, /A scripted demo, no AI/);
      assert.doesNotMatch(text, /You asked/);
    });

    it('thinks, edits, asks once, and finishes when it is allowed to', async () => {
      await start({ task: 'Greet everybody' });
      await said('[y/n]');
      await type('y');
      await prompts(1);
      const text = await screen();
      for (const words of ['You asked:\nGreet everybody', '● Read', '● Edit', 'pretend: no file is changed', 'Allow? [y/n] y', '● Run npm test', '✔ Done.']) assert.ok(text.includes(words), `${words} in\n${text}`);
      await type('and again');
      await prompts(2);
      assert.equal((await screen()).split('Allow?').length, 2, 'it asks once');
    });

    it('does not take Enter for an answer: it asks again', async () => {
      await start({ task: 'Greet' });
      await said('[y/n]');
      await tmux.sendKeyNames(pane, ['Enter']);
      await said('Please answer y or n.');
      await type('maybe');
      await reader.until((all) => all.split('Please answer').length === 3);
      await type('n');
      await said('Not allowed');
      await prompts(1);
      assert.doesNotMatch(await screen(), /● Run/);
    });

    it('never asks on autopilot, and asks every time when it is told to', async () => {
      await start({ task: 'Greet', autoPilot: true });
      await prompts(1);
      assert.doesNotMatch(await screen(), /Allow\?/);
      await tmux.killPane(pane);
      reader.dispose();
      await start({ task: 'Greet', autoPilot: false });
      for (const turn of [1, 2]) {
        await reader.until((all) => all.split('[y/n]').length === turn + 1);
        await type('y');
        await prompts(turn);
        if (turn === 1) await type('again');
      }
    });

    for (const text of ['--help', '-n', 'quotes " and \' and `id` $(id) $HOME', 'percent %s \\n \\033[31m back\\slash', 'semicolon ;', 'two\nlines\n\nand a gap', '  spaces  kept  ', 'é 漢字 🙂']) {
      it(`gives back ${JSON.stringify(text)} as it came: as a task and as a prompt`, async () => {
        await start({ task: text, autoPilot: true });
        await prompts(1);
        const asked = `You asked:\n${text}\n\n● Read`.replace(/ +\n/g, '\n');
        assert.ok((await screen()).includes(asked), await screen());
        await tmux.sendPrompt(pane, text);
        await prompts(2);
        assert.equal((await screen()).split(asked).length, 3, await screen());
      });
    }

    it('is interrupted by Ctrl-C while it thinks, while it asks, and at its prompt, and goes on', async () => {
      await start({ task: 'Greet' }, { delay: '0.2' });
      await said('Thinking...');
      await tmux.sendKeyNames(pane, ['C-c']);
      await prompts(1);
      assert.match(await screen(), /■ Interrupted/);
      await tmux.sendKeyNames(pane, ['C-c']);
      await said('Type /exit to leave.');
      await type('/help');
      await said('Ctrl-C interrupts');
      await tmux.killPane(pane);
      reader.dispose();
      await start({ task: 'Greet' });
      await said('[y/n]');
      await tmux.sendKeyNames(pane, ['C-c']);
      await prompts(1);
      assert.match(await screen(), /■ Interrupted/);
      assert.doesNotMatch(await screen(), /✔ Done/);
    });

    it('ends with 0 on /exit, 3 on /fail, and when its input ends', async () => {
      for (const [line, code] of [['/exit', 0], ['/fail', 3]] as const) {
        await start({});
        await prompts(1);
        await type(line);
        assert.equal(await exitCode(), code);
        await tmux.killPane(pane);
        reader.dispose();
      }
      await start({});
      await prompts(1);
      await tmux.sendKeyNames(pane, ['C-d']);
      assert.equal(await exitCode(), 0);
    });

    it('reports its states as OSC 7501 and in its title', async () => {
      await start({ task: 'Greet' });
      await said('[y/n]');
      await type('y');
      await prompts(1);
      const states = [...reader.text.matchAll(/\u001b\]7501;state=(\w+):app=tmux-agents-demo(:[^\u001b]*)?\u001b\\/g)].map((match) => match[1] ?? '');
      assert.deepEqual(states.filter((state, index) => state !== states[index - 1]), ['working', 'blocked', 'working', 'done', 'idle']);
      const message = /kind=permission:msg=([A-Za-z0-9+/=]+)/.exec(reader.text)?.[1] ?? '';
      assert.equal(Buffer.from(message, 'base64').toString(), 'run: npm test');
      const titles = [...reader.text.matchAll(/\u001b\]2;([^\u001b]*)\u001b\\/g)].map((match) => match[1]);
      assert.ok(titles.includes('[ ! ] Demo agent: permission') && titles.at(-1) === '✳ Demo agent', String(titles));
    });

    it('asks a question, and takes one of its answers only', async () => {
      await start({});
      await prompts(1);
      await type('/ask');
      await said('Choose [1/2]');
      await tmux.sendKeyNames(pane, ['Enter']);
      await said('Please answer 1 or 2.');
      await type('2');
      await said('You chose Ahoy.');
      await prompts(2);
      assert.match(await screen(), /✔ Done/);
      const message = /kind=question:msg=([A-Za-z0-9+/=]+)/.exec(reader.text)?.[1] ?? '';
      assert.equal(Buffer.from(message, 'base64').toString(), 'Which greeting do you like?');
    });

    it('asks for what is risky, and goes on without it', async () => {
      await start({});
      await prompts(1);
      await type('/risky');
      await said('[y/n]');
      assert.match(await screen(), /would like to run rm -rf build \(pretend\)/);
      await type('n');
      await said('Not allowed');
      await prompts(2);
    });

    it('ends a turn in an error, and stays in it until it is asked something else', async () => {
      await start({});
      await prompts(1);
      await type('/error');
      await prompts(2);
      const states = (): string[] => [...reader.text.matchAll(/\u001b\]7501;state=(\w+):/g)].map((match) => match[1] ?? '');
      assert.equal(states().at(-1), 'error');
      await type('/help');
      await prompts(3);
      assert.equal(states().at(-1), 'idle');
    });

    it('fits a narrow terminal', async () => {
      await start({ task: 'Greet', autoPilot: true }, { width: 20 });
      await prompts(1);
      assert.match(await screen(), /✔ Done\./);
    });
  });
}
