// Where events are kept. In PostgreSQL at once in their table. In SQLite, whose unit of writing is a whole page, first at the end of a log, where those
// of many sessions share a page; then, some seconds' worth at a time, in their place in the table. What is not there yet is read from memory.
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Database } from '../store/tables.ts';
import { addEvents, lastSeqOf, logEvents, PAGE_CHARACTERS, readEvents, type EventRow, type SessionEventRow } from './eventRows.ts';

const SETTLE_MS = 2000;
const MOST_PENDING = 20_000;
/** After a fault. */
const AGAIN_MS = 5000;
/** Events of one transaction that settles: others wait for it. */
const AT_ONCE = 1000;
/** Rows of the log that are removed in one. */
const REMOVED_AT_ONCE = 4000;

export interface EventStoreOptions {
  readonly database: Database;
  readonly log: Log;
  /** Whether events go through the log: the only process that uses the database. */
  readonly staged: boolean;
  /** Milliseconds that events stay in the log alone; how many at most before that. */
  readonly settleMs?: number;
  readonly mostPending?: number;
}

export class EventStore {
  readonly database: Database;
  readonly #log: Log;
  readonly #staged: boolean;
  readonly #settleMs: number;
  readonly #mostPending: number;
  /** In the log and not in the table: of each session in order, without a gap. */
  readonly #pending = new Map<string, EventRow[]>();
  #pendingCount = 0;
  /** Of rows in the log: the next, the last that is committed, the first that may still be there. */
  #nextId = 1;
  #lastId = 0;
  #firstId = 1;
  #timer: NodeJS.Timeout | undefined;
  #settling: Promise<void> | undefined;
  #disposed = false;

  constructor({ database, log, staged, settleMs = SETTLE_MS, mostPending = MOST_PENDING }: EventStoreOptions) {
    this.#settleMs = settleMs;
    this.#mostPending = mostPending;
    this.database = database;
    this.#log = log;
    this.#staged = staged;
  }

  /** Within a transaction; then `committed` says that it was. */
  async add(transaction: Database, rows: readonly SessionEventRow[]): Promise<void> {
    if (!this.#staged) return await addEvents(this.database, transaction, rows);
    await logEvents(this.database, transaction, rows, this.#nextId);
    this.#nextId += rows.length;
  }

  committed(session: string, rows: readonly EventRow[]): void {
    if (!this.#staged) return;
    const pending = this.#pending.get(session);
    if (pending === undefined) this.#pending.set(session, [...rows]);
    else pending.push(...rows);
    this.#pendingCount += rows.length;
    // Writers take turns, so whatever has a number by now is committed, or never will be.
    this.#lastId = this.#nextId - 1;
    this.#settleSoon(this.#pendingCount >= this.#mostPending ? 0 : this.#settleMs);
  }

  /** Resolves when there is room for more in memory. */
  async room(): Promise<void> {
    if (this.#pendingCount >= 2 * this.#mostPending) await this.#settling;
  }

  /** In order, after the number `after`; at most `limit`, fewer where they are large. There is more until none comes. */
  async page(session: string, after: number, limit: number): Promise<readonly { readonly seq: number; readonly text: string }[]> {
    // Before the table is read: what is settled meanwhile is in the one or the other.
    const pending = this.#pending.get(session)?.slice() ?? [];
    const [first] = pending;
    const page = first !== undefined && first.seq <= after + 1 ? [] : [...(await readEvents(this.database, session, after, limit))];
    let size = page.reduce((sum, { text }) => sum + text.length, 0);
    for (const { seq, text } of pending) {
      const last = page.at(-1)?.seq ?? after;
      if (seq <= last) continue;
      if (seq > last + 1 || page.length >= limit || size >= PAGE_CHARACTERS) break;
      page.push({ seq, text });
      size += text.length;
    }
    return page;
  }

  /** Made before the table is asked: corrects what it says, up to which number a session's events are here. */
  counter(): (session: string, inTable: number) => number {
    const before = new Map([...this.#pending].map(([session, rows]) => [session, rows.at(-1)?.seq ?? 0]));
    return (session, inTable) => Math.max(before.get(session) ?? 0, inTable, this.#pending.get(session)?.at(-1)?.seq ?? 0);
  }

  /** Up to which number a session's events are here. */
  async lastSeq(session: string): Promise<number> {
    const count = this.counter();
    return count(session, await lastSeqOf(this.database, session));
  }

  /** Resolves once all of a session's events are in their table. Throws the database's faults. */
  async settled(session: string): Promise<void> {
    const rows = this.#pending.get(session)?.slice();
    if (rows !== undefined) await this.#settle([[session, rows]]);
  }

  /** What is only in the log stays there: it is settled when the hub starts again. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#timer);
    await this.#settling;
  }

  #settleSoon(afterMs: number): void {
    if (this.#disposed || this.#settling !== undefined) return;
    if (afterMs === 0) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      let again = this.#settleMs;
      this.#settling = this.#settleAll()
        .catch((error: unknown) => {
          again = AGAIN_MS;
          this.#log.warn(`Events stay in the log for now: ${messageOf(error)}`);
        })
        .finally(() => {
          this.#settling = undefined;
          if (this.#pendingCount > 0) this.#settleSoon(this.#pendingCount >= this.#mostPending && again === this.#settleMs ? 0 : again);
        });
    }, afterMs);
  }

  async #settleAll(): Promise<void> {
    const last = this.#lastId;
    const sessions = [...this.#pending].map(([session, rows]) => [session, rows.slice()] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    let some: (readonly [string, readonly EventRow[]])[] = [];
    let count = 0;
    for (const one of sessions) {
      some.push(one);
      count += one[1].length;
      if (count < AT_ONCE) continue;
      await this.#settle(some);
      if (this.#disposed) return;
      some = [];
      count = 0;
    }
    await this.#settle(some);
    // All that the log has up to there is in the table now.
    while (this.#firstId <= last && !this.#disposed) {
      const next = Math.min(this.#firstId + REMOVED_AT_ONCE, last + 1);
      await this.database.deleteFrom('event_log').where('id', '<', next).execute();
      this.#firstId = next;
    }
  }

  /** Puts the first of sessions' pending events into the table. */
  async #settle(sessions: readonly (readonly [string, readonly EventRow[]])[]): Promise<void> {
    if (sessions.length === 0) return;
    await this.database.transaction().execute((transaction) => addEvents(this.database, transaction, sessions.flatMap(([session, rows]) => rows.map((row) => ({ ...row, session })))));
    for (const [session, rows] of sessions) {
      const pending = this.#pending.get(session);
      const last = rows.at(-1)?.seq ?? 0;
      if (pending === undefined) continue;
      const rest = pending.filter(({ seq }) => seq > last);
      this.#pendingCount -= pending.length - rest.length;
      if (rest.length === 0) this.#pending.delete(session);
      else this.#pending.set(session, rest);
    }
  }
}
