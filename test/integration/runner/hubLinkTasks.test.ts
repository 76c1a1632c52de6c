import assert from 'node:assert/strict';
import { HubLink } from '../../../src/runner/hubLink/hubLink.ts';
import { JournalFleet } from '../../support/journalFleet.ts';
import { SibylServer, type SibylOptions } from '../../support/sibylServer.ts';
import { TestTasks } from '../../support/testTasks.ts';

const timers = { firstMs: 50, longestMs: 200, provenMs: 100, gatherMs: 5, rowsMs: 5 };

describe("a hub link's tasks", () => {
  let fleet: JournalFleet;
  let tasks: TestTasks;
  let link: HubLink;
  let server: SibylServer;

  beforeEach(() => {
    fleet = new JournalFleet();
    tasks = new TestTasks();
  });
  afterEach(async () => {
    link.dispose();
    await server.close();
    await fleet.end();
  });

  async function connect(options: SibylOptions): Promise<void> {
    server = await SibylServer.open(options);
    link = new HubLink({ serverUrl: `${server.url}/`, runnerId: 'r-1', token: 't', fleet, tasks, timers });
    link.start();
    await server.connected();
  }

  const assign = (taskId: string): void => server.runner.send({ type: 'task_assign', task_id: taskId, agent_id: `a-${taskId}`, project_id: null, config: { prompt: 'do it', agent_type: 'claude_code', extra: 1 }, extra: 2 });
  const results = (): string[] => server.sockets.flatMap(({ frames }) => frames).flatMap((frame) => (frame.type === 'task_complete' ? [frame.task_id] : []));

  for (const extension of [false, true]) {
    const hub = extension ? 'a hub that speaks the extension' : 'a base hub';

    it(`with ${hub}: status, assignment, progress, project, cancellation`, async () => {
      await connect({ extension });
      await server.frame('status', ({ status, agent_count: count }) => status === 'online' && count === 0);
      assign('t-1');
      assert.equal((await server.frame('task_ack')).agent_id, 'a-t-1');
      assert.deepEqual(tasks.assigned, [{ taskId: 't-1', agentId: 'a-t-1', projectId: undefined, config: { prompt: 'do it', agent_type: 'claude_code' } }]);
      tasks.become({ status: 'busy', agentCount: 1 });
      tasks.statuses.fire();
      await server.frame('status', ({ status, agent_count: count }) => status === 'busy' && count === 1);
      tasks.progress.fire({ agentId: 'a-t-1', status: 'running', progress: 49.6, activity: 'testing' });
      assert.equal((await server.frame('agent_update')).progress, 50);
      tasks.projects.fire({ projectId: 'p', worktreePath: '/w', worktreeBranch: 'b' });
      await server.frame('project_register', ({ project_id: id }) => id === 'p');
      tasks.refuse = 'runner_draining';
      assign('t-2');
      assert.equal((await server.frame('task_reject')).reason, 'runner_draining');
      server.runner.send({ type: 'task_cancel', task_id: 't-1' });
      server.runner.send({ type: 'project_registered', project_id: 'p' });
      server.runner.send({ type: 'error', message: 'a complaint' });
      server.beat();
      await server.frame('heartbeat_ack');
      assert.deepEqual(tasks.cancelled, ['t-1']);
      assert.equal(server.runner.frames.filter(({ type }) => type === 'status').length, 2);
      // Again on the next connection.
      server.runner.socket.terminate();
      await server.connected(2);
      await server.until(() => server.sockets[1]?.frames.some(({ type }) => type === 'project_register'), 'the project again');
      await server.until(() => server.sockets[1]?.frames.some((frame) => frame.type === 'status' && frame.status === 'busy'), 'the status again');
      assert.deepEqual(server.faults, []);
    });
  }

  it('sends results in the order of their ends, and again until they are acknowledged', async () => {
    for (const id of ['t-3', 't-1', 't-2']) tasks.finish(id, { stdout: id });
    server = await SibylServer.open();
    server.acksResults = false;
    link = new HubLink({ serverUrl: server.url, runnerId: 'r-1', token: 't', fleet, tasks, timers });
    link.start();
    await server.until(() => results().length === 3, 'the results');
    assert.deepEqual(results(), ['t-3', 't-1', 't-2']);
    server.runner.send({ type: 'result_ack', task_id: 't-1' });
    server.runner.send({ type: 'result_ack', task_id: 't-nobody' });
    server.beat();
    await server.frame('heartbeat_ack');
    assert.deepEqual(tasks.arrived, ['t-1', 't-nobody']);
    server.acksResults = true;
    server.runner.socket.terminate();
    tasks.finish('t-4');
    await server.until(() => results().length === 6, 'the results again');
    assert.deepEqual(results().slice(3), ['t-3', 't-2', 't-4']);
    await server.until(() => (server.beat(), tasks.results().length === 0), 'the acknowledgements');
    tasks.finish('t-5');
    await server.until(() => results().length === 7, 'one more');
    assert.equal(results()[6], 't-5');
  });

  it('takes a later heartbeat of a base hub for the acknowledgement', async () => {
    await connect({ extension: false, heartbeatMs: 50 });
    tasks.finish('t-1');
    await server.frame('task_complete');
    assert.deepEqual(tasks.arrived, [], 'a heartbeat that crossed it tells nothing');
    await server.until(() => tasks.arrived.length === 1, 'the delivery');
    assert.deepEqual(results(), ['t-1']);
    // One that goes down with its socket is sent again.
    tasks.finish('t-2');
    await server.until(() => results().includes('t-2'), 'the second');
    server.runner.socket.terminate();
    await server.until(() => results().length === 3, 'the second again');
    assert.deepEqual(results(), ['t-1', 't-2', 't-2']);
  });

  it('sends a base hub nothing but base frames', async () => {
    await fleet.add('s-1');
    await connect({ extension: false });
    fleet.write('s-1', 10);
    fleet.change('s-1', { title: 'new' });
    server.runner.send({ type: 'request', id: '1', session_id: 's-1', request: { method: 'kill' }, by: 'x' });
    server.beat();
    await server.frame('heartbeat_ack');
    assert.deepEqual([...new Set(server.runner.frames.map(({ type }) => type))], ['status', 'heartbeat_ack']);
    assert.deepEqual(fleet.requests, []);
  });

  it('cuts a result that no frame holds, at its beginning', async () => {
    await connect({});
    tasks.finish('t-1', { stdout: `${'\u0001'.repeat(900_000)}END`, stderr: 'é'.repeat(2_000_000), exit_code: 3 });
    const { result } = await server.frame('task_complete');
    assert.deepEqual([result.exit_code, result.stdout?.endsWith('END')], [3, true]);
    assert.deepEqual(server.faults, []);
  });
});
