// Spawning agents in real containers: what they get, what they may not do, and what is said when it cannot be done.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError, type ErrorReason } from '../../../../src/base/errors.ts';
import type { DockerRuntime } from '../../../../src/runtimes/docker/dockerRuntime.ts';
import type { AgentConfig, AgentHandle } from '../../../../src/runtimes/types.ts';
import { needs, needsThat } from '../../../support/requirements.ts';
import { agentWhen } from './support/agentWhen.ts';
import { DockerPlace, IMAGE } from './support/dockerPlace.ts';

describe('DockerRuntime spawns agents', () => {
  let place: DockerPlace;
  let runtime: DockerRuntime;

  before(function () {
    needs(this, 'docker', 'image');
  });
  beforeEach(() => {
    place = new DockerPlace();
    runtime = place.runtime();
  });
  afterEach(() => place.dispose());

  function containerOf(handle: AgentHandle): ReturnType<typeof place.docker.getContainer> {
    return place.docker.getContainer(String(handle.data['containerId']));
  }

  async function refused(config: AgentConfig, reason: ErrorReason, message: RegExp, by = runtime): Promise<void> {
    await assert.rejects(by.spawnAgent(config), (error) => isAgentsError(error, reason) && message.test(error.message));
    assert.deepEqual(await place.containers(), []);
    assert.deepEqual(await place.networks(), []);
  }

  /** Runs an agent to its end and gives what it wrote to `out` in its folder. */
  async function resultOf(script: string, by = runtime, more: Partial<AgentConfig> = {}): Promise<string> {
    const config = place.config(`{ ${script}\n} > out 2>&1`, more);
    await by.spawnAgent(config);
    await agentWhen(by, config.agentId, ({ status }) => status === 'exited');
    return readFileSync(join(config.workingDirectory, 'out'), 'utf8');
  }

  it('step by step, and the agent runs in its folder', async () => {
    const steps: string[] = [];
    const config = place.config('echo "in $(pwd)"; exec cat', { env: { A: '1' } });
    const handle = await runtime.spawnAgent(config, { onProgress: (step) => steps.push(step) });
    assert.deepEqual(steps, ['check', 'network', 'create', 'start', 'connect', 'secrets', 'launch']);
    const [agent] = await runtime.listAgents();
    assert.equal(agent?.agentId, config.agentId);
    assert.equal(agent.status, 'running');
    assert.equal(agent.task, 'A task');
    assert.equal(agent.workingDirectory, place.folder);
    assert.equal(handle.agentId, config.agentId);
    assert.equal(agent.handle.data['containerId'], handle.data['containerId']);
  });

  it('with the limits, rights, labels and network that are documented', async () => {
    const handle = await runtime.spawnAgent(place.config(undefined, { resources: { memory: 512 * 1024 ** 2, cpus: 0.5 }, task: 'First line\nsecret second line' }));
    const { Config, HostConfig, NetworkSettings } = await containerOf(handle).inspect();
    assert.equal(HostConfig.Memory, 512 * 1024 ** 2);
    assert.equal(HostConfig.NanoCpus, 0.5e9);
    assert.equal(HostConfig.PidsLimit, 512);
    assert.equal(HostConfig.Init, true);
    assert.equal(HostConfig.Privileged, false);
    assert.deepEqual(HostConfig.CapDrop, ['ALL']);
    assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges']);
    const [network] = await place.networks();
    assert.deepEqual(Object.values(NetworkSettings.Networks).map(({ NetworkID }) => NetworkID), [network?.Id]);
    const { 'tmux-agents.created-at': createdAt, ...labels } = Config.Labels;
    assert.ok(Math.abs(Date.parse(createdAt ?? '') - Date.now()) < 60_000);
    const ours = Object.fromEntries(Object.entries(labels).filter(([name]) => name.startsWith('tmux-agents') && !name.startsWith('tmux-agents.image') && !name.startsWith('tmux-agents.content')));
    assert.deepEqual(ours, {
      'tmux-agents': 'true',
      'tmux-agents.agent-id': handle.agentId,
      'tmux-agents.session-name': 'agent',
      'tmux-agents.ai-provider': 'custom',
      'tmux-agents.runtime-id': 'docker',
      'tmux-agents.owner': place.owner,
      'tmux-agents.working-directory': place.folder,
      'tmux-agents.task': 'First line',
      'tmux-agents.name': handle.agentId,
    });
  });

  it('with the default limits where none are asked for', async () => {
    const { HostConfig } = await containerOf(await runtime.spawnAgent(place.config())).inspect();
    assert.equal(HostConfig.Memory, 4 * 1024 ** 3);
    assert.equal(HostConfig.NanoCpus, 2e9);
  });

  it('without capabilities, and without a way to more', async () => {
    const status = await resultOf('grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status');
    assert.deepEqual(status.trim().split(/\s+/), ['CapEff:', '0000000000000000', 'CapBnd:', '0000000000000000', 'NoNewPrivs:', '1']);
  });

  it('as a user of the host: what it makes belongs to that user, and its home can be written', async function () {
    needsThat(this, process.getuid?.() === 0, 'to act as another user needs root');
    chownSync(place.folder, 1234, 1235);
    const said = await resultOf('id -u; id -g; echo $HOME; touch ~/.probe && echo written', place.runtime({ user: '1234:1235' }));
    assert.match(said, /^1234\n1235\n\/home\/agent\n/);
    const { uid, gid } = statSync(join(place.folder, 'out'));
    assert.deepEqual([uid, gid], [1234, 1235]);
    assert.match(said, /written\n$/);
  });

  it('in a folder whose name is no word', async () => {
    const odd = join(place.folder, 'a:b "c" $(d) \'e\' ü');
    mkdirSync(odd);
    assert.equal(await resultOf('pwd; ls', runtime, { workingDirectory: odd }), '/workspace\nout\n');
  });

  it('with its arguments byte for byte', async () => {
    const words = ['a b', '$(id)', '`id`', '"', "'", 'new\nline', 'tail;', '#{pane_id}', '*', 'ü🙂', ''];
    const config = place.config(undefined, { argv: ['sh', '-c', 'printf "%s|" "$@" > out', 'sh', ...words] });
    await runtime.spawnAgent(config);
    await agentWhen(runtime, config.agentId, ({ status }) => status === 'exited');
    assert.equal(readFileSync(join(place.folder, 'out'), 'utf8'), words.map((word) => `${word}|`).join(''));
  });

  it('with secrets that only the agent sees, and nothing of the environment it is spawned from', async () => {
    const env = { TOKEN: 'sup3r-secret', ODD: 'a\nb "c" \'d\' $(e) \\n =f', EMPTY: '' };
    const config = place.config('env -0 > env; ls -A /run/tmux-agents > left', { env });
    process.env['TA_OF_THE_HOST'] = 'not for containers';
    await runtime.spawnAgent(config).finally(() => delete process.env['TA_OF_THE_HOST']);
    await agentWhen(runtime, config.agentId, ({ status }) => status === 'exited');
    const seen = Object.fromEntries(readFileSync(join(place.folder, 'env'), 'utf8').split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
    for (const [name, value] of Object.entries(env)) assert.equal(seen[name], value);
    assert.equal('TA_OF_THE_HOST' in seen, false);
    assert.equal(readFileSync(join(place.folder, 'left'), 'utf8'), '');
  });

  it('with secrets in no answer of the engine and no process list', async () => {
    const handle = await runtime.spawnAgent(place.config('exec cat', { env: { TOKEN: 'sup3r-secret' }, task: 'Task' }));
    const container = containerOf(handle);
    const execs = (await container.inspect()).ExecIDs ?? [];
    const answers = await Promise.all([container.inspect(), container.top({ ps_args: 'auxwwe' }), place.containers(), ...execs.map((id) => place.docker.getExec(id).inspect())]);
    assert.ok(!JSON.stringify(answers.filter((_, index) => index !== 1)).includes('sup3r-secret'));
    const processes = JSON.stringify(await container.top({ ps_args: 'auxww' }));
    assert.ok(processes.includes('tail') && !processes.includes('sup3r-secret'));
    assert.equal((await container.logs({ stdout: true, stderr: true })).toString(), '');
  });

  it('with the credentials of the home, read-only, and those switched off left out', async () => {
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const before = process.env['HOME'];
    mkdirSync(join(home, '.config/claude'), { recursive: true });
    mkdirSync(join(home, '.codex'));
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Ann\n');
    writeFileSync(join(home, '.config/claude/token'), 'tok');
    for (const folder of ['', '.config', '.config/claude', '.codex']) chmodSync(join(home, folder), 0o755);
    process.env['HOME'] = home;
    try {
      const authMounts = { gitconfig: true, 'claude-config': true, codex: false, ssh: true };
      const said = await resultOf('cat ~/.gitconfig ~/.config/claude/token; echo x >> ~/.gitconfig || echo refused; ls -d ~/.codex ~/.ssh || echo none', place.runtime({ authMounts }));
      assert.match(said, /^\[user\]\n\tname = Ann\ntok/);
      assert.match(said, /Read-only file system\nrefused/);
      assert.match(said, /none\n$/);
      assert.equal(readFileSync(join(home, '.gitconfig'), 'utf8'), '[user]\n\tname = Ann\n');
    } finally {
      process.env['HOME'] = before;
      rmSync(home, { recursive: true });
    }
  });

  it('with the binds of the settings', async () => {
    const data = mkdtempSync(join(tmpdir(), 'data-'));
    writeFileSync(join(data, 'file'), 'data');
    chmodSync(data, 0o777);
    try {
      const said = await resultOf('cat /data/file; touch /data/new || echo refused; touch /rw/new && echo made', place.runtime({ extraBinds: [`${data}:/data:ro`, `${data}:/rw`] }));
      assert.match(said, /^data[\s\S]*refused\nmade\n$/);
    } finally {
      rmSync(data, { recursive: true });
    }
  });

  it('with an entrypoint of the image out of the way', async () => {
    const tag = `tmux-agents-test-entry:${place.id}`;
    execFileSync('docker', ['build', '-q', '-t', tag, '-'], { input: `FROM ${IMAGE}\nENTRYPOINT ["/bin/false"]\n`, env: { ...process.env, DOCKER_BUILDKIT: '0' }, stdio: 'pipe' });
    try {
      const handle = await place.runtime({ image: tag }).spawnAgent(place.config());
      assert.equal((await containerOf(handle).inspect()).State.Running, true);
      await place.clean();
    } finally {
      await place.docker.getImage(tag).remove({ force: true });
    }
  });

  it('that a plain `tmux attach` in the container finds', async () => {
    const handle = await runtime.spawnAgent(place.config(undefined, { sessionName: 'my.session: 1' }));
    const command = runtime.getAttachCommand(handle);
    assert.deepEqual([...command], ['docker', 'exec', '-it', handle.data['containerId'], 'tmux', 'attach', '-t', `=${String(handle.data['sessionName'])}`]);
    // As typed into a terminal, with a shell in between.
    const typed = `TERM=xterm script -qec ${JSON.stringify(String(command).replace('attach', 'has-session').replaceAll('$', '\\$'))} /dev/null`;
    execFileSync('sh', ['-c', typed], { stdio: 'pipe' });
  });

  for (const sessionName of ['$HOME', '=x', 'a\\b']) {
    it(`in a session asked to be called ${sessionName}, which the attach command of a later listing finds too`, async () => {
      const handle = await runtime.spawnAgent(place.config(undefined, { sessionName }));
      const [listed] = await runtime.listAgents();
      assert.ok(listed);
      assert.equal(listed.handle.data['sessionName'], handle.data['sessionName']);
      const [program = '', ...args] = runtime.getAttachCommand(listed.handle);
      execFileSync(program, args.filter((arg) => arg !== '-it').map((arg) => (arg === 'attach' ? 'has-session' : arg)), { stdio: 'pipe' });
    });
  }

  it('each in its own place, names that begin alike included', async () => {
    const [one, ten] = await Promise.all(['agent-1', 'agent-10'].map((name) => runtime.spawnAgent(place.config(`echo I am ${name}; exec cat`, { agentId: `${name}-${place.id}`.replace('agent-1-', 'agent-1_') }))));
    assert.ok(one && ten);
    await runtime.killAgent(one);
    assert.deepEqual((await runtime.listAgents()).map(({ agentId }) => agentId), [ten.agentId]);
  });

  describe('or says why not:', () => {
    it('the image is missing', () => refused(place.config(), 'image-missing', /^image not found: no-such-image:1$/, place.runtime({ image: 'no-such-image:1' })));

    it('the folder is missing', () => refused(place.config(undefined, { workingDirectory: join(place.folder, 'nope') }), 'folder-missing', /nope/));

    it('the folder is a file', async () => {
      writeFileSync(join(place.folder, 'file'), '');
      await refused(place.config(undefined, { workingDirectory: join(place.folder, 'file') }), 'folder-missing', /is not a folder/);
    });

    it('there is no program', () => {
      const { argv: _, ...config } = place.config();
      return refused(config, 'bad-input', /names no program/);
    });

    it('a bind of the settings is missing', () => refused(place.config(), 'docker-failed', /Failed to mount \/nonexistent\/x/, place.runtime({ extraBinds: ['/nonexistent/x:/x'] })));

    it('the name is taken, and the first agent goes on', async () => {
      const config = place.config();
      await runtime.spawnAgent(config);
      await assert.rejects(place.runtime().spawnAgent(config), (error) => isAgentsError(error, 'name-taken') && error.message.includes(`tmux-agents-${config.agentId}`));
      const [agent] = await runtime.listAgents();
      assert.equal(agent?.status, 'running');
    });

    it('the image has no tmux', async () => {
      const tag = `tmux-agents-test-bare:${place.id}`;
      const stdio = 'pipe';
      execFileSync('docker', ['build', '-q', '-t', tag, '-'], { input: `FROM ${IMAGE}\nUSER root\nRUN rm "$(command -v tmux)"\n`, env: { ...process.env, DOCKER_BUILDKIT: '0' }, stdio });
      try {
        await refused(place.config(), 'tmux-missing', new RegExp(`^The image ${tag} has no tmux`), place.runtime({ image: tag }));
      } finally {
        await place.docker.getImage(tag).remove({ force: true });
      }
    });

    it('the program does not exist: the agent has failed, and shows it', async () => {
      const config = place.config(undefined, { argv: ['no-such-cli', '--flag'] });
      await runtime.spawnAgent(config);
      const agent = await agentWhen(runtime, config.agentId, ({ status }) => status === 'failed');
      assert.ok(agent.status === 'failed');
      assert.equal(agent.reason, 'no-such-cli: command not found');
      assert.equal(agent.exitCode, 127);
    });
  });
});
