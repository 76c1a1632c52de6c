// The tables of events: many rows in few statements, each compiled once; and pages of a session's events.
import { sql, type CompiledQuery } from 'kysely';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { Database } from '../store/tables.ts';

/** Rows per statement, the largest that fits first. */
const SIZES = [400, 50, 8, 1] as const;
/** What one page holds in memory, about. */
export const PAGE_CHARACTERS = 1024 * 1024;

/** An event as it is kept. */
export interface EventRow {
  readonly seq: number;
  readonly ts: number;
  readonly type: string;
  readonly text: string;
}

/** Events of one session. `id` is the hub's. */
export interface EventRows {
  readonly id: string;
  readonly rows: readonly EventRow[];
}

/** Its JSON is made here, once: the same text is stored and sent. */
export function eventRowOf(event: RunnerEvent): EventRow {
  return { seq: event.seq, ts: Number.isFinite(event.ts) ? Math.min(Math.max(Math.trunc(event.ts), 0), Number.MAX_SAFE_INTEGER) : 0, type: event.type, text: JSON.stringify(event) };
}

const tables = { events: ['session', 'seq', 'ts', 'type', 'event'], event_log: ['id', 'session', 'seq', 'ts', 'type', 'event'] } as const;
const compiled = new WeakMap<Database, Map<string, CompiledQuery>>();

/** Statements that differ only in their values: the text is made once per database and size. */
function insertOf(database: Database, table: keyof typeof tables, size: number): CompiledQuery {
  const statements = compiled.get(database) ?? new Map<string, CompiledQuery>();
  compiled.set(database, statements);
  const key = `${table} ${size}`;
  const kept = statements.get(key);
  if (kept !== undefined) return kept;
  const columns = tables[table];
  const row = sql`(${sql.join(columns.map(() => sql`${null}`))})`;
  const query = sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${sql.join(Array.from({ length: size }, () => row))} on conflict do nothing`.compile(database);
  statements.set(key, query);
  return query;
}

/** Adds events; those that are there already stay as they are. `root` is the database of that transaction. */
export async function addEvents(root: Database, transaction: Database, sessions: readonly EventRows[]): Promise<void> {
  await insert(root, transaction, 'events', sessions, (id, { seq, ts, type, text }) => [id, seq, ts, type, text]);
}

/** Appends them to the log, numbered from `firstId` in this order. */
export async function logEvents(root: Database, transaction: Database, sessions: readonly EventRows[], firstId: number): Promise<void> {
  let next = firstId;
  await insert(root, transaction, 'event_log', sessions, (id, { seq, ts, type, text }) => [next++, id, seq, ts, type, text]);
}

/** In stretches of the sizes above. */
async function insert(root: Database, transaction: Database, table: keyof typeof tables, sessions: readonly EventRows[], values: (id: string, row: EventRow) => readonly unknown[]): Promise<void> {
  const parameters = parametersOf(sessions, values);
  let left = sessions.reduce((sum, { rows }) => sum + rows.length, 0);
  for (const size of SIZES) {
    for (; left >= size; left -= size) {
      const some: unknown[] = [];
      for (let row = 0; row < size; row++) some.push(...(parameters.next().value ?? []));
      await transaction.executeQuery({ ...insertOf(root, table, size), parameters: some });
    }
  }
}

function* parametersOf(sessions: readonly EventRows[], values: (id: string, row: EventRow) => readonly unknown[]): Generator<readonly unknown[], undefined> {
  for (const { id, rows } of sessions) for (const row of rows) yield values(id, row);
  return undefined;
}

/** In order, after the number `after`: at most `limit`, and no more than fit into a page, but for one that alone is larger. */
export async function readEvents(database: Database, session: string, after: number, limit: number): Promise<readonly { readonly seq: number; readonly text: string }[]> {
  const page = sql`select seq, event from events where session = ${session} and seq > ${after} order by seq limit ${limit}`;
  const sized = sql`select seq, event, sum(length(event)) over (order by seq) - length(event) as size_before from (${page}) as page`;
  const { rows } = await sql<{ readonly seq: number; readonly text: string }>`select seq, event as text from (${sized}) as sized where size_before < ${PAGE_CHARACTERS} order by seq`.execute(database);
  return rows;
}

/** Up to which number a session's events are in their table. */
export async function lastSeqOf(database: Database, session: string): Promise<number> {
  const row = await database.selectFrom('events').select(({ fn }) => fn.max('seq').as('seq')).where('session', '=', session).executeTakeFirst();
  return row?.seq ?? 0;
}
