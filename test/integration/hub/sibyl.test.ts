// Sibyl's side of a running hub, heard and spoken to by a client written from the protocol: registering, connecting, tasks and their ends.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Emitter } from '../../../src/base/event.ts';
import { waitFor, waitForEvent } from '../../../src/base/wait.ts';
import type { SessionIntake, Tasks } from '../../../src/hub/parts.ts';
import { openSibyl, type SibylPart } from '../../../src/hub/sibyl/sibylPart.ts';
import { sibylTimers, type SibylTimers } from '../../../src/hub/sibyl/timers.ts';
import type { HubTask } from '../../../src/protocol/hubWire/hubRest.ts';
import { hubWorld, type HubWorld, type Person } from '../../support/hubWorld.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { sibylClient, type SibylClient } from '../../support/sibylClient.ts';

/** Nobody is told of sessions here: that is tested where they are kept. */
const noSessions: SessionIntake = {
  sessionsOf: () => Promise.resolve([]),
  session: () => Promise.resolve(),
  gone: () => Promise.resolve(),
  events: () => Promise.resolve({ seq: 0, gap: false }),
  terminal: () => undefined,
  connection: () => undefined,
  recovered: () => Promise.resolve(),
};

interface World extends HubWorld {
  readonly sibyl: SibylPart;
}

async function world(timers: Partial<SibylTimers> = {}, options: { readonly dataFolder?: string; readonly databaseUrl?: string; readonly jwtSecret?: string } = {}): Promise<World> {
  let sibyl: SibylPart | undefined;
  const hub = await hubWorld(options, { parts: [async (base) => (sibyl = await openSibyl(base, noSessions, { ...sibylTimers, ...timers }))] });
  if (sibyl === undefined) throw new Error('the part was not made');
  return { ...hub, sibyl };
}

async function register(hub: HubWorld, as: Person, more: Record<string, unknown> = {}): Promise<{ id: string; token: string }> {
  const answer = await hub.call('POST', '/api/runners/register', { as, body: { name: 'dev', hostname: 'host', ...more } });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return { id: String(answer.at('id')), token: String(answer.at('token')) };
}

/** The task as soon as it is in one of these states. */
async function until(tasks: Tasks, orgId: string, id: string, ...states: readonly string[]): Promise<HubTask> {
  const changes = new Emitter<HubTask>();
  const subscription = tasks.onDidChange(({ task }) => changes.fire(task));
  try {
    const now = await tasks.find(orgId, id);
    if (states.includes(now.state)) return now;
    const changed = await waitForEvent(changes.event, (task) => task.id === id && states.includes(task.state), { timeoutMs: 15_000, what: `the task to be ${states.join(' or ')}` });
    // All are told of it without what it printed.
    return { ...changed, result: (await tasks.find(orgId, id)).result };
  } finally {
    subscription.dispose();
  }
}

describe('Sibyl\'s side of the hub', function () {
  this.timeout(60_000);
  let hub: World;
  let owner: Person;
  const clients: SibylClient[] = [];
  const connect = async (runner: { id: string; token?: string }, options: Parameters<typeof sibylClient>[3] = {}, url = hub.hub.url): Promise<SibylClient> => {
    const client = await sibylClient(url, runner.id, runner.token, options);
    clients.push(client);
    return client;
  };
  const task = async (as: Person, body: Record<string, unknown> = {}): Promise<HubTask> => {
    const answer = await hub.call('POST', '/api/tasks', { as, body: { prompt: 'Fix the tests\nall of them', ...body } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body as HubTask;
  };

  describe('with the usual clock', () => {
    before(async () => (hub = await world()));
    after(() => hub.dispose());
    beforeEach(async () => (owner = await hub.person('member', `org-${Math.random()}`)));
    afterEach(() => clients.splice(0).forEach((client) => client.drop()));

    it('registers, lists, changes and deletes a runner', async () => {
      const answer = await hub.call('POST', '/api/runners/register', { as: owner, body: { name: 'dev', hostname: 'host', capabilities: ['gpu'], unknown: 1 } });
      assert.equal(answer.status, 200);
      assert.match(String(answer.at('graph_runner_id')), /^runner_[0-9a-f]{16}$/);
      assert.deepEqual([answer.at('max_concurrent_agents'), answer.at('current_agent_count'), answer.at('status'), answer.at('last_heartbeat')], [3, 0, 'offline', null]);
      const id = String(answer.at('id'));
      assert.equal((await hub.call('GET', '/api/runners', { as: owner })).at('total'), 1);
      assert.equal((await hub.call('GET', '/api/runners?status=online', { as: owner })).at('total'), 0);
      assert.equal((await hub.call('PATCH', `/api/runners/${id}`, { as: owner, body: { max_concurrent_agents: 7 } })).at('max_concurrent_agents'), 7);
      assert.equal((await hub.call('POST', '/api/runners/register', { as: owner, body: { name: 'x', hostname: 'h', max_concurrent_agents: 21 } })).status, 400);
      const client = await connect({ id, token: owner.token });
      await waitUntilStatus(id, 'online');
      assert.equal((await hub.call('DELETE', `/api/runners/${id}`, { as: owner })).status, 400);
      client.drop();
      await waitUntilStatus(id, 'offline');
      assert.deepEqual((await hub.call('DELETE', `/api/runners/${id}`, { as: owner })).body, { status: 'deleted', runner_id: id });
      assert.equal((await hub.call('GET', `/api/runners/${id}`, { as: owner })).status, 404);
    });

    it('renews the token of the same machine, with that very token too', async () => {
      const first = await register(hub, owner);
      const runner: Person = { ...owner, token: first.token };
      assert.equal((await register(hub, owner)).id, first.id);
      assert.equal((await register(hub, runner)).id, first.id);
      assert.equal((await register(hub, runner, { name: 'other' })).id, first.id);
      assert.equal((await hub.call('GET', '/api/tasks', { as: runner })).status, 403);
      // However it is called by now, at the hub or by its host.
      assert.equal((await hub.call('PATCH', `/api/runners/${first.id}`, { as: owner, body: { name: 'renamed', capabilities: null } })).at('name'), 'renamed');
      assert.equal((await register(hub, runner, { hostname: 'another', capabilities: null })).id, first.id);
      assert.equal((await hub.call('GET', `/api/runners/${first.id}`, { as: owner })).at('name'), 'renamed');
    });

    it('keeps other organizations out, and viewers from acting', async () => {
      const { id } = await register(hub, owner);
      const stranger = await hub.person('admin', 'strangers');
      const viewer = await hub.person('viewer', owner.orgId);
      const colleague = await hub.person('member', owner.orgId);
      for (const [method, path, body] of [['GET', ''], ['PATCH', '', { name: 'x' }], ['DELETE', ''], ['GET', '/projects']] as const) {
        assert.equal((await hub.call(method, `/api/runners/${id}${path}`, { as: stranger, body })).status, 404, `${method} ${path}`);
        assert.equal((await hub.call(method, `/api/runners/${id}${path}`, { body })).status, 401);
      }
      assert.equal((await hub.call('GET', `/api/runners/${id}`, { as: viewer })).status, 200);
      assert.equal((await hub.call('POST', '/api/runners/register', { as: viewer, body: { name: 'v', hostname: 'h' } })).status, 403);
      assert.equal((await hub.call('PATCH', `/api/runners/${id}`, { as: colleague, body: { name: 'x' } })).status, 403);
      assert.equal((await hub.call('PATCH', `/api/runners/${id}`, { as: await hub.person('admin', owner.orgId), body: { name: 'y' } })).status, 200);
      const made = await task(owner);
      assert.equal((await hub.call('GET', `/api/tasks/${made.id}`, { as: stranger })).status, 404);
      assert.equal((await hub.call('POST', `/api/tasks/${made.id}/cancel`, { as: stranger })).status, 404);
      assert.equal((await hub.call('POST', `/api/tasks/${made.id}/cancel`, { as: colleague })).status, 403);
      assert.equal((await hub.call('POST', '/api/tasks', { as: viewer, body: { prompt: 'x' } })).status, 403);
    });

    it('accepts a refused socket, and says why it closes it', async () => {
      const { id } = await register(hub, owner);
      const colleague = await hub.person('admin', owner.orgId);
      const stranger = await hub.person('member', 'strangers');
      const other = await register(hub, owner, { name: 'other' });
      for (const [runner, reason] of [
        [{ id }, 'Authentication required'],
        [{ id, token: 'nonsense' }, 'Authentication required'],
        [{ id, token: stranger.token }, 'Runner not found or not in your organization'],
        [{ id: 'none', token: owner.token }, 'Runner not found or not in your organization'],
        [{ id, token: colleague.token }, 'Not authorized for this runner'],
        [{ id, token: other.token }, 'Not authorized for this runner'],
      ] as const) {
        assert.deepEqual(await (await connect(runner)).closed, { code: 1008, reason });
      }
    });

    it('keeps the socket of a user with a new password, and closes that of one who is shut out', async () => {
      const runner = await register(hub, owner);
      const client = await connect(runner);
      await waitUntilStatus(runner.id, 'online');
      const admin = await hub.person('admin', owner.orgId);
      assert.equal((await hub.call('PATCH', `/api/users/${owner.id}`, { as: admin, body: { password: 'another password' } })).status, 200);
      client.say({ type: 'project_register', project_id: 'p', worktree_path: '/w/p' });
      await client.hear('project_registered');
      assert.equal((await hub.call('PATCH', `/api/users/${owner.id}`, { as: admin, body: { disabled: true } })).status, 200);
      assert.deepEqual(await client.closed, { code: 1008, reason: 'Authentication required' });
    });

    it('replaces the older of two sockets, whose end changes nothing', async () => {
      const runner = await register(hub, owner);
      const first = await connect(runner);
      await waitUntilStatus(runner.id, 'online');
      const second = await connect(runner);
      assert.deepEqual(await first.closed, { code: 1000, reason: 'Replaced by new connection' });
      second.say({ type: 'status', status: 'busy', agent_count: 2 });
      await waitUntilStatus(runner.id, 'busy');
    });

    it('gives a task to the runner, and keeps how it ended', async () => {
      const runner = await register(hub, owner);
      const client = await connect(runner);
      client.say({ type: 'project_register', project_id: 'p', worktree_path: '/w/p', worktree_branch: 'main' });
      assert.equal((await client.hear('project_registered'))['project_id'], 'p');
      const made = await task(owner, { project_id: 'p', agent_type: 'claude', repo_path: '/repo', timeout_seconds: 60 });
      assert.equal(made.title, 'Fix the tests');
      const assigned = await client.hear('task_assign');
      const config = assigned['config'] as Record<string, unknown>;
      assert.deepEqual([assigned['task_id'], assigned['project_id'], config['prompt'], config['agent_type'], config['task_id'], config['created_by'], config['create_worktree'], config['repo_path']], [made.id, 'p', 'Fix the tests\nall of them', 'claude', made.id, owner.id, true, '/repo']);
      client.say({ type: 'task_ack', task_id: made.id, agent_id: assigned['agent_id'] });
      await until(hub.sibyl.tasks, owner.orgId, made.id, 'acked');
      client.say({ type: 'agent_update', agent_id: assigned['agent_id'], status: 'running', progress: 40, activity: 'reading' });
      const running = await until(hub.sibyl.tasks, owner.orgId, made.id, 'running');
      assert.deepEqual([running.progress, running.activity, running.runner_name], [40, 'reading', 'dev']);
      client.say({ type: 'task_complete', task_id: made.id, result: { status: 'completed', exit_code: 0, stdout: 'done', duration_s: 2, extra: true } });
      const done = await until(hub.sibyl.tasks, owner.orgId, made.id, 'completed');
      assert.deepEqual([done.attempts, done.reason], [1, null]);
      assert.equal((await hub.call('GET', `/api/tasks/${made.id}`, { as: owner })).at('result', 'stdout'), 'done');
      assert.equal((await hub.call('GET', '/api/tasks', { as: owner })).at('tasks', 0, 'result'), null);
      assert.deepEqual((await hub.call('GET', `/api/runners/${runner.id}/projects`, { as: owner })).at(0, 'worktree_path'), '/w/p');
    });

    it('reserves a slot when it sends a task, and tells why one waits', async () => {
      const runner = await register(hub, owner, { max_concurrent_agents: 1 });
      const client = await connect(runner);
      await waitUntilStatus(runner.id, 'online');
      const [one, two] = [await task(owner), await task(owner)];
      const first = await client.hear('task_assign');
      assert.equal(first['task_id'], one.id);
      const queue = await hub.call('GET', '/api/tasks', { as: owner });
      assert.match(String((queue.at('tasks') as HubTask[]).find(({ id }) => id === two.id)?.reason), /dev: All its 1 slots are taken/);
      client.say({ type: 'task_complete', task_id: one.id, result: { status: 'completed', output: 'yes' } });
      assert.equal((await client.hear('task_assign'))['task_id'], two.id);
    });

    it('takes a rejection as no attempt: full for now, or refused for good', async () => {
      const [a, b] = [await register(hub, owner, { name: 'a' }), await register(hub, owner, { name: 'b' })];
      const [first, second] = [await connect(a), await connect(b)];
      await waitUntilStatus(a.id, 'online');
      await waitUntilStatus(b.id, 'online');
      const made = await task(owner, { preferred_runner_id: a.id });
      await first.hear('task_assign');
      first.say({ type: 'task_reject', task_id: made.id, reason: 'unknown project' });
      await second.hear('task_assign');
      assert.equal((await hub.sibyl.tasks.find(owner.orgId, made.id)).attempts, 1);
      second.say({ type: 'task_reject', task_id: made.id, reason: 'also unknown' });
      await until(hub.sibyl.tasks, owner.orgId, made.id, 'queued');
      assert.match(String((await hub.sibyl.tasks.list(owner.orgId))[0]?.reason), /a: It refused this task: unknown project b: It refused this task: also unknown/);
      const placement = await hub.call('GET', `/api/tasks/${made.id}/placement`, { as: owner });
      assert.equal(placement.at('runner_id'), null);
      const full = await task(owner, { preferred_runner_id: b.id });
      await second.hear('task_assign', (frame) => frame['task_id'] === full.id);
      second.say({ type: 'task_reject', task_id: full.id, reason: 'at_capacity' });
      await first.hear('task_assign', (frame) => frame['task_id'] === full.id);
    });

    it('cancels a task at its runner', async () => {
      const runner = await register(hub, owner);
      const client = await connect(runner);
      const made = await task(owner);
      await client.hear('task_assign');
      assert.equal((await hub.call('POST', `/api/tasks/${made.id}/cancel`, { as: owner })).at('state'), 'canceled');
      assert.equal((await client.hear('task_cancel'))['task_id'], made.id);
      client.say({ type: 'task_complete', task_id: made.id, result: { status: 'cancelled' } });
      const next = await task(owner);
      assert.equal((await client.hear('task_assign'))['task_id'], next.id);
      assert.equal((await hub.call('POST', `/api/tasks/${made.id}/cancel`, { as: owner })).status, 409);
    });

    it('answers what it cannot read, and goes on', async () => {
      const runner = await register(hub, owner);
      const client = await connect(runner);
      const bad = ['', '{', '[]', '"x"', '{"type":5}', '{"type":"task_ack"}', JSON.stringify({ type: 'status', status: 'dancing' }), Buffer.from([1, 2, 3]), JSON.stringify({ type: 'agent_update', agent_id: 'x'.repeat(1024 * 1024), status: 'running' })];
      for (const text of bad) {
        client.sayText(text);
        assert.equal(typeof (await client.hear('error'))['message'], 'string');
      }
      client.say({ type: 'never_heard_of', x: 1 });
      client.say({ type: 'status', status: 'busy', agent_count: 1, unknown: { deep: [1] } });
      await waitUntilStatus(runner.id, 'busy');
    });

    it('says hello only to who knows it, and refuses a second daemon that is another instance', async () => {
      const runner = await register(hub, owner);
      const headers = { 'x-tmux-agents-extension': '1' };
      const hello = (instance: string): unknown => ({ type: 'hello', protocol: 1, client: 'test', instance, sessions: [], tasks: [] });
      const base = await connect(runner);
      await waitUntilStatus(runner.id, 'online');
      assert.deepEqual(base.frames, []);
      const first = await connect(runner, { headers });
      await first.hear('hello');
      first.say(hello('one'));
      first.say({ type: 'status', status: 'busy', agent_count: 1 });
      await first.hear('resume');
      await waitUntilStatus(runner.id, 'busy');
      assert.equal((await base.closed).code, 1000);
      const second = await connect(runner, { headers });
      await second.hear('hello');
      second.say(hello('two'));
      assert.deepEqual(await second.closed, { code: 1008, reason: 'Runner is already connected' });
      const again = await connect(runner, { headers });
      again.say(hello('one'));
      await again.hear('resume');
      assert.equal((await first.closed).code, 1000);
    });

    const waitUntilStatus = async (id: string, status: string): Promise<void> => {
      const changes = new Emitter<string>();
      const subscription = hub.sibyl.runners.onDidChange((change) => 'runner' in change && change.runner.id === id && changes.fire(change.runner.status));
      try {
        if ((await hub.sibyl.runners.find(id))?.status !== status) await waitForEvent(changes.event, (now) => now === status, { timeoutMs: 15_000, what: `the runner to be ${status}` });
      } finally {
        subscription.dispose();
      }
    };
  });

  describe('with a fast clock', () => {
    afterEach(async () => {
      clients.splice(0).forEach((client) => client.drop());
      await hub.dispose();
    });

    it('tries again what fails, and keeps the last reason of a dead letter', async () => {
      hub = await world({ retryMs: 20 });
      owner = await hub.person();
      const client = await connect(await register(hub, owner));
      const made = await task(owner, { max_attempts: 2 });
      const first = await client.hear('task_assign');
      client.say({ type: 'task_complete', task_id: made.id, result: { status: 'failed', exit_code: 3, stderr: 'no such file\n' } });
      const second = await client.hear('task_assign');
      assert.notEqual(first['agent_id'], second['agent_id']);
      client.say({ type: 'task_complete', task_id: made.id, result: { status: 'timeout' } });
      const dead = await until(hub.sibyl.tasks, owner.orgId, made.id, 'failed');
      assert.equal(dead.reason, 'It ran out of time. That was the last of 2 attempts.');
      assert.equal((await hub.call('POST', `/api/tasks/${made.id}/retry`, { as: owner })).at('state'), 'queued');
      await client.hear('task_assign');
    });

    it('does not lose an end that came while its runner was away: of the last attempt, of a failure, with a word that was lost', async () => {
      hub = await world({ retryMs: 10, ackMs: 400, sweepMs: 50 });
      owner = await hub.person();
      const runner = await register(hub, owner);
      const headers = { 'x-tmux-agents-extension': '1' };
      const hello = (tasks: readonly string[]): unknown => ({ type: 'hello', protocol: 1, client: 'test', instance: 'one', sessions: [], tasks });
      const first = await connect(runner, { headers });
      first.say(hello([]));
      const [done, failed] = [await task(owner, { max_attempts: 1 }), await task(owner, { max_attempts: 1 })];
      for (const one of [done, failed]) await first.hear('task_assign', (frame) => frame['task_id'] === one.id);
      // Taken, but the word of it never arrives.
      first.drop();
      const back = await connect(runner, { headers });
      back.say(hello([done.id, failed.id]));
      await until(hub.sibyl.tasks, owner.orgId, done.id, 'acked');
      back.say({ type: 'task_complete', task_id: done.id, result: { status: 'completed', stdout: 'here' } });
      back.say({ type: 'task_complete', task_id: failed.id, result: { status: 'failed', exit_code: 7, stderr: 'no\u0000nul\u001b[31m' } });
      assert.equal((await until(hub.sibyl.tasks, owner.orgId, done.id, 'completed')).result?.stdout, 'here');
      const dead = await until(hub.sibyl.tasks, owner.orgId, failed.id, 'failed');
      assert.deepEqual([dead.result?.exit_code, dead.reason], [7, 'It failed with exit code 7: no nul [31m.']);
    });

    it('takes the end of a task only from a runner that had it', async () => {
      hub = await world();
      owner = await hub.person();
      const made = await task(owner, { required_capabilities: ['none has it'] });
      const liar = await hub.person('member', owner.orgId);
      const client = await connect(await register(hub, liar, { name: 'liar' }));
      client.say({ type: 'task_complete', task_id: made.id, result: { status: 'completed', output: 'forged' } });
      client.say({ type: 'project_register', project_id: 'after', worktree_path: '/w' });
      await client.hear('project_registered');
      assert.deepEqual([(await hub.sibyl.tasks.find(owner.orgId, made.id)).state, (await hub.sibyl.tasks.find(owner.orgId, made.id)).result], ['queued', null]);
    });

    it('tries again what a runner of the base protocol came back without', async () => {
      hub = await world({ heartbeatMs: 50, offlineMs: 5_000, graceMs: 200, sweepMs: 50, retryMs: 10 });
      owner = await hub.person();
      const runner = await register(hub, owner);
      const first = await connect(runner);
      const made = await task(owner);
      const assigned = await first.hear('task_assign');
      first.say({ type: 'task_ack', task_id: made.id, agent_id: assigned['agent_id'] });
      await until(hub.sibyl.tasks, owner.orgId, made.id, 'acked');
      first.drop();
      const back = await connect(runner);
      back.say({ type: 'status', status: 'online', agent_count: 0 });
      assert.equal((await back.hear('task_assign'))['task_id'], made.id);
    });

    it('closes a socket whose token has run out, for the runner to come again', async () => {
      hub = await world({ renewMs: 50 });
      owner = await hub.person();
      const { id } = await register(hub, owner);
      const client = await connect({ id, token: await hub.hub.base.identity.issueRunnerToken({ id, orgId: owner.orgId, userId: owner.id, name: 'dev' }, 3000) });
      assert.equal((await client.closed).code, 1013);
    });

    it('gives a task that is not acknowledged to somebody else', async () => {
      hub = await world({ ackMs: 300, sweepMs: 50 });
      owner = await hub.person();
      const [a, b] = [await register(hub, owner, { name: 'a' }), await register(hub, owner, { name: 'b', max_concurrent_agents: 1 })];
      const deaf = await connect(a);
      const made = await task(owner, { preferred_runner_id: a.id });
      await deaf.hear('task_assign');
      await hub.call('PATCH', `/api/runners/${a.id}`, { as: owner, body: { capabilities: [] } });
      deaf.say({ type: 'status', status: 'draining', agent_count: 0 });
      const client = await connect(b);
      assert.equal((await client.hear('task_assign'))['task_id'], made.id);
    });

    it('closes a socket that answers no heartbeat, and gives its task to another after the grace', async () => {
      hub = await world({ heartbeatMs: 50, offlineMs: 150, graceMs: 200, sweepMs: 50, retryMs: 10 });
      owner = await hub.person();
      const [a, b] = [await register(hub, owner, { name: 'a' }), await register(hub, owner, { name: 'b' })];
      const silent = await connect(a, { deaf: true });
      const made = await task(owner);
      const assigned = await silent.hear('task_assign');
      silent.say({ type: 'task_ack', task_id: made.id, agent_id: assigned['agent_id'] });
      await waitFor(silent.closed, { timeoutMs: 10_000, what: 'the end of the socket' });
      const client = await connect(b);
      const again = await client.hear('task_assign');
      assert.equal(again['task_id'], made.id);
    });

    it('keeps the queue over a restart of the hub, and what a runner did meanwhile', async () => {
      const dataFolder = mkdtempSync(join(tmpdir(), 'tmux-agents-hub-'));
      hub = await world({}, { dataFolder });
      owner = await hub.person();
      const runner = await register(hub, owner, { max_concurrent_agents: 1 });
      const client = await connect(runner);
      const [one, two] = [await task(owner), await task(owner)];
      const assigned = await client.hear('task_assign');
      client.say({ type: 'task_ack', task_id: one.id, agent_id: assigned['agent_id'] });
      await until(hub.sibyl.tasks, owner.orgId, one.id, 'acked');
      await hub.dispose();
      assert.equal((await client.closed).code, 1001);
      hub = await world({}, { dataFolder });
      assert.deepEqual((await hub.sibyl.tasks.list(owner.orgId)).map(({ id, state }) => [id, state]), [[two.id, 'queued'], [one.id, 'acked']]);
      const back = await connect(runner);
      back.say({ type: 'task_complete', task_id: one.id, result: { status: 'completed', output: 'done meanwhile' } });
      assert.equal((await back.hear('task_assign'))['task_id'], two.id);
      assert.equal((await hub.sibyl.tasks.find(owner.orgId, one.id)).result?.output, 'done meanwhile');
      rmSync(dataFolder, { recursive: true, force: true });
    });

    it('tells a runner of ours that comes back what to stop, and tries again what it has lost', async () => {
      hub = await world({ retryMs: 10 });
      owner = await hub.person();
      const runner = await register(hub, owner);
      const headers = { 'x-tmux-agents-extension': '1' };
      const hello = (tasks: readonly string[]): unknown => ({ type: 'hello', protocol: 1, client: 'test', instance: 'one', sessions: [], tasks });
      const first = await connect(runner, { headers });
      first.say(hello([]));
      const [kept, lost, canceled] = [await task(owner), await task(owner), await task(owner)];
      for (const one of [kept, lost, canceled]) {
        const assigned = await first.hear('task_assign', (frame) => frame['task_id'] === one.id);
        first.say({ type: 'task_ack', task_id: one.id, agent_id: assigned['agent_id'] });
        await until(hub.sibyl.tasks, owner.orgId, one.id, 'acked');
      }
      first.drop();
      await hub.sibyl.tasks.cancel({ userId: owner.id, name: owner.name, orgId: owner.orgId, role: 'member', via: 'bearer' }, canceled.id);
      const back = await connect(runner, { headers });
      back.say(hello([kept.id, canceled.id]));
      assert.equal((await back.hear('task_cancel'))['task_id'], canceled.id);
      assert.equal((await back.hear('task_assign'))['task_id'], lost.id);
      assert.equal((await hub.sibyl.tasks.find(owner.orgId, kept.id)).state, 'acked');
      back.say({ type: 'task_complete', task_id: kept.id, result: { status: 'completed' } });
      assert.equal((await back.hear('result_ack'))['task_id'], kept.id);
    });
  });

  describe('over two processes with one PostgreSQL', () => {
    let server: PostgresServer;
    before(async function () {
      this.timeout(90_000);
      server = await needsPostgres(this);
    });
    after(async () => server?.dispose());

    it('places a task of the one at a runner of the other, asks it, and replaces its socket', async () => {
      const databaseUrl = await server.database();
      const jwtSecret = 'a secret of the tests';
      hub = await world({}, { databaseUrl, jwtSecret });
      const other = await world({}, { databaseUrl, jwtSecret });
      try {
        owner = await hub.person();
        const runner = await register(hub, owner);
        const headers = { 'x-tmux-agents-extension': '1' };
        const client = await connect(runner, { headers }, other.hub.url);
        client.say({ type: 'hello', protocol: 1, client: 'test', instance: 'one', sessions: [], tasks: [] });
        await client.hear('resume');
        const made = await task(owner);
        assert.equal((await client.hear('task_assign'))['task_id'], made.id);
        client.say({ type: 'task_complete', task_id: made.id, result: { status: 'completed' } });
        await until(hub.sibyl.tasks, owner.orgId, made.id, 'completed');
        const asked = hub.sibyl.runners.request(runner.id, 's', { method: 'queue' }, 'me');
        const request = await client.hear('request');
        client.say({ type: 'response', id: request['id'], ok: true, result: [{ id: '1', text: 'x', at: 1 }] });
        assert.deepEqual(await asked, [{ id: '1', text: 'x', at: 1 }]);
        const moved = await connect(runner, { headers });
        moved.say({ type: 'hello', protocol: 1, client: 'test', instance: 'one', sessions: [], tasks: [] });
        await moved.hear('resume');
        assert.equal((await client.closed).code, 1000);
        const next = await task(owner);
        assert.equal((await moved.hear('task_assign'))['task_id'], next.id);
      } finally {
        clients.splice(0).forEach((one) => one.drop());
        await Promise.all([hub.dispose(), other.dispose()]);
      }
    });
  });
});
