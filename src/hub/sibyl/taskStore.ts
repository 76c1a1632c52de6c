// The tasks' rows, and each step of their lives as one statement that holds only from the state it begins in: no two processes take the same step.
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { NewTask } from '../../protocol/hubWire/hubRest.ts';
import type { TaskResult } from '../../protocol/hubWire/sibylFrames.ts';
import type { Database } from '../store/tables.ts';
import { ACTIVE } from './runnerStore.ts';
import { restOf, type TaskRest, type TaskRow } from './rows.ts';

const WAITING = ['queued', 'retry'] as const;
/** The title of a task that has none. */
const TITLE_CHARACTERS = 100;
/** Runners that a task is remembered to have been with. */
const TRIED = 50;
/** A task's retry waits twice as long each time, up to this. */
const LONGEST_RETRY_MS = 5 * 60_000;

export class TaskStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(by: { readonly orgId: string; readonly userId: string }, task: NewTask): Promise<TaskRow> {
    const now = Date.now();
    const { repo_path, branch, command, create_worktree, timeout_seconds } = task;
    const rest: TaskRest = { ...(repo_path === undefined ? {} : { repo_path }), ...(branch === undefined ? {} : { branch }), ...(command === undefined ? {} : { command }), create_worktree, ...(timeout_seconds === undefined ? {} : { timeout_seconds }) };
    return await this.#database
      .insertInto('tasks')
      .values({
        id: randomUUID(),
        org_id: by.orgId,
        created_by: by.userId,
        title: task.title === undefined || task.title === '' ? (task.prompt.split('\n', 1)[0] ?? '').slice(0, TITLE_CHARACTERS) : task.title,
        prompt: task.prompt,
        project_id: task.project_id ?? null,
        agent_type: task.agent_type ?? null,
        required_capabilities: JSON.stringify(task.required_capabilities),
        preferred_runner_id: task.preferred_runner_id ?? null,
        config: JSON.stringify(rest),
        state: 'queued',
        attempts: 0,
        max_attempts: task.max_attempts,
        created_at: now,
        updated_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async find(id: string): Promise<TaskRow | undefined> {
    return await this.#database.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** The newest first. */
  async ofOrg(orgId: string, limit = 500): Promise<readonly TaskRow[]> {
    return await this.#database.selectFrom('tasks').selectAll().where('org_id', '=', orgId).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  }

  /** Those that wait for a runner, the oldest first, after a given one. */
  async waiting(now: number, after: { readonly created_at: number; readonly id: string } | undefined, limit: number): Promise<readonly TaskRow[]> {
    let query = this.#database.selectFrom('tasks').selectAll().where('state', 'in', WAITING).where((row) => row.or([row('not_before', 'is', null), row('not_before', '<=', now)]));
    if (after !== undefined) query = query.where((row) => row.or([row('created_at', '>', after.created_at), row.and([row('created_at', '=', after.created_at), row('id', '>', after.id)])]));
    return await query.orderBy('created_at').orderBy('id').limit(limit).execute();
  }

  /** When the next of those that wait for a time may go: Unix ms. */
  async nextDue(now: number): Promise<number | undefined> {
    const row = await this.#database.selectFrom('tasks').select((r) => r.fn.min('not_before').as('due')).where('state', 'in', WAITING).where('not_before', '>', now).executeTakeFirst();
    return row?.due === null || row?.due === undefined ? undefined : Number(row.due);
  }

  /** Takes a slot of the runner and the task, or neither. */
  async reserve(waiting: TaskRow, runnerId: string, agentId: string): Promise<TaskRow | undefined> {
    const now = Date.now();
    const rest = restOf(waiting);
    const config = JSON.stringify({ ...rest, tried: [...(rest.tried ?? []).filter((id) => id !== runnerId), runnerId].slice(-TRIED) } satisfies TaskRest);
    try {
      return await this.#database.transaction().execute(async (trx) => {
        const slot = await trx.updateTable('runners').set({ agent_count: sql<number>`agent_count + 1`, last_assigned_at: now }).where('id', '=', runnerId).where('connected_to', 'is not', null).whereRef('agent_count', '<', 'max_concurrent_agents').executeTakeFirst();
        if (slot.numUpdatedRows === 0n) throw new Lost();
        const task = await trx
          .updateTable('tasks')
          .set({ state: 'dispatched', config, runner_id: runnerId, agent_id: agentId, attempts: sql<number>`attempts + 1`, dispatched_at: now, not_before: null, progress: null, activity: null, reason: null, updated_at: now })
          .where('id', '=', waiting.id)
          .where('state', 'in', WAITING)
          .returningAll()
          .executeTakeFirst();
        if (task === undefined) throw new Lost();
        return task;
      });
    } catch (error) {
      if (error instanceof Lost) return undefined;
      throw error;
    }
  }

  /** It could not be sent, was refused, or not acknowledged: it waits again. What counts as an attempt is not counted back. */
  async putBack(task: TaskRow, back: { readonly reason: string; readonly counts: boolean; readonly notBefore?: number | undefined; readonly refusedBy?: string | undefined }): Promise<TaskRow | undefined> {
    const rest = restOf(task);
    const config = back.refusedBy === undefined ? task.config : JSON.stringify({ ...rest, refusals: { ...rest.refusals, [back.refusedBy]: back.reason } } satisfies TaskRest);
    return await this.#change(task, ACTIVE, { state: 'queued', runner_id: null, agent_id: null, config, reason: back.reason, not_before: back.notBefore ?? null, ...(back.counts ? {} : { attempts: Math.max(0, task.attempts - 1) }) });
  }

  async acked(task: TaskRow): Promise<TaskRow | undefined> {
    return await this.#change(task, ['dispatched'], { state: 'acked' });
  }

  async running(task: TaskRow, progress: number | null, activity: string | null): Promise<TaskRow | undefined> {
    return await this.#change(task, ACTIVE, { state: 'running', ...(progress === null ? {} : { progress }), ...(activity === null ? {} : { activity: activity.slice(0, 500) }) });
  }

  async completed(task: TaskRow, result: TaskResult): Promise<TaskRow | undefined> {
    return await this.#change(task, [...ACTIVE, ...WAITING], { state: 'completed', result: JSON.stringify(result), reason: null, progress: 100, not_before: null });
  }

  /** An attempt failed: once more, later, or a dead letter with the reason. */
  async failed(task: TaskRow, reason: string, result: TaskResult | undefined, retryMs: number): Promise<TaskRow | undefined> {
    const kept = result === undefined ? {} : { result: JSON.stringify(result) };
    if (task.attempts >= task.max_attempts) {
      return await this.#change(task, ACTIVE, { ...kept, state: 'failed', not_before: null, reason: task.max_attempts === 1 ? reason : `${reason} That was the last of ${task.max_attempts} attempts.` });
    }
    const delay = Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.max(0, task.attempts - 1));
    return await this.#change(task, ACTIVE, { ...kept, state: 'retry', runner_id: null, agent_id: null, not_before: Date.now() + delay, reason: `Attempt ${task.attempts} of ${task.max_attempts}: ${reason}` });
  }

  async canceled(task: TaskRow, reason: string): Promise<TaskRow | undefined> {
    return await this.#change(task, [...ACTIVE, ...WAITING], { state: 'canceled', reason, not_before: null });
  }

  /** One attempt more; refusals and result are forgotten. */
  async again(task: TaskRow): Promise<TaskRow | undefined> {
    const { refusals: _refusals, ...rest } = restOf(task);
    return await this.#change(task, ['failed', 'canceled'], { state: 'queued', max_attempts: task.attempts + 1, runner_id: null, agent_id: null, progress: null, activity: null, reason: null, result: null, not_before: null, config: JSON.stringify(rest) });
  }

  /** What a canceled task left behind; its state stays. */
  async keepResult(task: TaskRow, result: TaskResult): Promise<void> {
    await this.#database.updateTable('tasks').set({ result: JSON.stringify(result) }).where('id', '=', task.id).where('state', '=', 'canceled').execute();
  }

  async waits(task: TaskRow, reason: string): Promise<TaskRow | undefined> {
    return task.reason === reason ? undefined : await this.#change(task, WAITING, { reason });
  }

  /** Those that a runner has. */
  async activeOf(runnerId: string): Promise<readonly TaskRow[]> {
    return await this.#database.selectFrom('tasks').selectAll().where('runner_id', '=', runnerId).where('state', 'in', ACTIVE).execute();
  }

  /** Canceled while the runner had them, and not heard of since. */
  async canceledOf(runnerId: string, since: number): Promise<readonly string[]> {
    const rows = await this.#database.selectFrom('tasks').select('id').where('runner_id', '=', runnerId).where('state', '=', 'canceled').where('result', 'is', null).where('updated_at', '>', since).execute();
    return rows.map(({ id }) => id);
  }

  /** Sent before that time and never acknowledged. */
  async unacknowledged(before: number): Promise<readonly TaskRow[]> {
    return await this.#database.selectFrom('tasks').selectAll().where('state', '=', 'dispatched').where('dispatched_at', '<', before).execute();
  }

  /** With a runner that is gone, or not connected and not heard of since that time. */
  async orphaned(before: number): Promise<readonly TaskRow[]> {
    return await this.#database
      .selectFrom('tasks')
      .leftJoin('runners', 'runners.id', 'tasks.runner_id')
      .selectAll('tasks')
      .where('tasks.state', 'in', ACTIVE)
      .where((row) => row.or([row('runners.id', 'is', null), row.and([row('runners.connected_to', 'is', null), row.or([row('runners.last_heartbeat', 'is', null), row('runners.last_heartbeat', '<', before)])])]))
      .execute();
  }

  async #change(task: TaskRow, from: readonly string[], values: Partial<Omit<TaskRow, 'id'>>): Promise<TaskRow | undefined> {
    let query = this.#database.updateTable('tasks').set({ ...values, updated_at: Date.now() }).where('id', '=', task.id).where('state', 'in', from);
    // Of this very attempt: one that was placed anew meanwhile is not touched.
    query = task.agent_id === null ? query.where('agent_id', 'is', null) : query.where('agent_id', '=', task.agent_id);
    return await query.returningAll().executeTakeFirst();
  }
}

/** Somebody else was first. */
class Lost extends Error {}
