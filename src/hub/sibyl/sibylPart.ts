// Sibyl's side of the hub, put together: runners with their sockets, tasks with their lives, and the routes of both.
import { AgentsError, messageOf } from '../../base/errors.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import type { HubTask } from '../../protocol/hubWire/hubRest.ts';
import type { Runner } from '../../protocol/hubWire/sibylRest.ts';
import type { HubBase, Runners, SessionIntake, Tasks } from '../parts.ts';
import { Connections } from './connections.ts';
import { Dispatcher } from './dispatcher.ts';
import { openRunnerDoor } from './runnerDoor.ts';
import { runnerRoutes } from './runnerRoutes.ts';
import { RunnerStore } from './runnerStore.ts';
import { runnerOf, taskOf, type RunnerRow, type TaskRow } from './rows.ts';
import { TaskLife } from './taskLife.ts';
import { taskRoutes } from './taskRoutes.ts';
import { TaskStore } from './taskStore.ts';
import { openTasks } from './tasks.ts';
import { sibylTimers, type SibylTimers } from './timers.ts';

export interface SibylPart {
  readonly runners: Runners;
  readonly tasks: Tasks;
  dispose(): Promise<void>;
}

type RunnerChange = { readonly orgId: string; readonly runner: Runner } | { readonly orgId: string; readonly gone: string };

/** Registers its routes and its socket; places what waited over a restart. Throws the database's faults. */
export async function openSibyl(base: HubBase, intake: SessionIntake, timers: SibylTimers = sibylTimers): Promise<SibylPart> {
  const { database, bus, log } = base;
  const owned = new DisposableStore();
  const store = new RunnerStore(database);
  const taskStore = new TaskStore(database);
  const connections = new Connections(bus, store);
  const { offlineMs } = timers;

  // Changes go over the bus, so that every process hears of all of them.
  const runnerChanges = new Emitter<RunnerChange>();
  const taskChanges = new Emitter<{ readonly orgId: string; readonly task: HubTask }>();
  owned.add(bus.subscribe('sibyl.runner', (change) => runnerChanges.fire(change as RunnerChange)));
  owned.add(bus.subscribe('sibyl.task', (change) => taskChanges.fire(change as { orgId: string; task: HubTask })));
  owned.add(bus.subscribe('sibyl.wake', () => dispatcher.wake()));
  const runnerChanged = (row: RunnerRow): void => bus.publish('sibyl.runner', { orgId: row.org_id, runner: runnerOf(row, Date.now(), offlineMs) });
  const runnerChangedById = (id: string): void => void store.find(id).then((row) => row !== undefined && runnerChanged(row), (error: unknown) => log.debug(messageOf(error)));
  const taskChanged = (row: TaskRow): void => {
    const tell = (name: string | null): void => bus.publish('sibyl.task', { orgId: row.org_id, task: taskOf(row, name) });
    if (row.runner_id === null) tell(null);
    else store.find(row.runner_id).then((runner) => tell(runner?.name ?? null), (error: unknown) => log.debug(messageOf(error)));
  };

  const dispatcher: Dispatcher = owned.add(new Dispatcher({ tasks: taskStore, runners: store, connections, timers, log, changed: taskChanged, runnerChanged: runnerChangedById }));
  const wake = (): void => dispatcher.wake();
  const life = new TaskLife({ tasks: taskStore, runners: store, connections, timers, log, changed: taskChanged, wake });
  const tasks = openTasks({ base, store, tasks: taskStore, life, wake, offlineMs, staleMs: timers.staleMs, onDidChange: taskChanges.event });

  const runners: Runners = {
    list: async (orgId) => (await store.ofOrg(orgId)).map((row) => runnerOf(row, Date.now(), offlineMs)),
    find: async (id) => {
      const row = await store.find(id);
      return row === undefined ? undefined : { ...runnerOf(row, Date.now(), offlineMs), org_id: row.org_id, user_id: row.user_id };
    },
    request: (runnerId, sessionId, request, by) => connections.request(runnerId, sessionId, request, by),
    terminal: (runnerId, frame) => void connections.send(runnerId, frame).catch((error: unknown) => log.debug(messageOf(error))),
    onDidChange: runnerChanges.event,
    register: async (owner, { runnerId, ...about }) => {
      const known = runnerId === undefined ? undefined : await store.register(owner, { ...about, version: null, only: runnerId });
      const registered = known ?? (await store.register(owner, { ...about, version: null }));
      if (registered === undefined) throw new AgentsError('internal', 'The runner was not registered.');
      const { row } = registered;
      runnerChanged(row);
      return { runner: runnerOf(row, Date.now(), offlineMs), token: await base.identity.issueRunnerToken({ id: row.id, orgId: row.org_id, userId: row.user_id, name: row.name }) };
    },
  };

  const gone = (rows: readonly RunnerRow[]): void => {
    for (const row of rows) runnerChanged(row);
  };
  // With SQLite this process is the only one: whoever was connected is so no more.
  if (base.options.databaseUrl === undefined) await store.processGone();
  owned.add(bus.onDidLose((processId) => void store.processGone(processId).then(gone, (error: unknown) => log.warn(`The runners of a process that is gone were not marked: ${messageOf(error)}`))));
  const sweep = setInterval(() => {
    const now = Date.now();
    const living = connections.all().map(({ connectionId }) => connectionId);
    const idle = connections.all().filter(({ extended, agents, connectedAt }) => !extended && agents === 0 && now - connectedAt > timers.graceMs);
    store.silent(now - offlineMs - timers.heartbeatMs, living).then(gone).then(() => Promise.all(idle.map(({ runnerId, connectedAt }) => life.idle(runnerId, connectedAt)))).then(() => life.sweep(now)).then(wake).catch((error: unknown) => log.warn(`What is overdue was not looked at: ${messageOf(error)}`));
  }, timers.sweepMs);

  runnerRoutes({ base, store, connections, timers, changed: runnerChanged, removed: (row) => bus.publish('sibyl.runner', { orgId: row.org_id, gone: row.id }) });
  taskRoutes(base, tasks);
  owned.add(openRunnerDoor(base, { store, life, intake, connections, timers, changed: runnerChanged, gone: (row) => gone([row]), wake }));
  wake();

  return {
    runners,
    tasks,
    dispose: async () => {
      clearInterval(sweep);
      connections.dispose();
      owned.dispose();
      runnerChanges.dispose();
      taskChanges.dispose();
      // Those that it held are offline from now on, not only once their silence is noticed.
      await store.processGone(bus.processId).catch((error: unknown) => log.debug(messageOf(error)));
    },
  };
}
