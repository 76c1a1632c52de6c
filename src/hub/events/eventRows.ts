// The table of events: many rows in few statements, each compiled once; and pages of a session's events.
import { sql, type CompiledQuery, type RawBuilder } from 'kysely';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { Database } from '../store/tables.ts';

/** Rows per statement, the largest that fits first. */
const SIZES = [400, 50, 8, 1] as const;
/** What one page holds in memory, about. */
const PAGE_CHARACTERS = 1024 * 1024;

/** An event as it is kept. */
export interface EventRow {
  readonly seq: number;
  readonly ts: number;
  readonly type: string;
  readonly text: string;
}

/** Its JSON is made here, once: the same text is stored and sent. */
export function eventRowOf(event: RunnerEvent): EventRow {
  return { seq: event.seq, ts: Number.isFinite(event.ts) ? Math.min(Math.max(Math.trunc(event.ts), 0), Number.MAX_SAFE_INTEGER) : 0, type: event.type, text: JSON.stringify(event) };
}

const compiled = new WeakMap<Database, Map<string, CompiledQuery>>();

/** Statements that differ only in their values: the text is made once per database and size. */
async function runCompiled(root: Database, transaction: Database, name: string, size: number, make: () => RawBuilder<unknown>, values: readonly unknown[]): Promise<void> {
  const kept = compiled.get(root) ?? new Map<string, CompiledQuery>();
  compiled.set(root, kept);
  const key = `${name}${size}`;
  const query = kept.get(key) ?? make().compile(root);
  kept.set(key, query);
  await transaction.executeQuery({ ...query, parameters: values });
}

/** Cuts `items` into stretches of the sizes above. */
function* stretches<T>(items: readonly T[]): Generator<readonly T[]> {
  let at = 0;
  for (const size of SIZES) for (; items.length - at >= size; at += size) yield items.slice(at, at + size);
}

const rowsOf = (size: number, row: RawBuilder<unknown>): RawBuilder<unknown> => sql.join(Array.from({ length: size }, () => row));

/** Adds events; those that are there already stay as they are. */
export async function addEvents(root: Database, transaction: Database, rows: readonly (EventRow & { readonly session: string })[]): Promise<void> {
  for (const some of stretches(rows)) {
    const make = (): RawBuilder<unknown> => sql`insert into events (session, seq, ts, type, event) values ${rowsOf(some.length, sql`(${null}, ${null}, ${null}, ${null}, ${null})`)} on conflict do nothing`;
    await runCompiled(root, transaction, 'events', some.length, make, some.flatMap(({ session, seq, ts, type, text }) => [session, seq, ts, type, text]));
  }
}

/** Up to which number each session's events are here; never back. */
export async function raiseStored(root: Database, transaction: Database, sessions: readonly { readonly id: string; readonly seq: number }[]): Promise<void> {
  // In one order everywhere: two processes that write the same rows do not wait for each other.
  const sorted = [...sessions].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const some of stretches(sorted)) {
    const make = (): RawBuilder<unknown> =>
      sql`update sessions set stored_seq = reached.column2 from (values ${rowsOf(some.length, sql`(cast(${null} as text), cast(${null} as bigint))`)}) as reached where sessions.id = reached.column1 and sessions.stored_seq < reached.column2`;
    await runCompiled(root, transaction, 'stored', some.length, make, some.flatMap(({ id, seq }) => [id, seq]));
  }
}

/** In order, after the number `after`: at most `limit`, and no more than fit into a page, but for one that alone is larger. */
export async function readEvents(database: Database, session: string, after: number, limit: number): Promise<readonly { readonly seq: number; readonly text: string }[]> {
  const page = sql`select seq, event from events where session = ${session} and seq > ${after} order by seq limit ${limit}`;
  const sized = sql`select seq, event, sum(length(event)) over (order by seq) - length(event) as size_before from (${page}) as page`;
  const { rows } = await sql<{ readonly seq: number; readonly text: string }>`select seq, event as text from (${sized}) as sized where size_before < ${PAGE_CHARACTERS} order by seq`.execute(database);
  return rows;
}

export async function storedSeq(database: Database, session: string): Promise<number> {
  const row = await database.selectFrom('sessions').select('stored_seq').where('id', '=', session).executeTakeFirst();
  return row?.stored_seq ?? 0;
}
