// A session from its creation to its end, on real tmux: what is told, in which order, and what is left.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../../support/requirements.ts';
import { assertWhole, nothingRuns, processState, refused, RunnerWorld } from '../../support/runnerWorld.ts';

describe('a session of the runner', function () {
  this.timeout(120_000);
  let world: RunnerWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(async () => {
    world = await RunnerWorld.open({ heartbeatInterval: 200 });
  });
  afterEach(async () => world?.end());

  it('completes with exit code 0: its states, its output, the summary of its changes, and its end last', async () => {
    const named: string[] = [];
    for (const name of ['session_created', 'session_started', 'session_completed', 'session_failed'] as const) world.runner.on(name, ({ sessionId }) => named.push(`${name} ${sessionId}`));
    const id = await world.shell('echo hello; echo new > made.txt; read -r go; exit 0');
    await world.output(id, 'hello');
    await world.event(id, 'USAGE_TICK');
    await world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: 'go\r', mode: 'raw' } });
    const end = await world.ended(id);
    assert.equal(end.finalState, 'COMPLETED');
    assert.equal(end.exitCode, 0);
    assert.ok(end.totalUsage.terminalKb > 0 && end.totalUsage.agentSeconds > 0);
    const events = await world.journal(id);
    assertWhole(events);
    const types = events.map(({ type }) => type);
    assert.ok(types.indexOf('DIFF_SUMMARY') > types.lastIndexOf('TERMINAL_CHUNK'));
    const summary = events.find((event) => event.type === 'DIFF_SUMMARY');
    assert.deepEqual(summary?.type === 'DIFF_SUMMARY' && summary.files.map(({ path }) => path), ['made.txt']);
    const states = events.flatMap((event) => (event.type === 'SESSION_STATE_CHANGED' ? [event.newState] : []));
    assert.deepEqual(states, ['PREPARING_WORKSPACE', 'STARTING_PROVIDER', 'RUNNING', 'COMPLETED']);
    assert.deepEqual(named, [`session_created ${id}`, `session_started ${id}`, `session_completed ${id}`]);
    assert.equal(world.runner.getSession(id)?.state, 'COMPLETED');
    assert.equal(world.runner.listSessions({ state: 'completed', orgId: 'org-1' }).length, 1);
    assert.match(readFileSync(world.runner.recordingPath(id), 'utf8'), /^\{"version":2.*\n(?:.*\n)*.*hello/);
    await nothingRuns(id);
  });

  it('tells the output of a program that ends at once', async () => {
    const id = await world.shell('echo short');
    assert.equal((await world.ended(id)).finalState, 'COMPLETED');
    await world.output(id, 'short');
  });

  it('fails with any other exit code, a signal, and a program that is not there', async () => {
    const [three, killed, missing] = await Promise.all([world.shell('exit 3'), world.shell('kill -9 $$'), world.runner.createSession(world.request({ argv: ['no-such-program'] })).then(({ sessionId }) => sessionId)]);
    assert.deepEqual([(await world.ended(three)).finalState, (await world.ended(three)).exitCode], ['FAILED', 3]);
    assert.equal((await world.ended(killed)).finalState, 'FAILED');
    assert.equal((await world.ended(missing)).finalState, 'FAILED');
    assert.match(world.runner.getSession(three)?.errorMessage ?? '', /exit code 3/);
    assert.match(world.runner.getSession(missing)?.errorMessage ?? '', /no-such-program: command not found/);
    for (const id of [three, killed, missing]) assertWhole(await world.journal(id));
  });

  it('fails when its repository is not there', async () => {
    const { sessionId } = await world.runner.createSession(world.request({ repo: { url: '/no/such/repository', branch: 'main' }, argv: ['true'] }));
    assert.equal((await world.ended(sessionId)).finalState, 'FAILED');
    const events = await world.journal(sessionId);
    assertWhole(events);
    assert.ok(!events.some(({ type }) => type === 'SESSION_STARTED'));
  });

  it('is paused and goes on: every process of it is really stopped, and nothing is typed', async () => {
    const file = join(world.home.directory, 'pids');
    const id = await world.shell(`sleep 1000 & echo "$$ $!" > ${file}; echo ready; read -r line; echo "got $line"; read -r line; kill $!; exit 0`);
    await world.output(id, 'ready');
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    await world.runner.handleCommand(id, { type: 'PAUSE' });
    assert.equal(world.runner.getSession(id)?.state, 'PAUSED_BY_HUMAN');
    assert.deepEqual(await Promise.all(pids.map(processState)), ['T', 'T']);
    await assert.rejects(world.runner.handleCommand(id, { type: 'PAUSE' }), refused('invalid-transition', /PAUSED_BY_HUMAN -> PAUSED_BY_HUMAN/));
    await assert.rejects(world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: 'x', mode: 'raw' } }), refused('unsupported'));
    await world.runner.handleCommand(id, { type: 'RESUME' });
    assert.equal(world.runner.getSession(id)?.state, 'RUNNING');
    assert.deepEqual((await Promise.all(pids.map(processState))).map((state) => state === 'S' || state === 'R'), [true, true]);
    await world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: 'more\r', mode: 'raw' } });
    await world.output(id, 'got more');
    // Only now: tmux 3.3a can lose what a program prints as it ends.
    await world.runner.handleCommand(id, { type: 'INPUT', input: { sessionId: id, data: '\r', mode: 'raw' } });
    assert.equal((await world.ended(id)).finalState, 'COMPLETED');
  });

  it('is stopped with everything it started, also what ignores signals or left its group', async () => {
    const file = join(world.home.directory, 'pids');
    const script = `trap '' HUP TERM; sh -c 'trap "" HUP TERM; while :; do sleep 1; done' & a=$!; setsid sh -c 'trap "" HUP TERM; echo $$ > ${file}.2; exec sleep 1000' & sleep 0.3; echo "$$ $a" > ${file}; echo ready; while :; do sleep 1; done`;
    const id = await world.shell(script);
    await world.output(id, 'ready');
    const pids = [...readFileSync(file, 'utf8').trim().split(' '), readFileSync(`${file}.2`, 'utf8').trim()].map(Number);
    for (const pid of pids) assert.notEqual(await processState(pid), undefined);
    await world.runner.handleCommand(id, { type: 'STOP', graceful: true });
    const end = await world.ended(id);
    assert.equal(end.finalState, 'FAILED');
    for (const pid of pids) assert.ok([undefined, 'Z'].includes(await processState(pid)), `${pid} lives`);
    await nothingRuns(id);
    assertWhole(await world.journal(id));
    await assert.rejects(world.runner.handleCommand(id, { type: 'STOP' }), refused('invalid-transition', /FAILED/));
  });

  it('is stopped while it is paused', async () => {
    const id = await world.shell('echo ready; exec sleep 1000');
    await world.output(id, 'ready');
    await world.runner.handleCommand(id, { type: 'PAUSE' });
    await world.runner.handleCommand(id, { type: 'STOP' });
    assert.equal((await world.ended(id)).finalState, 'FAILED');
    await nothingRuns(id);
  });

  it('has an environment of its own: what a program needs, what it was given, and no secret of this process', async () => {
    process.env['RUNNER_TEST_SECRET_TOKEN'] = 'hunter2-hunter2';
    process.env['ANTHROPIC_BASE_URL'] = 'http://127.0.0.1:9/';
    try {
      const file = join(world.home.directory, 'env');
      const id = await world.shell(`env > ${file}; exit 0`, { providerId: 'claude_code', env: { GIVEN: 'yes' } });
      await world.ended(id);
      const names = readFileSync(file, 'utf8');
      assert.doesNotMatch(names, /hunter2/);
      for (const name of ['PATH', 'HOME', 'TERM', 'GIVEN', 'ANTHROPIC_BASE_URL', 'TMUX_PANE']) assert.match(names, new RegExp(`^${name}=`, 'm'));
    } finally {
      delete process.env['RUNNER_TEST_SECRET_TOKEN'];
      delete process.env['ANTHROPIC_BASE_URL'];
    }
  });

  it('keeps secrets out of its journal and its recording', async () => {
    const id = await world.shell('echo "the key is $MY_API_KEY"; exit 0', { env: { MY_API_KEY: 'abc-very-secret-123' } });
    await world.ended(id);
    const texts = (await world.journal(id)).map((event) => JSON.stringify(event)).join('\n') + readFileSync(world.runner.recordingPath(id), 'utf8') + readFileSync(join(world.home.directory, 'sessions', id, 'session.json'), 'utf8');
    assert.match(texts, /the key is \[redacted\]/);
    assert.doesNotMatch(texts, /very-secret/);
  });

  it('ends when its time is over', async () => {
    await world.runner.stop();
    world.runner = world.newRunner({ sessionTimeout: 1_500 });
    await world.runner.start();
    const id = await world.shell('exec sleep 1000');
    const end = await world.ended(id);
    assert.equal(end.finalState, 'FAILED');
    assert.match(world.runner.getSession(id)?.errorMessage ?? '', /time is over/);
    await nothingRuns(id);
  });

  it('works in a folder of the user when it is given one', async () => {
    const id = await world.shell('pwd > where.txt; exit 0', { workspacePath: world.home.directory });
    await world.ended(id);
    assert.equal(readFileSync(join(world.home.directory, 'where.txt'), 'utf8').trim(), world.home.directory);
  });

  it('is refused beyond the limit, twice with one id, and for a provider that is not enabled', async () => {
    await world.runner.stop();
    world.runner = world.newRunner({ maxConcurrentSessions: 2 });
    await world.runner.start();
    const one = world.request({ argv: ['sleep', '1000'] });
    const all = await Promise.allSettled([world.runner.createSession(one), world.runner.createSession(one), world.shell('exec sleep 1000'), world.shell('exec sleep 1000')]);
    const faults = all.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
    assert.equal(faults.length, 2);
    assert.match(faults[0] ?? '', /Session s-\d+ already exists/);
    assert.match(faults[1] ?? '', /Maximum sessions \(2\) reached/);
    await assert.rejects(world.runner.createSession(world.request({ providerId: 'codex' })), refused('not-found', /No adapter for session/));
    await assert.rejects(world.runner.handleCommand('nobody', { type: 'PAUSE' }), refused('not-found', /Session nobody not found/));
    await world.runner.stop();
    await assert.rejects(world.runner.createSession(world.request()), refused('unsupported', /SessionManager not initialized/));
    assert.ok(existsSync(join(world.home.directory, 'sessions')));
  });
});
