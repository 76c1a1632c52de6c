// Where events are kept. In PostgreSQL at once in their table. In SQLite, whose unit of writing is a whole page, first at the end of a log, where those
// of many sessions share a page; some seconds later, several of a session at a time, in their place in the table. What is not there yet is read from memory.
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Database } from '../store/tables.ts';
import { addEvents, lastSeqOf, logEvents, PAGE_CHARACTERS, readEvents, type EventRow, type SessionEventRow } from './eventRows.ts';

/** Milliseconds that events stay in the log alone, and how many at most before that. */
const SETTLE_MS = 2000;
const MOST_PENDING = 20_000;
/** After a fault. */
const AGAIN_MS = 5000;
/** Events that settle with one transaction, or twice as many as come with it. */
const AT_ONCE = 250;

export interface EventStoreOptions {
  readonly database: Database;
  readonly log: Log;
  /** Whether events go through the log: this is the only process that uses the database. */
  readonly staged: boolean;
  /** Milliseconds that events stay in the log alone; how many at most before that. */
  readonly settleMs?: number;
  readonly mostPending?: number;
}

interface LoggedRow extends EventRow {
  /** Its number in the log. */
  readonly id: number;
}

/** Of one session: in the log and not in the table; in order, without a gap. */
interface Pending {
  readonly rows: readonly LoggedRow[];
  /** Since when, by `performance.now()`. */
  readonly since: number;
}

export class EventStore {
  readonly database: Database;
  readonly #log: Log;
  readonly #staged: boolean;
  readonly #settleMs: number;
  readonly #mostPending: number;
  /** About the longest waiting first. */
  readonly #pending = new Map<string, Pending>();
  #pendingCount = 0;
  /** Of rows in the log: the first that may still be there, the last that is known to be committed, the next. */
  #firstId = 1;
  #lastId = 0;
  #nextId = 1;
  #timer: NodeJS.Timeout | undefined;
  #settling: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor({ database, log, staged, settleMs = SETTLE_MS, mostPending = MOST_PENDING }: EventStoreOptions) {
    this.database = database;
    this.#log = log;
    this.#staged = staged;
    this.#settleMs = settleMs;
    this.#mostPending = mostPending;
  }

  /** Within a transaction; what it returns is to be called once that is committed. One writer at a time. */
  async add(transaction: Database, rows: readonly SessionEventRow[]): Promise<() => void> {
    if (!this.#staged) {
      await addEvents(this.database, transaction, rows);
      return () => undefined;
    }
    const firstId = this.#nextId;
    this.#nextId += rows.length;
    await logEvents(this.database, transaction, rows, firstId);
    // What waits long enough goes along: no commit of its own, and never much at a time.
    const settled = await this.#settleSome(transaction, Math.max(AT_ONCE, 2 * rows.length));
    return () => {
      settled();
      this.#logged(rows, firstId);
      this.#settleSoon(this.#settleMs);
    };
  }

  /** In order, after the number `after`; at most `limit`, fewer where they are large. There is more until none comes. */
  async page(session: string, after: number, limit: number): Promise<readonly { readonly seq: number; readonly text: string }[]> {
    // Before the table is read: what settles meanwhile is in the one or the other.
    const pending = this.#pending.get(session)?.rows ?? [];
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
    const before = new Map([...this.#pending].map(([session, { rows }]) => [session, rows.at(-1)?.seq ?? 0]));
    return (session, inTable) => Math.max(before.get(session) ?? 0, inTable, this.#pending.get(session)?.rows.at(-1)?.seq ?? 0);
  }

  /** Up to which number a session's events are here. */
  async lastSeq(session: string): Promise<number> {
    const count = this.counter();
    return count(session, await lastSeqOf(this.database, session));
  }

  /** Resolves once all of a session's events are in their table. Throws the database's faults. */
  async settled(session: string): Promise<void> {
    const pending = this.#pending.get(session);
    if (pending === undefined) return;
    const done = await this.database.transaction().execute((transaction) => this.#settle(transaction, [[session, pending.rows]]));
    done();
  }

  /** What is only in the log stays there: it settles when the hub starts again. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#timer);
    await this.#settling;
  }

  #logged(rows: readonly SessionEventRow[], firstId: number): void {
    const sessions = new Map<string, LoggedRow[]>();
    rows.forEach(({ session, seq, ts, type, text }, index) => {
      const row = { seq, ts, type, text, id: firstId + index };
      const some = sessions.get(session);
      if (some === undefined) sessions.set(session, [row]);
      else some.push(row);
    });
    for (const [session, some] of sessions) {
      const before = this.#pending.get(session);
      this.#pending.set(session, before === undefined ? { rows: some, since: performance.now() } : { rows: [...before.rows, ...some], since: before.since });
    }
    this.#pendingCount += rows.length;
    this.#lastId = firstId + rows.length - 1;
  }

  /** Those that wait long enough, the longest first, and of the log what is in the table. To be called: once that is committed. */
  async #settleSome(transaction: Database, most: number): Promise<() => void> {
    const next = this.#firstUnsettledId();
    const first = this.#firstId;
    const end = Math.min(next, first + 2 * most);
    if (end > first) await transaction.deleteFrom('event_log').where('id', '<', end).execute();
    const due = performance.now() - this.#settleMs;
    const some: (readonly [string, readonly LoggedRow[]])[] = [];
    let count = 0;
    for (const [session, { rows, since }] of this.#pending) {
      if (count >= most || (since > due && this.#pendingCount < this.#mostPending)) break;
      const part = rows.slice(0, most - count);
      some.push([session, part]);
      count += part.length;
    }
    const settled = await this.#settle(transaction, some);
    return () => {
      this.#firstId = Math.max(this.#firstId, end);
      settled();
    };
  }

  /** All before it that are committed are in the table. */
  #firstUnsettledId(): number {
    let first = this.#lastId + 1;
    for (const { rows } of this.#pending.values()) first = Math.min(first, rows[0]?.id ?? first);
    return first;
  }

  /** Puts the first of sessions' pending events into the table. To be called: once that is committed. */
  async #settle(transaction: Database, sessions: readonly (readonly [string, readonly LoggedRow[]])[]): Promise<() => void> {
    await addEvents(this.database, transaction, sessions.flatMap(([session, rows]) => rows.map((row) => ({ ...row, session }))));
    return () => {
      for (const [session, rows] of sessions) {
        const pending = this.#pending.get(session);
        if (pending === undefined) continue;
        const last = rows.at(-1)?.seq ?? 0;
        const rest = pending.rows.filter(({ seq }) => seq > last);
        this.#pendingCount -= pending.rows.length - rest.length;
        this.#pending.delete(session);
        if (rest.length > 0) this.#pending.set(session, { rows: rest, since: performance.now() });
      }
    };
  }

  /** While nothing is written: nothing else takes them along then. */
  #settleSoon(afterMs: number): void {
    if (this.#disposed || (this.#pending.size === 0 && this.#firstId > this.#lastId)) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#settling = this.#settleRest();
    }, afterMs);
  }

  async #settleRest(): Promise<void> {
    try {
      const done = await this.database.transaction().execute((transaction) => this.#settleSome(transaction, 2 * AT_ONCE));
      done();
    } catch (error) {
      this.#log.warn(`Events stay in the log for now: ${messageOf(error)}`);
      return this.#settleSoon(AGAIN_MS);
    }
    const [oldest] = this.#pending.values();
    const isDue = oldest === undefined || performance.now() - oldest.since >= this.#settleMs;
    this.#settleSoon(isDue ? 0 : this.#settleMs);
  }
}
