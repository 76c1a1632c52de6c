// The runners' rows: registered, changed, connected, heard of.
import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../store/tables.ts';
import type { RunnerRow } from './rows.ts';

/** A task that occupies a slot. */
export const ACTIVE = ['dispatched', 'acked', 'running'] as const;

/** Milliseconds. */
const FULL_MS = 5_000;

export class RunnerStore {
  readonly #database: Database;
  readonly #full = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  async find(id: string): Promise<RunnerRow | undefined> {
    return await this.#database.selectFrom('runners').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async ofOrg(orgId: string): Promise<readonly RunnerRow[]> {
    return await this.#database.selectFrom('runners').selectAll().where('org_id', '=', orgId).orderBy('created_at').orderBy('id').execute();
  }

  /** The same machine of the same person under the same name is the same runner. */
  async register(owner: { readonly orgId: string; readonly userId: string }, about: { readonly name: string; readonly hostname: string; readonly capabilities: readonly string[]; readonly maxAgents: number; readonly version: string | null; readonly embedded: boolean; readonly only?: string | undefined }): Promise<{ readonly row: RunnerRow; readonly isNew: boolean } | undefined> {
    const now = Date.now();
    return await this.#database.transaction().execute(async (trx) => {
      const values = { capabilities: JSON.stringify(about.capabilities), max_concurrent_agents: about.maxAgents, client_version: about.version, updated_at: now };
      const own = trx.selectFrom('runners').select('id').where('org_id', '=', owner.orgId).where('user_id', '=', owner.userId);
      // By its own token it is known however it is called by now, at the hub or by its host.
      const same = await (about.only === undefined ? own.where('name', '=', about.name).where('hostname', '=', about.hostname) : own.where('id', '=', about.only)).executeTakeFirst();
      if (same !== undefined) {
        return { row: await trx.updateTable('runners').set({ ...values, hostname: about.hostname }).where('id', '=', same.id).returningAll().executeTakeFirstOrThrow(), isNew: false };
      }
      // A runner's own token renews that runner, and makes no others.
      if (about.only !== undefined) return undefined;
      const row = await trx
        .insertInto('runners')
        .values({ ...values, id: randomUUID(), org_id: owner.orgId, user_id: owner.userId, name: about.name, hostname: about.hostname, graph_runner_id: `runner_${randomBytes(8).toString('hex')}`, status: 'online', agent_count: 0, embedded: about.embedded ? 1 : 0, created_at: now })
        .returningAll()
        .executeTakeFirstOrThrow();
      return { row, isNew: true };
    });
  }

  async patch(id: string, change: { readonly name?: string | null | undefined; readonly capabilities?: readonly string[] | null | undefined; readonly max_concurrent_agents?: number | null | undefined }): Promise<RunnerRow | undefined> {
    return await this.#database
      .updateTable('runners')
      .set({
        updated_at: Date.now(),
        ...(change.name === undefined || change.name === null ? {} : { name: change.name }),
        ...(change.capabilities === undefined || change.capabilities === null ? {} : { capabilities: JSON.stringify(change.capabilities) }),
        ...(change.max_concurrent_agents === undefined || change.max_concurrent_agents === null ? {} : { max_concurrent_agents: change.max_concurrent_agents }),
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst();
  }

  async remove(id: string): Promise<void> {
    await this.#database.transaction().execute(async (trx) => {
      await trx.deleteFrom('runner_projects').where('runner_id', '=', id).execute();
      await trx.deleteFrom('runners').where('id', '=', id).execute();
    });
  }

  /** This socket, at this process, is its connection from now on; how many agents it has it will say. */
  async connected(id: string, processId: string, connectionId: string): Promise<RunnerRow | undefined> {
    const now = Date.now();
    return await this.#database.updateTable('runners').set({ connected_to: processId, connection_id: connectionId, status: 'online', agent_count: 0, last_heartbeat: now, updated_at: now }).where('id', '=', id).returningAll().executeTakeFirst();
  }

  /** Only where it is still that socket: one that was replaced changes nothing. */
  async disconnected(connectionId: string): Promise<RunnerRow | undefined> {
    return await this.#database.updateTable('runners').set({ connected_to: null, connection_id: null, updated_at: Date.now() }).where('connection_id', '=', connectionId).returningAll().executeTakeFirst();
  }

  /** Those of a process that is gone, or, without one, of all: this process is the only one and has just begun. */
  async processGone(processId?: string): Promise<readonly RunnerRow[]> {
    const gone = this.#database.updateTable('runners').set({ connected_to: null, connection_id: null });
    return await (processId === undefined ? gone.where('connected_to', 'is not', null) : gone.where('connected_to', '=', processId)).returningAll().execute();
  }

  /** Connected by their row, and not heard of since `before`: their process died without anybody noticing. `living`: connections of this process, whose end it notices itself, whatever the clock does. */
  async silent(before: number, living: readonly string[]): Promise<readonly RunnerRow[]> {
    const rows = await this.#database.selectFrom('runners').select(['id', 'connection_id']).where('connected_to', 'is not', null).where('last_heartbeat', '<', before).execute();
    const dead = rows.flatMap(({ id, connection_id }) => (connection_id !== null && living.includes(connection_id) ? [] : [id]));
    if (dead.length === 0) return [];
    return await this.#database.updateTable('runners').set({ connected_to: null, connection_id: null }).where('id', 'in', dead).where('last_heartbeat', '<', before).returningAll().execute();
  }

  /** False: that connection is nobody's any more. */
  async heard(connectionId: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#database.updateTable('runners').set({ last_heartbeat: Date.now() }).where('connection_id', '=', connectionId).executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async reported(connectionId: string, status: string, agents: number | undefined): Promise<RunnerRow | undefined> {
    const now = Date.now();
    const row = await this.#database.updateTable('runners').set({ status, last_heartbeat: now, updated_at: now, ...(agents === undefined ? {} : { agent_count: agents }) }).where('connection_id', '=', connectionId).returningAll().executeTakeFirst();
    if (row !== undefined) this.#full.delete(row.id);
    return row;
  }

  /** It said `at_capacity`: believed for some seconds, or until it reports. */
  full(id: string): void {
    this.#full.set(id, performance.now() + FULL_MS);
  }

  /** A slot is free again, as long as the runner says nothing itself. */
  async release(id: string): Promise<void> {
    await this.#database.updateTable('runners').set({ agent_count: sql<number>`agent_count - 1` }).where('id', '=', id).where('agent_count', '>', 0).execute();
  }

  async useProject(runnerId: string, project: { readonly projectId: string; readonly path: string; readonly branch: string }): Promise<void> {
    const now = Date.now();
    await this.#database
      .insertInto('runner_projects')
      .values({ id: randomUUID(), runner_id: runnerId, project_id: project.projectId, worktree_path: project.path, worktree_branch: project.branch, last_used_at: now })
      .onConflict((conflict) => conflict.columns(['runner_id', 'project_id', 'worktree_path']).doUpdateSet({ worktree_branch: project.branch, last_used_at: now }))
      .execute();
  }

  async projects(runnerId: string) {
    return await this.#database.selectFrom('runner_projects').selectAll().where('runner_id', '=', runnerId).orderBy('last_used_at', 'desc').execute();
  }

  /** Of an organization's runners: the tasks that each has, and the projects that it has a worktree of (that one, or all). */
  async loads(orgId: string, projectId?: string | null): Promise<{ readonly active: ReadonlyMap<string, number>; readonly projects: ReadonlyMap<string, ReadonlySet<string>> }> {
    const counts = await this.#database.selectFrom('tasks').select(['runner_id', (row) => row.fn.countAll<number>().as('count')]).where('org_id', '=', orgId).where('state', 'in', ACTIVE).groupBy('runner_id').execute();
    let warm = this.#database.selectFrom('runner_projects').innerJoin('runners', 'runners.id', 'runner_projects.runner_id').select(['runner_projects.runner_id', 'runner_projects.project_id']).distinct().where('runners.org_id', '=', orgId);
    if (projectId !== undefined && projectId !== null) warm = warm.where('runner_projects.project_id', '=', projectId);
    const projects = new Map<string, Set<string>>();
    for (const { runner_id, project_id } of await warm.execute()) projects.set(runner_id, (projects.get(runner_id) ?? new Set()).add(project_id));
    const active = new Map(counts.flatMap(({ runner_id, count }) => (runner_id === null ? [] : [[runner_id, Number(count)] as const])));
    for (const [id, until] of this.#full) {
      if (until > performance.now()) active.set(id, Infinity);
      else this.#full.delete(id);
    }
    return { active, projects };
  }
}
