// Tasks as people have them: created, looked at with the reason why they wait, canceled, tried again.
import { AgentsError } from '../../base/errors.ts';
import type { Event } from '../../base/event.ts';
import type { HubTask } from '../../protocol/hubWire/hubRest.ts';
import type { HubBase, Principal, Tasks } from '../parts.ts';
import { candidatesOf, wishOf, wishOfNew } from './fleet.ts';
import { taskOf, wholeTaskOf, type TaskRow } from './rows.ts';
import type { RunnerStore } from './runnerStore.ts';
import { choose, placementOf, scoreAll } from './scoring.ts';
import type { TaskLife } from './taskLife.ts';
import type { TaskStore } from './taskStore.ts';

export interface TasksParts {
  readonly base: HubBase;
  readonly store: RunnerStore;
  readonly tasks: TaskStore;
  readonly life: TaskLife;
  readonly wake: () => void;
  readonly offlineMs: number;
  readonly staleMs: number;
  readonly onDidChange: Event<{ readonly orgId: string; readonly task: HubTask }>;
}

export function openTasks(parts: TasksParts): Tasks {
  const { base, store, tasks, life, wake, offlineMs, staleMs } = parts;

  const named = async (row: TaskRow): Promise<HubTask> => wholeTaskOf(row, row.runner_id === null ? null : ((await store.find(row.runner_id))?.name ?? null));

  const own = async (orgId: string, taskId: string): Promise<TaskRow> => {
    const task = await tasks.find(taskId);
    if (task?.org_id !== orgId) throw new AgentsError('not-found', `There is no task ${taskId}.`);
    return task;
  };

  /** Its creator, its runner's owner, or an admin. */
  const mayDecide = async (by: Principal, task: TaskRow): Promise<void> => {
    if (by.role === 'admin' || (by.role === 'member' && task.created_by === by.userId)) return;
    if (by.role === 'member' && task.runner_id !== null && (await store.find(task.runner_id))?.user_id === by.userId) return;
    throw new AgentsError('policy-denied', 'Only who made this task, the owner of its runner, or an admin may do that.');
  };

  return {
    onDidChange: parts.onDidChange,
    create: async (by, task) => {
      if (task.preferred_runner_id !== undefined && (await store.find(task.preferred_runner_id))?.org_id !== by.orgId) throw new AgentsError('bad-input', 'The preferred runner is not registered here.');
      const row = await tasks.create(by, task);
      base.audit.note({ by, orgId: by.orgId, action: 'task.created', target: row.id, detail: { title: row.title, project: row.project_id } });
      base.bus.publish('sibyl.task', { orgId: by.orgId, task: taskOf(row, null) });
      wake();
      return wholeTaskOf(row, null);
    },
    list: async (orgId) => {
      const rows = await tasks.ofOrg(orgId);
      const waiting = rows.some(({ state }) => state === 'queued' || state === 'retry');
      const candidates = await candidatesOf(store, orgId, Date.now(), offlineMs);
      const names = new Map(candidates.map(({ id, name }) => [id, name]));
      return rows.map((row) => {
        const task = taskOf(row, row.runner_id === null ? null : (names.get(row.runner_id) ?? null));
        if (!waiting || (row.state !== 'queued' && row.state !== 'retry')) return task;
        // Why it waits is told as it is now.
        const { best, reason } = choose(scoreAll(candidates, wishOf(row), Date.now(), staleMs));
        const due = row.not_before !== null && row.not_before > Date.now() ? ` It is tried again at ${new Date(row.not_before).toISOString()}.` : '';
        const now = best === undefined ? reason : due;
        return { ...task, reason: row.state === 'retry' ? `${row.reason ?? ''} ${now}`.trim() : now === '' ? row.reason : now.trim() };
      });
    },
    find: async (orgId, taskId) => await named(await own(orgId, taskId)),
    placement: async (orgId, taskId) => {
      const task = await own(orgId, taskId);
      return placementOf(scoreAll(await candidatesOf(store, orgId, Date.now(), offlineMs, task.project_id), wishOf(task), Date.now(), staleMs));
    },
    preview: async (orgId, task) => placementOf(scoreAll(await candidatesOf(store, orgId, Date.now(), offlineMs, task.project_id), wishOfNew(task), Date.now(), staleMs)),
    cancel: async (by, taskId) => {
      const task = await own(by.orgId, taskId);
      await mayDecide(by, task);
      const canceled = await life.cancel(task, by.name);
      if (canceled === undefined) throw new AgentsError('invalid-transition', `A task that is ${task.state} cannot be canceled.`);
      base.audit.note({ by, orgId: by.orgId, action: 'task.canceled', target: taskId });
      return await named(canceled);
    },
    retry: async (by, taskId) => {
      const task = await own(by.orgId, taskId);
      await mayDecide(by, task);
      const again = await tasks.again(task);
      if (again === undefined) throw new AgentsError('invalid-transition', `Only a task that failed or was canceled can be tried again; this one is ${task.state}.`);
      base.audit.note({ by, orgId: by.orgId, action: 'task.retried', target: taskId });
      base.bus.publish('sibyl.task', { orgId: by.orgId, task: taskOf(again, null) });
      wake();
      return wholeTaskOf(again, null);
    },
  };
}
