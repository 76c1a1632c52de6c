// Agents on this machine, on a real tmux: started as argv, found again, driven, ended, and nothing left behind.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { LocalRuntime } from '../../../src/runtimes/local/localRuntime.ts';
import { tmuxSocketPath } from '../../../src/runtimes/local/tmuxSocket.ts';
import { RuntimeManager } from '../../../src/runtimes/runtimeManager.ts';
import type { AgentConfig, AgentHandle, SpawnStep } from '../../../src/runtimes/types.ts';
import { agentGone, agentWhen, fileWhen, processEnds, screenWith } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

describe('LocalRuntime', function () {
  let home: TmuxHome;
  let manager: RuntimeManager;
  let count = 0;

  function newManager(): RuntimeManager {
    const made = new RuntimeManager();
    made.register('local', new LocalRuntime());
    return made;
  }

  function config(argv: readonly string[], more: Partial<AgentConfig> = {}): AgentConfig {
    return { agentId: `agent-${++count}`, aiProvider: 'custom', workingDirectory: home.directory, argv, ...more };
  }

  function spawn(argv: readonly string[], more: Partial<AgentConfig> = {}): Promise<AgentHandle> {
    return manager.spawnAgent('local', config(argv, more));
  }

  /** An agent that writes every byte it is given to a file. */
  async function receiver(more: Partial<AgentConfig> = {}): Promise<{ handle: AgentHandle; file: string }> {
    const file = join(home.directory, `received-${count + 1}`);
    const handle = await spawn(['sh', '-c', 'stty raw -echo; printf ready; exec cat > "$0"', file], more);
    await screenWith(manager, handle, 'ready');
    return { handle, file };
  }

  before(function () {
    needs(this, 'tmux');
  });

  beforeEach(() => {
    home = makeTmuxHome();
    manager = newManager();
    manager.watch();
  });

  afterEach(() => {
    manager.dispose();
    home.end();
  });

  describe('spawn', () => {
    it('with an allowlisted environment gives what programs need and what the spawn names, and no secret of the one it comes from', async () => {
      Object.assign(process.env, { TA_OF_THE_HOST: 'secret', TA_EXTRA: 'wanted' });
      // A server of its own: it begins with these variables.
      const allowing = new RuntimeManager();
      allowing.register('local', new LocalRuntime({ socketName: 'allowing', environment: 'allowlist', environmentNames: ['TA_EXTRA'] }));
      try {
        const file = join(home.directory, 'seen');
        const handle = await allowing.spawnAgent('local', config(['sh', '-c', 'env > "$0.part" && mv "$0.part" "$0"; exec cat', file], { env: { GIVEN: 'yes' } }));
        const seen = (await fileWhen(file, (bytes) => bytes.includes('GIVEN='))).toString().split('\n');
        assert.ok(seen.includes('GIVEN=yes') && seen.includes('TA_EXTRA=wanted') && seen.some((line) => line.startsWith('PATH=')) && seen.some((line) => line.startsWith('TMUX_PANE=')));
        assert.ok(!seen.some((line) => line.startsWith('TA_OF_THE_HOST=')));
        await allowing.killAgent(handle, { graceMs: 500 });
      } finally {
        delete process.env['TA_OF_THE_HOST'];
        delete process.env['TA_EXTRA'];
        allowing.dispose();
      }
    });

    it('runs the command as argv, in the folder, with the environment', async () => {
      const folder = join(home.directory, "a folder; with 'odd' $(name) #{pid}");
      mkdirSync(folder);
      const odd = ['one two', '$(id)', "it's", '"', '`x`', ';', '#{pid}', '-n', '', 'ünï 😀', '~', 'a\nb', '\\n'];
      const out = join(home.directory, 'out');
      await spawn(['sh', '-c', 'printf "%s\\0" "$PWD" "$SECRET" "$@" > "$0.tmp"; mv "$0.tmp" "$0"; exec cat', out, ...odd], {
        workingDirectory: folder,
        env: { SECRET: 'line one\nline "two" $HOME' },
      });
      const bytes = await fileWhen(out, (content) => content.length > 0);
      assert.deepEqual(bytes.toString('utf8').split('\0').slice(0, -1), [folder, 'line one\nline "two" $HOME', ...odd]);
    });

    it('runs a program of one word without a shell', async () => {
      const program = join(home.directory, 'my prog;id');
      writeFileSync(program, '#!/bin/sh\necho "I am $0"; exec cat\n', { mode: 0o755 });
      const handle = await spawn([program]);
      const screen = await screenWith(manager, handle, 'I am');
      assert.match(screen, /my prog;id/);
    });

    it('knows the exit code, at once, for quick and slow programs', async () => {
      for (const code of [0, 3, 255]) {
        const handle = await spawn(['sh', '-c', `exit ${code}`]);
        const agent = await agentWhen(manager, handle.agentId, ({ status }) => status === 'exited');
        assert.equal(agent.status === 'exited' && agent.exitCode, code);
      }
      const handle = await spawn(['sh', '-c', 'read line; exit 7']);
      await manager.sendPrompt(handle, 'go');
      const agent = await agentWhen(manager, handle.agentId, ({ status }) => status === 'exited');
      assert.equal(agent.status === 'exited' && agent.exitCode, 7);
    });

    it('tells a signal from an exit code', async () => {
      const handle = await spawn(['sh', '-c', 'kill -KILL $$']);
      const agent = await agentWhen(manager, handle.agentId, ({ status }) => status === 'exited');
      assert(agent.status === 'exited');
      assert.deepEqual([agent.exitCode, agent.signal], [null, 'SIGKILL']);
    });

    it('is failed, with the error, for a command that does not exist or cannot be run', async () => {
      const notExecutable = join(home.directory, 'plain file');
      writeFileSync(notExecutable, 'text');
      for (const [program, reason] of [['no such command', /no such command: command not found/], [notExecutable, /plain file/]] as const) {
        const handle = await spawn([program, 'argument']);
        const agent = await agentWhen(manager, handle.agentId, ({ status }) => status !== 'starting' && status !== 'running');
        assert.equal(agent.status, 'failed');
        assert.match(agent.status === 'failed' ? agent.reason : '', reason);
      }
    });

    it('refuses a folder that is missing, is a file, or cannot be read, and leaves nothing', async () => {
      const file = join(home.directory, 'file');
      writeFileSync(file, '');
      await assert.rejects(spawn(['cat'], { workingDirectory: '/no/such/folder' }), (error) => isAgentsError(error, 'folder-missing') && /There is no folder \/no\/such\/folder/.test(error.message));
      await assert.rejects(spawn(['cat'], { workingDirectory: file }), (error) => isAgentsError(error, 'folder-missing') && /is not a folder/.test(error.message));
      if (process.getuid?.() !== 0) {
        const closed = join(home.directory, 'closed');
        mkdirSync(closed);
        chmodSync(closed, 0);
        await assert.rejects(spawn(['cat'], { workingDirectory: closed }), (error) => isAgentsError(error, 'folder-unreadable'));
      }
      assert.deepEqual(await manager.listAllAgents(), []);
    });

    it('refuses a session name and an agent id that are taken', async () => {
      const first = await spawn(['cat'], { sessionName: 'mine' });
      await assert.rejects(spawn(['cat'], { sessionName: 'mine' }), (error) => isAgentsError(error, 'name-taken'));
      await assert.rejects(spawn(['cat'], { agentId: first.agentId, sessionName: 'other' }), (error) => isAgentsError(error, 'name-taken'));
      assert.equal((await manager.listAllAgents()).length, 1);
    });

    it('reports its steps, and cancelled at each of them leaves no session', async () => {
      const steps: SpawnStep[] = [];
      await manager.spawnAgent('local', config(['cat']), { onProgress: (step) => steps.push(step) });
      assert.deepEqual(steps, ['check', 'connect', 'launch']);
      for (const step of steps) {
        const controller = new AbortController();
        const onProgress = (at: SpawnStep): void => void (at === step && controller.abort());
        await assert.rejects(manager.spawnAgent('local', config(['cat']), { signal: controller.signal, onProgress }), (error) => isAgentsError(error, 'cancelled'), step);
      }
      assert.equal((await manager.listAllAgents()).length, 1);
      assert.equal((await manager.get('local')?.listAgents())?.length, 1);
    });

    it('says in one sentence how to get tmux where there is none', async () => {
      const without = new RuntimeManager();
      without.register('local', new LocalRuntime({ tmuxPath: '/nowhere/tmux' }));
      await assert.rejects(without.ping('local'), (error) => isAgentsError(error, 'tmux-missing') && /apt-get install tmux/.test(error.hint ?? ''));
      assert.equal((await without.listByRuntime())[0]?.error?.reason, 'tmux-missing');
    });
  });

  describe('secrets', () => {
    it('reach the agent alone: not tmux, not the command line, not a file that stays', async () => {
      const place = join(home.directory, 'runtime');
      mkdirSync(place);
      process.env['XDG_RUNTIME_DIR'] = place;
      try {
        const handle = await spawn(['sh', '-c', 'echo "token $TOKEN"; exec cat'], { env: { TOKEN: 'hush-4711' } });
        await screenWith(manager, handle, 'token hush-4711');
        assert.deepEqual(readdirSync(place), []);
        for (const look of [['show-environment', '-t', `=${handle.agentId}:`], ['show-environment', '-g'], ['list-panes', '-a', '-F', '#{pane_start_command} #{@tmux-agents}']]) {
          assert.doesNotMatch(home.tmux('tmux-agents', ...look), /hush-4711/);
        }
        await assert.rejects(spawn(['cat'], { sessionName: handle.agentId, env: { TOKEN: 'hush-4711' } }), (error) => isAgentsError(error, 'name-taken'));
        assert.deepEqual(readdirSync(place), []);
      } finally {
        delete process.env['XDG_RUNTIME_DIR'];
      }
    });
  });

  describe('finding again', () => {
    it('gives a fresh manager the same ids, tasks and states', async () => {
      await spawn(['cat'], { task: 'Fix "it"\nin detail', name: 'Ada; #{pid}', aiProvider: 'claude' });
      const dead = await spawn(['sh', '-c', 'exit 4']);
      await agentWhen(manager, dead.agentId, ({ status }) => status === 'exited');
      const before = await manager.listAllAgents();
      manager.dispose();
      manager = newManager();
      assert.deepEqual(await manager.listAllAgents(), before);
      assert.equal(before[0]?.name, 'Ada; #{pid}');
      assert.equal(before[0]?.task, 'Fix "it"');
    });

    it('starts no tmux server to list or to follow', async () => {
      assert.deepEqual(await manager.listAllAgents(), []);
      assert.throws(() => home.tmux('tmux-agents', 'list-sessions'), /no server running|error connecting/);
    });

    it('tells one face what another does, by events', async () => {
      const other = newManager();
      try {
        const handle = await other.spawnAgent('local', config(['cat']));
        await agentWhen(manager, handle.agentId, ({ status }) => status === 'running');
        await other.renameAgent(handle, 'Grace');
        await agentWhen(manager, handle.agentId, ({ name }) => name === 'Grace');
        await other.killAgent(handle);
        await agentGone(manager, handle.agentId);
      } finally {
        other.dispose();
      }
    });

    it('keeps agents through the loss of its tmux client, and sees again what happens', async () => {
      const handle = await spawn(['sh', '-c', 'read line; exit 5']);
      const tmux = manager.getTmux(handle);
      const reconnected = new Promise<void>((resolve) => {
        tmux.onDidLoseOutput(({ panes }) => panes === undefined && resolve());
      });
      home.tmux('tmux-agents', 'detach-client', '-s', '=tmux-agents-monitor');
      await reconnected;
      assert.equal((await manager.listAllAgents())[0]?.status, 'running');
      await manager.sendPrompt(handle, 'end');
      await agentWhen(manager, handle.agentId, (agent) => agent.status === 'exited' && agent.exitCode === 5);
    });

    it('goes with tmux to /tmp where TMUX_TMPDIR is no folder', () => {
      const socket = tmuxSocketPath('s', { TMUX_TMPDIR: join(home.directory, 'no such folder') });
      assert.equal(socket, `/tmp/tmux-${process.getuid?.() ?? 0}/s`);
      assert.equal(tmuxSocketPath('s', { TMUX_TMPDIR: home.directory }), join(home.directory, `tmux-${process.getuid?.() ?? 0}`, 's'));
    });

    it('knows that all are gone when the tmux server was killed', async () => {
      const handle = await spawn(['cat']);
      home.tmux('tmux-agents', 'kill-server');
      await agentGone(manager, handle.agentId);
      assert.deepEqual(await manager.listAllAgents(), []);
    });

    it("stays with an agent whose session was renamed and whose window was split by hand", async () => {
      const { handle, file } = await receiver();
      home.tmux('tmux-agents', 'split-window', '-d', '-t', `=${handle.agentId}:`, 'cat');
      home.tmux('tmux-agents', 'rename-session', '-t', `=${handle.agentId}`, 'another name');
      const agent = await agentWhen(manager, handle.agentId, ({ sessionName }) => sessionName === 'another name');
      assert.match(String(manager.getAttachCommand(agent.handle)), /^tmux -L tmux-agents attach -t '\$\d+'$/);
      await manager.sendPrompt(agent.handle, 'to the agent');
      assert.equal((await fileWhen(file, (bytes) => bytes.includes('\r'))).toString(), 'to the agent\r');
    });
  });

  describe('prompts', () => {
    const odd = ['it\'s "quoted" `id` $(id) ${HOME}', 'ends with;', ';', 'one\ntwo\n\nthree', '-l', '~', '#{pid} %1', '\\012 \\', 'ünï 😀 \u200d', ' leading and trailing '];
    for (const text of odd) {
      it(`arrive byte for byte: ${JSON.stringify(text)}`, async () => {
        const { handle, file } = await receiver();
        await manager.sendPrompt(handle, text);
        assert.equal((await fileWhen(file, (bytes) => bytes.at(-1) === 13)).toString(), `${text}\r`);
      });
    }

    it('arrive byte for byte at 1 MB', async () => {
      const { handle, file } = await receiver();
      const text = 'päste `$(x)` ;\n'.repeat(70_000);
      await manager.sendPrompt(handle, text);
      const bytes = await fileWhen(file, (content) => content.at(-1) === 13);
      assert.equal(bytes.length, Buffer.byteLength(text) + 1);
      assert(bytes.equals(Buffer.from(`${text}\r`)));
    });

    it('reach each its own agent when sent at the same instant', async () => {
      const [one, other] = [await receiver(), await receiver()];
      const [textOne, textOther] = ['first '.repeat(5_000), 'second '.repeat(5_000)];
      await Promise.all([manager.sendPrompt(one.handle, textOne), manager.sendPrompt(other.handle, textOther)]);
      assert.equal((await fileWhen(one.file, (bytes) => bytes.at(-1) === 13)).toString(), `${textOne}\r`);
      assert.equal((await fileWhen(other.file, (bytes) => bytes.at(-1) === 13)).toString(), `${textOther}\r`);
    });

    it('reach agent-1 beside agent-10, and killing one spares the other', async () => {
      const ten = await receiver({ agentId: 'beside-10' });
      const one = await receiver({ agentId: 'beside-1' });
      await manager.sendPrompt(one.handle, 'for one');
      assert.equal((await fileWhen(one.file, (bytes) => bytes.at(-1) === 13)).toString(), 'for one\r');
      await manager.killAgent(one.handle);
      assert.deepEqual((await manager.listAllAgents()).map(({ agentId, status }) => `${agentId} ${status}`), ['beside-10 running']);
      await manager.sendPrompt(ten.handle, 'for ten');
      assert.equal((await fileWhen(ten.file, (bytes) => bytes.at(-1) === 13)).toString(), 'for ten\r');
    });

    it('are refused by an agent that has ended', async () => {
      const handle = await spawn(['sh', '-c', 'exit 3']);
      await agentWhen(manager, handle.agentId, ({ status }) => status === 'exited');
      await assert.rejects(manager.sendPrompt(handle, 'hello'), /has ended \(exit code 3\): it takes no prompts/);
    });

    it('are refused when empty or with NUL', async () => {
      const { handle } = await receiver();
      await assert.rejects(manager.sendPrompt(handle, ''), (error) => isAgentsError(error, 'bad-input'));
      await assert.rejects(manager.sendPrompt(handle, 'a\0b'), (error) => isAgentsError(error, 'bad-input'));
    });
  });

  describe('kill', () => {
    it('lets the program end by itself', async () => {
      const file = join(home.directory, 'farewell');
      const handle = await spawn(['sh', '-c', 'trap \'echo bye > "$0"; exit 0\' HUP; echo ready; while :; do read x; done', file]);
      await screenWith(manager, handle, 'ready');
      await manager.killAgent(handle);
      assert.equal((await fileWhen(file, (bytes) => bytes.length > 0)).toString(), 'bye\n');
      assert.deepEqual(await manager.listAllAgents(), []);
    });

    it('forces one that will not, with its whole tree', async () => {
      const file = join(home.directory, 'pids');
      const handle = await spawn(['sh', '-c', 'trap "" HUP TERM INT; (setsid sleep 1000 & echo $! >> "$0"; sleep 1000 & echo $! >> "$0"; wait) & echo $$ >> "$0"; echo ready; wait', file]);
      await screenWith(manager, handle, 'ready');
      const pids = (await fileWhen(file, (bytes) => bytes.toString().split('\n').length === 4)).toString().trim().split('\n').map(Number);
      await manager.killAgent(handle, { graceMs: 200 });
      assert.equal(pids.length, 3);
      await Promise.all(pids.map((pid) => processEnds(pid)));
    });

    it('is no error for an agent that is gone, and ends the server with the last one', async () => {
      const handle = await spawn(['cat']);
      const server = Number(home.tmux('tmux-agents', 'display-message', '-p', '#{pid}'));
      await manager.killAgent(handle);
      await manager.killAgent(handle);
      manager.dispose();
      await processEnds(server);
    });
  });

  describe('adoption', () => {
    it("takes over a session of the user's own server, drives it, lets it go, and sets nothing there", async () => {
      const runtime = manager.get('local');
      assert(runtime instanceof LocalRuntime);
      home.tmux('default', 'new-session', '-d', '-s', 'by hand', 'cat');
      const optionsBefore = home.tmux('default', 'show-options', '-g');
      const [session] = await runtime.listAdoptable();
      assert(session);
      const adopted = await runtime.adopt(session.id, { aiProvider: 'aider' });
      assert.equal(adopted.name, 'by hand');
      const agent = await agentWhen(manager, adopted.agentId, ({ status }) => status === 'running');
      assert.equal(agent.adopted, true);
      await manager.sendPrompt(agent.handle, 'hello there');
      await screenWith(manager, agent.handle, 'hello there');
      assert.deepEqual([...manager.getAttachCommand(agent.handle)], ['tmux', 'attach', '-t', session.id]);
      assert.deepEqual(await runtime.listAdoptable(), []);

      const other = newManager();
      assert.deepEqual((await other.listAllAgents()).map(({ agentId }) => agentId), [adopted.agentId]);
      other.dispose();

      runtime.release(agent.handle);
      await agentGone(manager, adopted.agentId);
      assert.equal(home.tmux('default', 'show-options', '-g'), optionsBefore);
      assert.equal(home.tmux('default', 'list-sessions', '-F', '#{session_name}'), 'by hand\n');
    });

    it('forgets an adopted session once it is gone', async () => {
      const runtime = manager.get('local');
      assert(runtime instanceof LocalRuntime);
      home.tmux('default', 'new-session', '-d', '-s', 'keep', 'cat');
      home.tmux('default', 'new-session', '-d', '-s', 'brief', 'cat');
      const brief = (await runtime.listAdoptable()).find(({ name }) => name === 'brief');
      assert(brief);
      const adopted = await runtime.adopt(brief.id);
      await agentWhen(manager, adopted.agentId, ({ status }) => status === 'running');
      home.tmux('default', 'kill-session', '-t', '=brief');
      await agentGone(manager, adopted.agentId);
    });
  });
});
