// What runners say of tasks, and what people decide of them, as steps of the tasks' lives; everything that changed is told.
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { TaskResult } from '../../protocol/hubWire/sibylFrames.ts';
import type { Connections } from './connections.ts';
import type { RunnerRef } from '../parts.ts';
import { restOf, type TaskRow } from './rows.ts';
import type { RunnerStore } from './runnerStore.ts';
import type { TaskStore } from './taskStore.ts';
import type { SibylTimers } from './timers.ts';

/** A canceled task is canceled again at a runner that comes back within this, in ms. */
const CANCEL_AGAIN_MS = 7 * 24 * 3600_000;
/** Rejections that pass by themselves: no refusal of this very task. */
const PASSING = new Set(['at_capacity', 'runner_draining']);
const FULL_AGAIN_MS = 1000;

export interface TaskLifeParts {
  readonly tasks: TaskStore;
  readonly runners: RunnerStore;
  readonly connections: Connections;
  readonly timers: SibylTimers;
  readonly log: Log;
  /** The row changed. */
  readonly changed: (task: TaskRow) => void;
  /** A slot may be free, or a task may wait: look for places. */
  readonly wake: () => void;
}

export class TaskLife {
  readonly #parts: TaskLifeParts;

  constructor(parts: TaskLifeParts) {
    this.#parts = parts;
  }

  async acked(runnerId: string, taskId: string): Promise<void> {
    const task = await this.#ofRunner(runnerId, taskId);
    if (task !== undefined) this.#told(await this.#parts.tasks.acked(task));
  }

  async rejected(runnerId: string, taskId: string, reason: string): Promise<void> {
    const { tasks, runners } = this.#parts;
    const task = await this.#ofRunner(runnerId, taskId);
    if (task === undefined) return;
    const passing = PASSING.has(reason);
    if (reason === 'at_capacity') runners.full(runnerId);
    await runners.release(runnerId);
    this.#told(await tasks.putBack(task, { reason: passing ? `The runner said: ${reason}.` : reason, counts: false, refusedBy: passing ? undefined : runnerId, notBefore: passing ? Date.now() + FULL_AGAIN_MS : undefined }));
    this.#parts.wake();
  }

  async progress(runnerId: string, agentId: string, progress: number | null, activity: string | null): Promise<void> {
    const task = (await this.#parts.tasks.activeOf(runnerId)).find((active) => active.agent_id === agentId);
    if (task !== undefined) this.#told(await this.#parts.tasks.running(task, progress, activity === null ? null : plain(activity)));
  }

  /** Idempotent: resolves once the result is on disk, or is of no use. Throws the database's faults: it is to be sent again then. */
  async finished(runner: Pick<RunnerRef, 'id' | 'orgId'>, taskId: string, result: TaskResult): Promise<void> {
    const { id: runnerId, orgId } = runner;
    const { tasks, runners, timers, log } = this.#parts;
    const task = await tasks.find(taskId);
    const had = task?.org_id === orgId && (task.runner_id === runnerId || restOf(task).tried?.includes(runnerId) === true);
    if (task === undefined || !had) return log.info(`Runner ${runnerId} told the end of a task that it never had.`);
    const own = task.runner_id === runnerId;
    if (task.state === 'canceled') return own ? await tasks.keepResult(task, result) : undefined;
    if (!own && (task.runner_id !== null || result.status !== 'completed')) return log.info(`A late result of task ${taskId} was put aside: another runner has it.`);
    const changed = result.status === 'completed' ? await tasks.completed(task, result) : await tasks.failed(task, reasonOf(result), result, timers.retryMs);
    if (changed === undefined) return;
    if (own) await runners.release(runnerId);
    this.#told(changed);
    this.#parts.wake();
  }

  /** A runner is here (again): what it was to stop is told it again; `has`, of our own runners, says which tasks it still knows. */
  async runnerCame(runnerId: string, has: readonly string[] | undefined): Promise<void> {
    const { tasks, connections } = this.#parts;
    const canceled = await tasks.canceledOf(runnerId, Date.now() - CANCEL_AGAIN_MS);
    for (const task_id of canceled) await connections.send(runnerId, { type: 'task_cancel', task_id });
    if (has === undefined) return;
    const active = await tasks.activeOf(runnerId);
    const known = new Set(has);
    for (const task of active) {
      // Its word that it took the task may have been lost with the socket.
      if (known.has(task.id)) this.#told(await tasks.acked(task));
      else if (task.state !== 'dispatched') await this.lost(task, 'The runner came back without it.');
    }
    // Placed elsewhere, or ended, while it was away.
    const mine = new Set(active.map(({ id }) => id));
    for (const task_id of has) if (!mine.has(task_id) && !canceled.includes(task_id) && (await tasks.find(task_id))?.runner_id !== runnerId) await connections.send(runnerId, { type: 'task_cancel', task_id });
  }

  /** A runner of the base protocol says that it has no agents, and has been back for long: what it was given before it came is lost. */
  async idle(runnerId: string, since: number): Promise<void> {
    for (const task of await this.#parts.tasks.activeOf(runnerId)) if ((task.dispatched_at ?? 0) < since) await this.lost(task, 'The runner came back without it.');
  }

  /** An attempt that ends without a result. */
  async lost(task: TaskRow, reason: string): Promise<void> {
    const changed = await this.#parts.tasks.failed(task, reason, undefined, this.#parts.timers.retryMs);
    if (changed !== undefined && task.runner_id !== null) await this.#parts.runners.release(task.runner_id);
    this.#told(changed);
    this.#parts.wake();
  }

  /** At once; its runner is told, now or when it comes back. Undefined: it has ended already. */
  async cancel(task: TaskRow, by: string): Promise<TaskRow | undefined> {
    const { tasks, connections, runners, log } = this.#parts;
    const canceled = await tasks.canceled(task, `Canceled by ${by}.`);
    if (canceled === undefined) return undefined;
    if (task.runner_id !== null) {
      await runners.release(task.runner_id);
      await connections.send(task.runner_id, { type: 'task_cancel', task_id: task.id }).catch((error: unknown) => log.warn(`A cancel was not sent: ${messageOf(error)}`));
    }
    this.#told(canceled);
    this.#parts.wake();
    return canceled;
  }

  /** What is overdue: tasks that were never acknowledged, and tasks of runners that stay away. */
  async sweep(now: number): Promise<void> {
    const { tasks, runners, timers } = this.#parts;
    for (const task of await tasks.unacknowledged(now - timers.ackMs)) {
      const back = task.attempts >= task.max_attempts ? await tasks.failed(task, 'No runner acknowledged it.', undefined, timers.retryMs) : await tasks.putBack(task, { reason: `The runner did not acknowledge it within ${timers.ackMs / 1000} s.`, counts: true });
      if (back !== undefined && task.runner_id !== null) {
        await runners.release(task.runner_id);
        // It may have taken the task and not been heard.
        await this.#parts.connections.send(task.runner_id, { type: 'task_cancel', task_id: task.id });
      }
      this.#told(back);
    }
    for (const task of await tasks.orphaned(now - timers.graceMs)) await this.lost(task, `The runner was lost for more than ${timers.graceMs / 1000} s.`);
  }

  async #ofRunner(runnerId: string, taskId: string): Promise<TaskRow | undefined> {
    const task = await this.#parts.tasks.find(taskId);
    return task?.runner_id === runnerId ? task : undefined;
  }

  #told(task: TaskRow | undefined): void {
    if (task !== undefined) this.#parts.changed(task);
  }
}

/** A sentence of why an attempt failed. */
function reasonOf(result: TaskResult): string {
  const told = plain(result.error ?? result.stderr?.trim().split('\n').at(-1) ?? result.output ?? '').trim().slice(0, 500);
  const what = result.status === 'timeout' ? 'It ran out of time' : result.status === 'cancelled' ? 'The runner canceled it' : typeof result.exit_code === 'number' ? `It failed with exit code ${result.exit_code}` : 'It failed';
  return told === '' ? `${what}.` : `${what}: ${told}${/[.!?]$/.test(told) ? '' : '.'}`;
}

/** Without control characters: PostgreSQL keeps no NUL, and nobody reads the others. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ');
}
