// Tasks of a hub as real sessions: commands and agents, their results, each once, whatever dies in between.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitForEvent } from '../../../src/base/wait.ts';
import { strays } from '../../../src/runner/service/strays.ts';
import { isRunning } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';
import { TaskWorld, type TaskDaemon } from '../../support/taskWorld.ts';

describe("a hub's tasks", function () {
  this.timeout(120_000);
  let world: TaskWorld;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(() => {
    world = new TaskWorld();
  });
  afterEach(async () => world?.end());

  const activity = async ({ runner, progress }: TaskDaemon, words: RegExp): Promise<void> => {
    if (progress.some(({ activity: text }) => words.test(text ?? ''))) return;
    await waitForEvent(runner.onDidProgress, ({ activity: text }) => words.test(text ?? ''), { timeoutMs: 30_000, what: String(words) });
  };

  it('run a command in a worktree of its own, with both its streams and its exit code', async () => {
    const daemon = await world.open({}, ['top-secret-token']);
    const used: unknown[] = [];
    daemon.runner.onDidUseProject((project) => used.push(project));
    await world.assign(daemon, '11111111-a', { command: ['sh', '-c', 'echo "out top-secret-token"; echo err >&2; pwd; printf "%s\\n" "$SIBYL_TASK_ID" "$SIBYL_AGENT_ID" "$SIBYL_PROJECT_ID" "$SIBYL_TASK_PROMPT" "$SIBYL_WORKTREE_PATH"; env | grep -c SIBYL_; cat readme.txt; exit 3'], prompt: 'a "prompt"\nwith $(lines)' });
    const result = await world.result(daemon, '11111111-a');
    const path = join(world.home.directory, 'worktrees', 'known', 'sibyl-agent-11111111');
    assert.equal(result.stdout, `out [redacted]\n${path}\n11111111-a\nagent-11111111-a\nknown\na "prompt"\nwith $(lines)\n${path}\n5\none\n`);
    assert.equal(result.stderr, 'err\n');
    assert.equal(result.exit_code, 3);
    assert.equal(result.status, 'failed');
    assert.match(result.error ?? '', /exit code 3/);
    assert.equal(result.worktree_path, path);
    assert.ok(Array.isArray(result.command) && result.command[0] === 'sh');
    assert.ok((result.duration_s ?? -1) >= 0);
    assert.deepEqual(used, [{ projectId: 'known', worktreePath: path, worktreeBranch: 'sibyl/agent-11111111' }]);
    assert.equal(daemon.progress.at(-1)?.status, 'failed');
    assert.ok(!existsSync(join(world.home.directory, 'outcomes', 'x')));
  });

  it('are completed where the program ends well, and fail where there is none', async () => {
    const daemon = await world.open();
    await world.assign(daemon, 'good', { command: 'printf "a b"' });
    await world.assign(daemon, 'none', { command: ['no-such-program', '--x'] });
    await world.assign(daemon, 'refused', { command: ['true'], worktree_path: '../../etc' });
    const good = await world.result(daemon, 'good');
    assert.deepEqual([good.status, good.exit_code, good.stdout, good.stderr, good.error], ['completed', 0, 'a b', '', undefined]);
    const none = await world.result(daemon, 'none');
    assert.equal(none.status, 'failed');
    assert.match(none.error ?? '', /"no-such-program" is not on this machine/);
    const refused = await world.result(daemon, 'refused');
    assert.equal(refused.status, 'failed');
    assert.match(refused.error ?? '', /does not lie below/);
    assert.equal(daemon.runner.open().length, 0);
    assert.equal(daemon.runner.results().length, 3);
  });

  it('run an agent until its turn is over', async () => {
    const daemon = await world.open();
    await world.assign(daemon, 'agent', { prompt: 'Say hello', agent_type: 'planner' });
    await activity(daemon, /working/);
    const result = await world.result(daemon, 'agent');
    assert.equal(result.status, 'completed', JSON.stringify(result));
    assert.equal(result.command, 'demo');
    assert.match(result.stdout ?? '', /Say hello/);
    assert.equal(daemon.progress.at(-1)?.status, 'completed');
  });

  it('are failed where the CLI of their agent is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/usr/bin:/bin';
    try {
      const daemon = await world.open({ defaultProvider: 'amp' });
      await world.assign(daemon, 'missing', { prompt: 'hello' });
      const result = await world.result(daemon, 'missing');
      assert.equal(result.status, 'failed');
      assert.match(result.error ?? '', /amp/);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('run once, however often they are sent, and are told again to who asks again', async () => {
    const daemon = await world.open();
    const log = join(world.home.directory, 'runs');
    const config = { command: ['sh', '-c', `echo run >> ${log}`] };
    await Promise.all([1, 2, 3].map(() => world.assign(daemon, 'once', config)));
    await world.result(daemon, 'once');
    await world.assign(daemon, 'once', config);
    daemon.runner.delivered('once');
    await daemon.runner.settled();
    assert.deepEqual(daemon.runner.results(), []);
    const again = waitForEvent(daemon.runner.onDidFinish, (taskId) => taskId === 'once', { timeoutMs: 10_000, what: 'its result again' });
    await world.assign(daemon, 'once', config);
    await again;
    assert.equal(daemon.runner.results().length, 1);
    await world.assign(daemon, 'once', config, { agentId: 'another' });
    daemon.runner.delivered('once');
    await daemon.runner.settled();
    await daemon.letGo();
    const next = await world.open();
    await world.assign(next, 'once', config);
    await next.runner.settled();
    assert.equal(readFileSync(log, 'utf8'), 'run\n');
  });

  it('run again where the hub has their failure and asks for another attempt', async () => {
    const daemon = await world.open();
    const log = join(world.home.directory, 'runs');
    const config = { command: ['sh', '-c', `echo run >> ${log}; test "$(wc -l < ${log})" = 2`] };
    await world.assign(daemon, 'retry', config, { agentId: 'first' });
    assert.equal((await world.result(daemon, 'retry')).status, 'failed');
    daemon.runner.delivered('retry');
    await daemon.runner.settled();
    const finished = waitForEvent(daemon.runner.onDidFinish, () => true, { timeoutMs: 30_000, what: 'the second attempt' });
    await world.assign(daemon, 'retry', config, { agentId: 'second' });
    await finished;
    const { result } = daemon.ledger.get('retry') ?? {};
    assert.equal(result?.status, 'completed');
    assert.match(result?.worktree_path ?? '', /sibyl-agent-retry-2$/);
    await world.assign(daemon, 'retry', config, { agentId: 'first' });
    await daemon.runner.settled();
    assert.equal(readFileSync(log, 'utf8'), 'run\nrun\n');
  });

  it('are rejected at capacity and while draining', async () => {
    const daemon = await world.open({ maxAgents: 1 });
    await world.assign(daemon, 'long', { command: ['sleep', '1000'] });
    assert.deepEqual(daemon.runner.status(), { status: 'busy', agentCount: 1 });
    assert.deepEqual(await daemon.runner.assign({ taskId: 'more', agentId: 'a', projectId: undefined, config: { prompt: 'x' } }), { accepted: false, reason: 'at_capacity' });
    await daemon.runner.cancel('long');
    await world.result(daemon, 'long');
    assert.deepEqual(daemon.runner.status(), { status: 'online', agentCount: 0 });
    daemon.runner.drain();
    assert.deepEqual(daemon.runner.status(), { status: 'draining', agentCount: 0 });
    assert.deepEqual(await daemon.runner.assign({ taskId: 'more', agentId: 'a', projectId: undefined, config: { prompt: 'x' } }), { accepted: false, reason: 'runner_draining' });
    assert.equal(daemon.ledger.get('more'), undefined);
  });

  it('end with all that they started when they are cancelled', async () => {
    const daemon = await world.open();
    const pids = join(world.home.directory, 'pids');
    await world.assign(daemon, 'tree', { command: ['sh', '-c', `trap "" HUP TERM; setsid sleep 1000 & echo $! >> ${pids}; (sleep 1001 & echo $! >> ${pids}); echo $$ >> ${pids}; echo said; sleep 1002`] });
    const { sessionId = '' } = daemon.ledger.get('tree') ?? {};
    await waitForEvent(daemon.service.onEvent, (event) => event.type === 'TERMINAL_CHUNK' && event.data.includes('said'), { timeoutMs: 30_000, what: 'its words' });
    await daemon.runner.cancel('tree');
    const result = await world.result(daemon, 'tree');
    assert.equal(result.status, 'cancelled');
    assert.match(result.stdout ?? '', /said/);
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) assert.ok(!isRunning(Number(pid)), pid);
    assert.deepEqual(await strays(sessionId), []);
    await daemon.runner.cancel('tree');
    await daemon.runner.cancel('unknown');
  });

  it('are ended when their time is over', async () => {
    const daemon = await world.open();
    await world.assign(daemon, 'slow', { command: ['sleep', '1000'], timeout_seconds: 0.5 });
    const result = await world.result(daemon, 'slow');
    assert.equal(result.status, 'timeout');
    assert.match(result.error ?? '', /longer than 0.5 s/);
    assert.equal(daemon.progress.at(-1)?.status, 'failed');
  });

  it('are ended while they wait for a place', async () => {
    const daemon = await world.open({ maxAgents: 1 });
    await daemon.service.createSession({ sessionId: 'of-a-person', orgId: 'here', providerId: 'demo', repo: { url: world.repository, branch: 'main' }, workspacePath: world.repository, task: 'x' });
    // Taken before the person's came.
    for (const [taskId, timeout] of [['cancelled', 0], ['limited', 0.5]] as const)
      await daemon.ledger.put({ v: 1, taskId, agentId: 'a', earlierAgents: [], config: { prompt: 'x', command: ['true'], timeout_seconds: timeout }, projectId: 'known', sessionId: `sibyl-${taskId}`, state: 'accepted', acceptedAt: Date.now() });
    daemon.runner.takeUp();
    const limited = await world.result(daemon, 'limited');
    assert.deepEqual([limited.status, limited.error], ['timeout', 'Its time was over before there was a place for it.']);
    await daemon.runner.cancel('cancelled');
    const cancelled = await world.result(daemon, 'cancelled');
    assert.deepEqual([cancelled.status, cancelled.error], ['cancelled', 'It was cancelled before it began.']);
  });

  it('go on without their daemon, and the next one has their results, its time limit too', async () => {
    const first = await world.open();
    const gate = join(world.home.directory, 'gate');
    const wait = (name: string): string => `while [ ! -e ${gate}-${name} ]; do sleep 0.05; done; echo through; exit 5`;
    await world.assign(first, 'meanwhile', { command: ['sh', '-c', wait('a')] });
    await world.assign(first, 'after', { command: ['sh', '-c', wait('b')] });
    await world.assign(first, 'limited', { command: ['sleep', '1000'], timeout_seconds: 4 });
    for (const taskId of ['meanwhile', 'after', 'limited']) {
      const { sessionId = '' } = first.ledger.get(taskId) ?? {};
      if (first.service.getSession(sessionId)?.state !== 'RUNNING') await waitForEvent(first.service.onEvent, (event) => event.sessionId === sessionId && event.type === 'SESSION_STATE_CHANGED' && event.newState === 'RUNNING', { timeoutMs: 30_000, what: taskId });
    }
    await first.runner.settled();
    await first.letGo();
    writeFileSync(`${gate}-a`, '');
    const next = await world.open();
    assert.ok(next.runner.open().length >= 2);
    writeFileSync(`${gate}-b`, '');
    for (const taskId of ['meanwhile', 'after']) {
      const result = await world.result(next, taskId);
      assert.deepEqual([result.status, result.exit_code, result.stdout], ['failed', 5, 'through\n'], taskId);
    }
    assert.equal((await world.result(next, 'limited')).status, 'timeout');
  });

  it('that were only taken when their daemon died run with the next one, once', async () => {
    const first = await world.open();
    await first.ledger.put({ v: 1, taskId: 'taken', agentId: 'a', earlierAgents: [], config: { prompt: 'x', command: ['echo', 'ran'] }, projectId: 'known', sessionId: 'sibyl-taken', state: 'accepted', acceptedAt: Date.now() });
    await first.ledger.put({ v: 1, taskId: 'lost', agentId: 'b', earlierAgents: [], config: { prompt: 'x' }, sessionId: 'sibyl-lost', state: 'running', acceptedAt: Date.now() });
    await first.letGo();
    const next = await world.open();
    assert.equal((await world.result(next, 'taken')).stdout, 'ran\n');
    const lost = await world.result(next, 'lost');
    assert.equal(lost.status, 'failed');
    assert.match(lost.error ?? '', /left/);
  });
});
