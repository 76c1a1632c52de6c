// The table of sessions: rows as people see them, and the writing of what runners say.
import { sql, type Selectable } from 'kysely';
import { jsonOf } from '../../base/json.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { Database, Tables } from '../store/tables.ts';
import type { EventStore } from './eventStore.ts';

/** Values of one `in (...)`, and rows of one insert. */
const CHUNK = 400;

export type SessionRow = Selectable<Tables['sessions']>;
/** `stored_seq`: up to which number its events are here. */
export type CountedRow = SessionRow & { readonly stored_seq: number };
export type FoundAgent = HubAgent & { readonly org_id: string; readonly village_id: string | null; readonly gone: boolean };

/** One step into the events' index. */
const lastSeq = sql<number>`coalesce((select max(events.seq) from events where events.session = sessions.id), 0)`.as('stored_seq');

const agents = (database: Database) =>
  database
    .selectFrom('sessions')
    .innerJoin('runners', 'runners.id', 'sessions.runner_id')
    .select(['sessions.id', 'sessions.runner_id', 'sessions.org_id', 'sessions.user_id', 'sessions.info', 'sessions.gone', 'sessions.village_id', 'runners.name as runner_name', 'runners.connected_to', lastSeq]);

type AgentRow = Awaited<ReturnType<ReturnType<typeof agents>['execute']>>[number];

/** Undefined for a row that no version of ours wrote. */
function agentOf(row: AgentRow, count: ReturnType<EventStore['counter']>): FoundAgent | undefined {
  const { data: info } = SharedSession.safeParse(jsonOf(row.info));
  if (info === undefined) return undefined;
  const { id, runner_id, runner_name, org_id, user_id, village_id } = row;
  return { ...info, id, runner_id, runner_name, connected: row.connected_to !== null, user_id, stored_seq: count(id, row.stored_seq), org_id, village_id, gone: row.gone !== 0 };
}

/** As it goes to people: without what is only of use here. */
export function shownAgent({ org_id: _org, village_id: _village, gone: _gone, ...agent }: FoundAgent): HubAgent {
  return agent;
}

/** What runners of the organization share now, the newest first. */
export async function listAgents(store: EventStore, orgId: string): Promise<readonly FoundAgent[]> {
  const count = store.counter();
  const rows = await agents(store.database).where('sessions.org_id', '=', orgId).where('sessions.gone', '=', 0).orderBy('sessions.created_at', 'desc').orderBy('sessions.id').execute();
  return rows.map((row) => agentOf(row, count)).filter((agent) => agent !== undefined);
}

/** By the hub's ids, in no order; gone ones too. */
export async function findAgents(store: EventStore, ids: readonly string[]): Promise<readonly FoundAgent[]> {
  const count = store.counter();
  const rows = [];
  for (const some of chunks(ids)) rows.push(...(await agents(store.database).where('sessions.id', 'in', some).execute()));
  return rows.map((row) => agentOf(row, count)).filter((agent) => agent !== undefined);
}

/** Of rows that changed since then. */
export async function recentIds(database: Database, since: number): Promise<readonly string[]> {
  return (await database.selectFrom('sessions').select('id').where('updated_at', '>', since).execute()).map(({ id }) => id);
}

export async function rowsOfRunner(store: EventStore, runnerId: string): Promise<readonly CountedRow[]> {
  const count = store.counter();
  const rows = await store.database.selectFrom('sessions').selectAll().select(lastSeq).where('runner_id', '=', runnerId).execute();
  return rows.map((row) => ({ ...row, stored_seq: count(row.id, row.stored_seq) }));
}

/** Those that it shares now. */
export async function sessionsOfRunner(database: Database, runnerId: string): Promise<readonly { readonly id: string; readonly org_id: string }[]> {
  return await database.selectFrom('sessions').select(['id', 'org_id']).where('runner_id', '=', runnerId).where('gone', '=', 0).execute();
}

export async function rowOf(store: EventStore, runnerId: string, sessionId: string): Promise<CountedRow | undefined> {
  const count = store.counter();
  const row = await store.database.selectFrom('sessions').selectAll().select(lastSeq).where('runner_id', '=', runnerId).where('session_id', '=', sessionId).executeTakeFirst();
  return row && { ...row, stored_seq: count(row.id, row.stored_seq) };
}

/** Which of these ids of the hub are in use. */
export async function takenIds(database: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  for (const some of chunks(ids)) for (const { id } of await database.selectFrom('sessions').select('id').where('id', 'in', some).execute()) taken.add(id);
  return taken;
}

/** Adds rows whose id and runner's id are free; leaves out the others. */
export async function addRows(database: Database, rows: readonly SessionRow[]): Promise<void> {
  for (const some of chunks(rows)) await database.insertInto('sessions').values(some).onConflict((on) => on.doNothing()).execute();
}

/** Writes what runners say of rows that are there; their owner, village and number of events stay. Rows of different ids. */
export async function saveInfos(database: Database, rows: readonly SessionRow[]): Promise<void> {
  for (const some of chunks(rows)) {
    await database
      .insertInto('sessions')
      .values(some)
      .onConflict((on) => on.column('id').doUpdateSet((eb) => ({ info: eb.ref('excluded.info'), gone: eb.ref('excluded.gone'), updated_at: eb.ref('excluded.updated_at') })))
      .execute();
  }
}

/** No longer shared. */
export async function markGone(database: Database, ids: readonly string[], now: number): Promise<void> {
  for (const some of chunks(ids)) await database.updateTable('sessions').set({ gone: 1, updated_at: now }).where('id', 'in', some).execute();
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += CHUNK) yield items.slice(at, at + CHUNK);
}
