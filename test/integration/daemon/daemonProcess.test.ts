// The daemon as a process beside hubs that are written from the protocol: registered, connected, killed, told to end, refused.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { pause, waitFor } from '../../../src/base/wait.ts';
import type { TaskResult } from '../../../src/protocol/hubWire/sibylFrames.ts';
import { DaemonWorld, type DaemonProcess } from '../../support/daemonWorld.ts';
import { isRunning } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';
import { HubMemory, SibylServer, type SibylOptions } from '../../support/sibylServer.ts';

const runner = (body: unknown): object => ({
  id: 'runner-1',
  graph_runner_id: 'runner_0123456789abcdef',
  current_agent_count: 0,
  status: 'offline',
  last_heartbeat: null,
  client_version: null,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  ...(body as object),
});

describe('the runner daemon', function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let hub: SibylServer | undefined;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(() => {
    world = new DaemonWorld();
  });
  afterEach(async () => {
    await world?.end();
    await hub?.close();
    hub = undefined;
  });

  async function open(options: SibylOptions = {}): Promise<SibylServer> {
    hub = await SibylServer.open(options);
    return hub;
  }
  const assign = (server: SibylServer, taskId: string, command: readonly string[], more: object = {}): void =>
    server.runner.send({ type: 'task_assign', task_id: taskId, agent_id: `agent-${taskId}`, project_id: null, config: { prompt: 'do it', command, ...more }, a_field_of_later: 1 });
  const result = (server: SibylServer, taskId: string): Promise<TaskResult> => server.until(() => server.memory.results.get(taskId)?.[0], `the result of ${taskId}`, 60_000);
  async function connected(server: SibylServer, env: Record<string, string> = {}): Promise<DaemonProcess> {
    const before = server.sockets.length;
    const daemon = world.start(['run'], { env });
    await Promise.race([server.connected(before + 1, 60_000), daemon.closed.then((code) => Promise.reject(new Error(`It ended with ${code}: ${daemon.stderr()}`)))]);
    return daemon;
  }

  it('is registered, connects, executes a task and says how it is', async () => {
    const calls: { readonly url: string | undefined; readonly token: string | undefined; readonly body: unknown }[] = [];
    const server = await open({
      rest: (request, body) => {
        calls.push({ url: request.url, token: request.headers.authorization, body });
        return { status: 200, body: { ...runner(body), token: 'runner-secret-token', something_new: true } };
      },
    });
    const registered = await world.run(['register', '--server', `${server.url}/`, '-n', 'dev-machine', '-m', '2', '--capability', 'gpu', '--json'], { input: 'person-secret-token\n' });
    assert.equal(registered.code, 0, registered.stderr);
    assert.equal(calls[0]?.url, '/api/runners/register');
    assert.equal(calls[0]?.token, 'Bearer person-secret-token');
    assert.deepEqual({ ...(calls[0]?.body as object), hostname: '', client_version: '' }, { name: 'dev-machine', hostname: '', capabilities: ['gpu'], max_concurrent_agents: 2, client_version: '' });
    const saved = parse(readFileSync(world.config, 'utf8')) as Record<string, unknown>;
    assert.deepEqual(saved, { server_url: server.url, runner_id: 'runner-1', graph_runner_id: 'runner_0123456789abcdef', name: 'dev-machine', max_concurrent_agents: 2, capabilities: ['gpu'], runner_token: 'runner-secret-token' });
    assert.equal(statSync(world.config).mode & 0o777, 0o600);
    world.write({ ...saved, allow_commands: true });

    const daemon = await connected(server, { SIBYL_ACCESS_TOKEN: 'person-secret-token' });
    assert.equal(server.runner.request.headers.authorization, 'Bearer runner-secret-token');
    assert.equal(server.runner.runnerId, 'runner-1');
    assign(server, 'first', ['sh', '-c', 'env; echo done; echo err >&2']);
    assert.equal((await server.frame('task_ack')).task_id, 'first');
    const told = await result(server, 'first');
    assert.equal(told.status, 'completed', JSON.stringify(told));
    assert.match(told.stdout ?? '', /^SIBYL_TASK_ID=first$/m);
    assert.match(told.stdout ?? '', /^done$/m);
    assert.equal(told.stderr, 'err\n');
    assert.ok(!/secret-token/.test(told.stdout ?? ''), 'no token of a hub in the environment');
    assert.ok(!/secret-token/.test(world.log()));

    const status = await world.run(['status', '--json']);
    assert.equal(status.code, 0, status.stderr);
    const answer = JSON.parse(status.stdout) as Record<string, unknown>;
    assert.equal(answer['running'], true);
    assert.equal(answer['pid'], daemon.child.pid);
    assert.deepEqual([answer['status'], answer['agentCount'], answer['maxAgents']], ['online', 0, 2]);
    assert.equal((answer['connection'] as { state: string }).state, 'connected');
    assert.match((await world.run(['status'])).stdout, /hub .*connected for /);

    const second = await world.run(['run']);
    assert.equal(second.code, 5);
    assert.match(second.stderr, /runs already/);
    assert.equal(await daemon.end('SIGTERM'), 0);
    const after = await world.run(['status', '--json']);
    assert.equal(after.code, 4);
    assert.equal((JSON.parse(after.stdout) as Record<string, unknown>)['running'], false);
  });

  it('goes on after kill -9, with tasks that run, that ended meanwhile, and that were killed with it', async () => {
    const server = await open();
    world.registered(server.url);
    const daemon = await connected(server);
    const file = (name: string): string => join(world.home.directory, name);
    const waiting = (name: string): readonly string[] => ['sh', '-c', `echo begun; while [ ! -e ${file(name)} ]; do sleep 0.05; done; echo ${name} >> ${file('runs')}; exit 7`];
    assign(server, 'meanwhile', waiting('a'));
    assign(server, 'after', waiting('b'));
    assign(server, 'gone', ['sh', '-c', 'echo begun; exec sleep 1000']);
    for (const taskId of ['meanwhile', 'after', 'gone']) {
      const { session_id: id } = await server.frame('session', ({ session }) => session.task_id === taskId && session.state === 'RUNNING').then(({ session }) => session);
      await server.frame('events', ({ session_id, events }) => session_id === id && events.some((event) => event.type === 'TERMINAL_CHUNK' && event.data.includes('begun')));
    }
    const gone = await server.frame('session', ({ session }) => session.task_id === 'gone');
    await daemon.end('SIGKILL');
    world.home.tmux('tmux-agents', 'kill-session', '-t', `=${gone.session.session_id}`);
    writeFileSync(file('a'), '');
    const next = await connected(server);
    writeFileSync(file('b'), '');
    for (const taskId of ['meanwhile', 'after']) {
      const told = await result(server, taskId);
      assert.deepEqual([told.status, told.exit_code, told.stdout], ['failed', 7, 'begun\n'], taskId);
    }
    const lost = await result(server, 'gone');
    assert.equal(lost.status, 'failed');
    assert.match(lost.error ?? '', /gone/);
    assign(server, 'after', waiting('b'));
    await server.frame('task_ack', ({ task_id }) => task_id === 'after');
    assert.equal(await next.end('SIGTERM'), 0);
    assert.deepEqual(readFileSync(file('runs'), 'utf8').trim().split('\n').sort(), ['a', 'b'], 'each ran once');
    assert.deepEqual([server.memory.gaps, server.faults], [0, []]);
  });

  it('keeps results while its hub is away, and tells each once', async () => {
    const memory = new HubMemory();
    const first = await open({ memory });
    world.registered(first.url);
    const daemon = await connected(first);
    const gate = join(world.home.directory, 'gate');
    for (const taskId of ['one', 'two']) assign(first, taskId, ['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo ${taskId}`]);
    for (const taskId of ['one', 'two']) await first.frame('session', ({ session }) => session.task_id === taskId && session.state === 'RUNNING');
    const { port } = first;
    await first.close();
    writeFileSync(gate, '');
    await daemon.said(/Task one: completed[^]*Task two: completed|Task two: completed[^]*Task one: completed/);
    const second = await open({ memory, port });
    assert.equal((await result(second, 'one')).stdout, 'one\n');
    assert.equal((await result(second, 'two')).stdout, 'two\n');
    assert.equal(await daemon.end('SIGTERM'), 0);
    assert.deepEqual([...memory.results.values()].map((results) => results.length), [1, 1]);
    assert.equal(memory.doubles + memory.gaps, 0);
  });

  it('drains when it is told to end: what can end in time does, the rest goes on without it', async () => {
    const server = await open();
    world.registered(server.url, { drain_seconds: 2 });
    const daemon = await connected(server);
    const gate = join(world.home.directory, 'gate');
    assign(server, 'short', ['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo short`]);
    assign(server, 'long', ['sh', '-c', `while [ ! -e ${gate}-long ]; do sleep 0.05; done; echo long`]);
    for (const taskId of ['short', 'long']) await server.frame('session', ({ session }) => session.task_id === taskId && session.state === 'RUNNING');
    daemon.child.kill('SIGTERM');
    assert.equal((await server.frame('status', ({ status }) => status === 'draining')).agent_count, 2);
    assign(server, 'more', ['true']);
    assert.equal((await server.frame('task_reject')).reason, 'runner_draining');
    writeFileSync(gate, '');
    assert.equal((await result(server, 'short')).status, 'completed');
    assert.equal(await daemon.closed, 0);
    assert.ok(!server.memory.results.has('long'));
    const next = await connected(server);
    writeFileSync(`${gate}-long`, '');
    assert.equal((await result(server, 'long')).stdout, 'long\n');
    assign(server, 'endless', ['sleep', '1000']);
    await server.frame('session', ({ session }) => session.task_id === 'endless' && session.state === 'RUNNING');
    world.registered(server.url, { drain_seconds: 1000 });
    next.child.kill('SIGTERM');
    await next.said(/takes no more tasks/);
    assert.equal(await next.end('SIGTERM'), 0, 'the second one hands over at once');
    const [pid = ''] = world.home.tmux('tmux-agents', 'list-panes', '-a', '-F', '#{pane_pid}').trim().split('\n');
    assert.ok(isRunning(Number(pid)));
  });

  it('takes a refusal for final: it says why, ends with 1, and does not hammer', async () => {
    let upgrades = 0;
    const server = await open({ refuse: () => (upgrades++, { code: 1008, reason: 'Not authorized for this runner' }) });
    world.registered(server.url);
    const daemon = await world.run(['run']);
    assert.equal(daemon.code, 1, daemon.stderr);
    assert.match(daemon.stderr, /Not authorized for this runner/);
    assert.equal(upgrades, 1);
  });

  it('is refused while a task runs: it asks for another token once, and ends with 1 after the task', async () => {
    let [isRefused, asked] = [false, 0];
    const server = await open({
      refuse: () => (isRefused ? { code: 1008, reason: 'Authentication required' } : undefined),
      rest: () => (asked++, { status: 401, body: { detail: 'Invalid token' } }),
    });
    world.registered(server.url);
    const gate = join(world.home.directory, 'gate');
    const daemon = await connected(server);
    assign(server, 'long', ['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done`]);
    await server.frame('task_ack');
    isRefused = true;
    server.runner.socket.close(1008, 'Authentication required');
    await daemon.said(/could not be renewed/);
    writeFileSync(gate, '');
    assert.equal(await daemon.closed, 1);
    assert.equal(asked, 1);
  });

  it('renews its token once when that is refused, and connects with the new one', async () => {
    const server = await open({
      refuse: (request) => (request.headers.authorization === 'Bearer fresh-token' ? undefined : { code: 1008, reason: 'Authentication required' }),
      rest: (request, body) => (request.headers.authorization === 'Bearer person-token' ? { status: 200, body: { ...runner(body), token: 'fresh-token' } } : { status: 401, body: { detail: 'Invalid token' } }),
    });
    world.registered(server.url, { runner_token: 'old-token', access_token: 'person-token' });
    const daemon = await connected(server);
    assert.equal((parse(readFileSync(world.config, 'utf8')) as Record<string, unknown>)['runner_token'], 'fresh-token');
    assert.equal(await daemon.end('SIGTERM'), 0);
  });

  it('asks a person at a terminal for name and password, and shows no secret', async () => {
    const calls: { readonly url: string | undefined; readonly token: string | undefined; readonly body: unknown }[] = [];
    let registered = (): void => undefined;
    const done = new Promise<void>((resolve) => (registered = resolve));
    const server = await open({
      rest: (request, body) => {
        calls.push({ url: request.url, token: request.headers.authorization, body });
        if (request.url === '/api/auth/token') return { status: 200, body: { id: 't', name: 'x', token: 'issued-token', created_at: 'x', expires_at: null } };
        registered();
        return { status: 200, body: { ...runner(body), token: 'runner-secret-token' } };
      },
    });
    const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    const command = [process.execPath, join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'main.ts'), 'runner', 'register', '-s', server.url, '-c', world.config].map(shell).join(' ');
    const tmux = (...args: readonly string[]): string => world.home.tmux('person', ...args);
    tmux('new-session', '-d', '-x', '150', '-y', '20', '-s', 'register', `env NODE_NO_WARNINGS=1 ${command}; tmux wait-for -S registered; exec sleep 1000`);
    const screen = (): string => tmux('capture-pane', '-p', '-t', 'register');
    const shown = async (words: RegExp): Promise<void> => {
      for (let left = 200; !words.test(screen()); left--) {
        if (left === 0) throw new Error(`${String(words)} is not on the screen: ${screen()}`);
        await pause(100);
      }
    };
    await shown(/User name/);
    tmux('send-keys', '-t', 'register', 'anna', 'Enter');
    await shown(/Password/);
    tmux('send-keys', '-t', 'register', 'correct horse', 'Enter');
    await waitFor(done, { timeoutMs: 30_000, what: 'the registration' });
    tmux('wait-for', 'registered');
    assert.deepEqual(calls.map(({ url, token }) => [url, token]), [['/api/auth/token', undefined], ['/api/runners/register', 'Bearer issued-token']]);
    assert.deepEqual(calls[0]?.body, { name: 'anna', password: 'correct horse' });
    assert.match(screen(), /Registered as/);
    assert.ok(!screen().includes('horse'));
    assert.ok(!readFileSync(world.config, 'utf8').includes('issued-token'));
  });

  it('waits in a container until it is registered', async () => {
    const server = await open({ rest: (_, body) => ({ status: 200, body: { ...runner(body), token: 'runner-secret-token' } }) });
    const daemon = world.start(['run', '--wait'], { env: { SIBYL_SERVER_URL: server.url } });
    await daemon.said(/not registered with a hub[^]*sibyl-runner register/);
    const status = JSON.parse((await world.run(['status', '--json'])).stdout) as { readonly connection: { readonly state: string } };
    assert.equal(status.connection.state, 'unregistered');
    assert.equal((await world.run(['register', '--server', server.url, '--name', 'cloud-runner-1'], { env: { SIBYL_ACCESS_TOKEN: 'x' } })).code, 0);
    await server.connected(1, 60_000);
    assert.equal(await daemon.end('SIGTERM'), 0);
    assert.equal((await world.run(['run'], { env: { SIBYL_CONFIG_FILE: join(world.home.directory, 'none.yaml') } })).code, 3);
  });

  it('works with a hub that speaks nothing but the base protocol', async () => {
    const server = await open({ extension: false, heartbeatMs: 300 });
    const repository = world.repository();
    world.registered(server.url);
    const daemon = await connected(server);
    assign(server, '87654321-x', ['cat', 'readme.txt'], { repo_path: repository, create_worktree: true });
    assert.equal((await server.frame('task_ack')).agent_id, 'agent-87654321-x');
    const told = await result(server, '87654321-x');
    assert.deepEqual([told.status, told.stdout], ['completed', 'one\n']);
    server.runner.send({ type: 'task_assign', task_id: 'project', agent_id: 'a', project_id: 'proj_1', config: { prompt: 'x', command: ['pwd'], repo_path: repository, branch: 'feature/one' } });
    const project = await server.frame('project_register');
    assert.deepEqual(project, { type: 'project_register', project_id: 'proj_1', worktree_path: join(world.worktrees, 'proj_1', 'feature-one'), worktree_branch: 'feature/one' });
    assert.equal((await result(server, 'project')).stdout, `${project.worktree_path}\n`);
    server.runner.send({ type: 'task_assign', task_id: 'evil', agent_id: 'a', project_id: '../../evil', config: { prompt: 'x', command: ['true'], repo_path: repository } });
    assert.equal((await result(server, 'evil')).status, 'failed');
    server.runner.socket.send('{"type":"task_assign"}');
    server.runner.socket.send('not json');
    assign(server, 'slow', ['sleep', '1000']);
    await server.frame('agent_update', ({ agent_id, status }) => agent_id === 'agent-slow' && status === 'running');
    server.runner.send({ type: 'task_cancel', task_id: 'slow' });
    assert.equal((await result(server, 'slow')).status, 'cancelled');
    assert.equal(server.sockets.length, 1, 'its socket lived on');
    assert.deepEqual(server.faults, []);
    assert.equal(await daemon.end('SIGTERM'), 0);
    assert.ok(!existsSync(join(world.home.directory, 'evil')));
  });
});
