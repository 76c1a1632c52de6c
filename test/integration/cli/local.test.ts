// The command as a real process, with agents in a real tmux on this machine.
import assert from 'node:assert/strict';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { needs } from '../../support/requirements.ts';
import { PaneReader } from '../tmux/freshServer.ts';
import { builtCommand, CommandWorld, sourceCommand } from './commandWorld.ts';

const faces = [
  { name: 'from source', command: sourceCommand },
  ...(existsSync(builtCommand[0]) ? [{ name: 'as built', command: builtCommand }] : []),
];

interface Failure {
  readonly error: { readonly reason: string; readonly message: string; readonly hint?: string };
}

for (const { name, command } of faces) {
  describe(`the command, ${name}, with local agents`, function () {
    // Each of these tests starts some processes of Node.
    this.timeout(90_000);
    let world: CommandWorld;
    before(function () {
      needs(this, 'tmux');
      world = new CommandWorld(command);
    });
    after(() => world?.dispose());
    afterEach(async () => void (await world.run(['kill', '--all', '--grace', '0'])));

    /** Follows an agent's screen, as another face would. */
    async function follow(agent: AgentInfo): Promise<PaneReader & { screen: () => Promise<string> }> {
      const tmux = world.tmux();
      const pane = (await tmux.listPanes()).find((one) => one.record.includes(agent.agentId));
      assert.ok(pane, 'another client sees the agent');
      const reader = new PaneReader(tmux, pane.id);
      return Object.assign(reader, { screen: () => tmux.capture(pane.id, { lines: 'all', joinWrapped: true }) });
    }

    it('spawns an agent and prints it, with its id at the top level; list has the same', async () => {
      const agent = await world.spawn('--provider', 'demo', '--task', 'First line\nsecond', '--name', 'My demo');
      assert.equal(agent.status, 'running');
      assert.deepEqual([agent.aiProvider, agent.task, agent.name, agent.runtimeId, agent.workingDirectory], ['demo', 'First line', 'My demo', 'local', world.work]);
      assert.match(agent.agentId, /^my-demo-[a-z0-9]{5}$/);
      assert.deepEqual(
        (await world.list()).map(({ state: _, ...listed }) => listed),
        [agent],
      );
    });

    it('lists what agents are doing, and what they wait for', async () => {
      const agent = await world.spawn('--provider', 'demo', '--no-autopilot', '--task', 'Ask me');
      const seen = await follow(agent);
      await seen.ready('Allow?');
      const [listed] = await world.list();
      assert.deepEqual([listed?.status, listed?.state.state, listed?.state.state === 'waiting' && listed.state.kind], ['running', 'waiting', 'permission']);
      assert.match((await world.run(['list'])).stdout, / waits: permission .*Ask me \(.*npm test.*\)\n$/);
    });

    it('says it in words, too', async () => {
      const { code, stdout, stderr } = await world.run(['spawn', '--provider', 'demo', '--task', 'T', '--name', 'words']);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^words-\w+ {2}running {2}\(demo in local, .*work folder\)\nAttach: tmux-agents attach words-\w+\n$/);
      const table = await world.run(['list']);
      assert.match(table.stdout, /^AGENT +NAME +STATUS +PROVIDER +RUNTIME +AGE +TASK\nwords-\w+ +words +(?:starting|working|waits: permission|idle) +demo +local +now +T(?: \(.*\))?\n$/);
    });

    it('is silent about nothing: an empty list tells how to begin', async () => {
      const { code, stdout } = await world.run(['list']);
      assert.equal(code, 0);
      assert.match(stdout, /^No agents\..*--provider demo/);
    });

    it('takes a task that begins with a dash, and an own program whose arguments no shell reads', async () => {
      const words = ['--help', '$(id)', '`id`', 'a  b', '"', "'", '*', '{task}', 'é🙂'];
      const agent = await world.spawn('--task', '--version', '--', 'sh', '-c', 'printf "<%s>\\n" "$@"; cat', 'sh', ...words);
      assert.deepEqual([agent.aiProvider, agent.task], ['custom', '--version']);
      const { value } = await world.json<{ output: string }>(['output', agent.agentId]);
      assert.equal(value.output.trimEnd(), words.map((word) => `<${word}>`).join('\n'));
    });

    it('runs it in the folder and with the environment it was given, and keeps the values to itself', async () => {
      writeFileSync(join(world.folder, 'agent.env'), 'TOKEN="s3cret-value"\nLINES_OF="a\nb"\n');
      const agent = await world.spawn('--cwd', '..', '--env-file', join(world.folder, 'agent.env'), '--', 'sh', '-c', 'pwd; printf "%s|" "$TOKEN" "$LINES_OF"; cat');
      const { stdout } = await world.run(['output', agent.agentId]);
      assert.equal(stdout.trimEnd(), `${world.folder}\ns3cret-value|a\nb|`);
      assert.ok(!JSON.stringify(await world.list()).includes('s3cret'));
    });

    it('sends prompts: text, a dash, standard input; byte for byte', async () => {
      const agent = await world.spawn('--provider', 'demo', '--autopilot');
      const seen = await follow(agent);
      const turns = async (count: number): Promise<string> => {
        if ((await seen.screen()).split('✔ Done.').length <= count) await seen.until((text) => text.split('✔ Done.').length > 1);
        return seen.screen();
      };
      const texts = ['--help me; ', 'quotes " \' ` $(id) \\n', 'two\nlines'];
      assert.equal((await world.run(['send', agent.agentId, '--', texts[0] ?? ''])).code, 0);
      await turns(1);
      assert.equal((await world.run(['send', agent.agentId, '-'], { input: `${texts[1] ?? ''}\n` })).stdout, `Sent to ${agent.agentId}.\n`);
      await seen.until((text) => text.split('✔ Done.').length > 2);
      const { value } = await world.json<{ bytes: number }>(['send', agent.agentId], { input: texts[2] ?? '' });
      assert.equal(value.bytes, 9);
      await seen.until((text) => text.split('✔ Done.').length > 3);
      const screen = await seen.screen();
      for (const text of texts) assert.ok(screen.includes(`You asked:\n${text.trimEnd()}`), screen);
      seen.dispose();
    });

    it('finds an agent by an exact name, never by a part of one, and refuses to guess', async () => {
      const one = await world.spawn('--provider', 'demo', '--name', 'agent-1');
      await world.spawn('--provider', 'demo', '--name', 'agent-10');
      assert.equal((await world.json<{ agentId: string }>(['attach', 'agent-1'])).value.agentId, one.agentId);
      assert.equal((await world.run(['output', 'agent'])).code, 3);
      const twin = await world.spawn('--provider', 'demo', '--name', 'agent-1');
      const { code, value } = await world.json<Failure>(['kill', 'agent-1']);
      assert.equal(code, 2);
      assert.ok(value.error.message.includes(one.agentId) && value.error.message.includes(twin.agentId));
      assert.equal((await world.list()).length, 3);
    });

    it('shows the last lines, and more of them when asked', async () => {
      const agent = await world.spawn('--', 'sh', '-c', 'i=1; while [ $i -le 300 ]; do echo line $i; i=$((i+1)); done; cat');
      const seen = await follow(agent);
      if (!(await seen.screen()).includes('line 300')) await seen.until((text) => text.includes('line 300'));
      const lines = async (...args: string[]): Promise<string[]> => (await world.run(['output', agent.agentId, ...args])).stdout.trimEnd().split('\n');
      assert.equal((await lines()).at(-1), 'line 300');
      assert.ok((await lines()).length <= 100);
      assert.deepEqual(await lines('--lines', '3'), ['line 298', 'line 299', 'line 300']);
      assert.equal((await lines('--lines', 'all'))[0], 'line 1');
    });

    it('says that a program cannot be found, keeps it as failed, and exits with 1', async () => {
      const { code, value } = await world.json<AgentInfo>(['spawn', '--', 'no-such-program', 'x']);
      assert.equal(code, 1);
      assert.equal(value.status, 'failed');
      assert.match('reason' in value ? String(value.reason) : '', /no-such-program: command not found/);
      const words = await world.run(['spawn', '--', 'no-such-program']);
      assert.equal(words.code, 1);
      assert.match(words.stderr, /could not start: no-such-program: command not found\.\n.*tmux-agents kill no-such-program-/);
      assert.equal((await world.list()).length, 2);
    });

    it('knows the exit code of an agent that ended, and that it takes no prompts', async () => {
      const agent = await world.spawn('--', 'sh', '-c', 'echo my last words; sleep 0.1; exit 3');
      // It lingers, because tmux 3.3a can lose what a program says just before it ends.
      const deadline = Date.now() + 15_000;
      let [listed] = await world.list();
      while (listed?.status === 'running' && Date.now() < deadline) [listed] = await world.list();
      assert.equal(listed?.status === 'exited' ? listed.exitCode : listed?.status, 3);
      const { code, value } = await world.json<Failure>(['send', agent.agentId, 'hello']);
      assert.equal(code, 1);
      assert.match(value.error.message, /exit 3/);
      assert.match((await world.run(['output', agent.agentId])).stdout, /my last words/);
    });

    it('kills those that are named, or nobody when a name is wrong; --all kills the rest', async () => {
      const [one, two, three] = await Promise.all(['a', 'b', 'c'].map((name) => world.spawn('--provider', 'demo', '--name', name)));
      assert.equal((await world.run(['kill', one?.agentId ?? '', 'nobody'])).code, 3);
      assert.equal((await world.list()).length, 3);
      assert.deepEqual((await world.json<object>(['kill', one?.agentId ?? '', 'a', 'b'])).value, { killed: [one?.agentId, two?.agentId], errors: [] });
      assert.deepEqual((await world.json<object>(['kill', '--all'])).value, { killed: [three?.agentId], errors: [] });
      assert.deepEqual((await world.json<object>(['kill', '--all'])).value, { killed: [], errors: [] });
      assert.deepEqual(await world.list(), []);
    });

    /** The signal once the agent made a file of this name in the work folder. */
    const interruptAt = (file: string) => (kill: (signal: NodeJS.Signals) => void): void => {
      const watcher = watch(world.work, (_event, name) => {
        if (name !== file) return;
        watcher.close();
        kill('SIGINT');
      });
    };

    it('takes a spawn back at Ctrl-C, even when the agent runs already', async () => {
      const { code, stdout, stderr } = await world.run(['spawn', '--', 'sh', '-c', 'touch started; exec cat'], { meanwhile: interruptAt('started') });
      assert.deepEqual([code, stdout, stderr], [130, '', 'error: Cancelled.\n']);
      assert.deepEqual(await world.list(), []);
    });

    it('stops waiting for an agent to end at Ctrl-C, and forces nobody', async () => {
      const agent = await world.spawn('--', 'sh', '-c', 'trap "touch asked" HUP; while :; do cat; done');
      const { code, stdout } = await world.run(['kill', '--grace', '600', agent.agentId], { meanwhile: interruptAt('asked') });
      assert.deepEqual([code, stdout], [130, '']);
      assert.deepEqual((await world.list()).map(({ agentId, status }) => [agentId, status]), [[agent.agentId, 'running']]);
    });

    it('tells a missing folder, file and agent with exit code 3', async () => {
      const cases = [['spawn', '--provider', 'demo', '--cwd', '/nonexistent'], ['spawn', '--provider', 'nope'], ['output', 'nobody'], ['send', 'nobody', 'x'], ['attach', 'nobody'], ['kill', 'nobody']];
      for (const args of cases) {
        const { code, stdout, stderr } = await world.run(args);
        assert.equal(code, 3, `${args.join(' ')}: ${stderr}`);
        assert.equal(stdout, '');
        assert.match(stderr, /^error: .+\.\n/);
        assert.equal((await world.json<Failure>(args)).code, 3);
      }
      assert.deepEqual(await world.list(), []);
    });

    it('does not start an agent without its environment file', async () => {
      const { code, stderr } = await world.run(['spawn', '--provider', 'demo', '--env-file', '/nonexistent/agent.env']);
      assert.equal(code, 3, stderr);
      assert.match(stderr, /^error: The environment file \/nonexistent\/agent\.env cannot be read/);
      assert.deepEqual(await world.list(), []);
    });

    it('says the command instead of attaching where there is no terminal', async () => {
      const agent = await world.spawn('--provider', 'demo');
      const { code, stdout, stderr } = await world.run(['attach', agent.agentId]);
      assert.equal(code, 1);
      assert.match(stdout, /^tmux -L tmux-agents attach -t /);
      assert.match(stderr, /needs a terminal/);
    });

    it('attaches in a terminal, takes keys, and gives the terminal back on detach', async () => {
      const agent = await world.spawn('--provider', 'demo', '--autopilot');
      const tmux = world.tmux();
      const outer = await tmux.newSession({ name: 'outer terminal', argv: ['sh', '-c', 'echo STARTING; "$@"; echo "CODE $?"; cat', 'sh', ...command, 'attach', agent.agentId], cwd: world.work, width: 100, height: 30 });
      const terminal = new PaneReader(tmux, outer.paneId);
      await terminal.until((text) => text.includes('›'));
      await tmux.sendLiteral(outer.paneId, 'typed in the terminal');
      await tmux.sendKeyNames(outer.paneId, ['Enter']);
      await terminal.until((text) => text.includes('Done.'));
      await tmux.sendKeyNames(outer.paneId, ['C-b', 'd']);
      await terminal.until((text) => text.includes('CODE 0'));
      terminal.dispose();
      await tmux.killSession(outer.sessionId);
      assert.match((await world.run(['output', agent.agentId])).stdout, /You asked:\ntyped in the terminal/);
    });

    it('leaves no client behind, and its agents running', async () => {
      const agent = await world.spawn('--provider', 'demo');
      await world.run(['list']);
      await world.run(['output', agent.agentId]);
      assert.deepEqual(await world.clients(), []);
      assert.equal((await world.list())[0]?.status, 'running');
    });
  });
}

describe('the command, when a runtime cannot be used', () => {
  const worlds: CommandWorld[] = [];
  const world = (settings: object): CommandWorld => {
    const made = new CommandWorld(sourceCommand, settings);
    worlds.push(made);
    return made;
  };
  before(function () {
    needs(this, 'tmux');
  });
  after(() => worlds.forEach((one) => one.dispose()));

  it('lists the others, says which does not answer, and succeeds', async () => {
    const half = world({ runtimes: { docker: { socketPath: '/nonexistent/docker.sock' } } });
    const agent = await half.spawn('--provider', 'demo');
    const { code, value } = await half.json<{ agents: AgentInfo[]; errors: { runtimeId: string; reason: string }[] }>(['list']);
    assert.equal(code, 0);
    assert.deepEqual(value.agents.map(({ agentId }) => agentId), [agent.agentId]);
    assert.deepEqual(value.errors.map(({ runtimeId, reason }) => [runtimeId, reason]), [['docker', 'docker-unavailable']]);
    const words = await half.run(['list']);
    assert.match(words.stderr, /^docker: .*not reachable/);
    assert.equal((await half.run(['output', agent.agentId])).code, 0);
    assert.equal((await half.run(['output', 'nobody'])).code, 3);
    assert.equal((await half.run(['spawn', '--provider', 'demo', '--runtime', 'docker'])).code, 4);
  });

  it('stops waiting for one that does not answer at Ctrl-C', async () => {
    let asked = (): void => undefined;
    const deaf = createServer(() => asked());
    const half = world({ runtimes: {} });
    const socketPath = `${half.folder}/deaf.sock`;
    await new Promise<void>((resolve) => deaf.listen(socketPath, resolve));
    writeFileSync(join(half.folder, 'deaf.json'), JSON.stringify({ runtimes: { docker: { socketPath } } }));
    try {
      for (const args of [['list'], ['output', 'x'], ['kill', 'x'], ['send', 'x', 'hello'], ['doctor']]) {
        const { code, stderr } = await half.run([...args, '--config', join(half.folder, 'deaf.json')], { meanwhile: (kill) => (asked = () => kill('SIGINT')) });
        assert.deepEqual([code, stderr], [130, 'error: Cancelled.\n'], args.join(' '));
      }
    } finally {
      deaf.close();
    }
  });

  it('fails with 4 when none answers', async () => {
    const none = world({ runtimes: { local: false, docker: { socketPath: '/nonexistent/docker.sock' } } });
    for (const args of [['list'], ['kill', '--all'], ['output', 'x']]) assert.equal((await none.run(args)).code, 4, args.join(' '));
  });

  it('says how to get tmux when there is none', async () => {
    const none = world({ runtimes: { local: { tmuxPath: '/nonexistent/tmux' }, docker: false } });
    const { code, stderr } = await none.run(['spawn', '--provider', 'demo']);
    assert.equal(code, 4);
    assert.match(stderr, /tmux was not found[\s\S]*apt-get install tmux/);
    const doctor = await none.json<{ ok: boolean; checks: { id: string; status: string; fix?: string }[] }>(['doctor']);
    assert.equal(doctor.code, 1);
    assert.equal(doctor.value.ok, false);
    assert.equal(doctor.value.checks.find(({ id }) => id === 'tmux')?.status, 'fail');
  });
});
