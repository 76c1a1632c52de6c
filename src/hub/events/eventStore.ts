// Where events are kept. In PostgreSQL at once in their table. In SQLite, whose unit of writing is a whole page, first at the end of a log, where those
// of many sessions share a page; some seconds later, several of a session at a time, in their place in the table. What is not there yet is read from memory.
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Database } from '../store/tables.ts';
import { addEvents, lastSeqOf, logEvents, PAGE_CHARACTERS, readEvents, type EventRow, type EventRows } from './eventRows.ts';

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

/** Of one session: in the log and not in the table; in order, without a gap. */
interface Pending {
  readonly rows: EventRow[];
  /** Their numbers in the log. */
  readonly ids: number[];
  /** Since when, by `performance.now()`. */
  readonly since: number;
}

/** The first of them. */
interface Settling extends EventRows {
  readonly from: Pending;
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
  async add(transaction: Database, sessions: readonly EventRows[]): Promise<() => void> {
    if (!this.#staged) {
      await addEvents(this.database, transaction, sessions);
      return () => undefined;
    }
    const count = sessions.reduce((sum, { rows }) => sum + rows.length, 0);
    const firstId = this.#nextId;
    this.#nextId += count;
    await logEvents(this.database, transaction, sessions, firstId);
    // What waits long enough goes along: no commit of its own, and never much at a time.
    const settled = await this.#settleSome(transaction, Math.max(AT_ONCE, 2 * count));
    return () => {
      settled();
      this.#logged(sessions, firstId);
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
    const from = this.#pending.get(session);
    if (from === undefined) return;
    const done = await this.database.transaction().execute((transaction) => this.#settle(transaction, [{ id: session, rows: from.rows.slice(), from }]));
    done();
  }

  /** What is only in the log stays there: it settles when the hub starts again. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#timer);
    await this.#settling;
  }

  #logged(sessions: readonly EventRows[], firstId: number): void {
    let next = firstId;
    for (const { id, rows } of sessions) {
      let pending = this.#pending.get(id);
      if (pending === undefined) this.#pending.set(id, (pending = { rows: [], ids: [], since: performance.now() }));
      for (const row of rows) {
        pending.rows.push(row);
        pending.ids.push(next++);
      }
    }
    this.#pendingCount += next - firstId;
    this.#lastId = next - 1;
  }

  /** Those that wait long enough, the longest first, and of the log what is in the table. To be called: once that is committed. */
  async #settleSome(transaction: Database, most: number): Promise<() => void> {
    const next = this.#firstUnsettledId();
    const first = this.#firstId;
    const end = Math.min(next, first + 2 * most);
    if (end > first) await transaction.deleteFrom('event_log').where('id', '<', end).execute();
    const due = performance.now() - this.#settleMs;
    const some: Settling[] = [];
    let count = 0;
    for (const [id, from] of this.#pending) {
      if (count >= most || (from.since > due && this.#pendingCount < this.#mostPending)) break;
      const rows = from.rows.slice(0, most - count);
      some.push({ id, rows, from });
      count += rows.length;
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
    for (const { ids } of this.#pending.values()) first = Math.min(first, ids[0] ?? first);
    return first;
  }

  /** Puts the first of sessions' pending events into the table. To be called: once that is committed. */
  async #settle(transaction: Database, sessions: readonly Settling[]): Promise<() => void> {
    await addEvents(this.database, transaction, sessions);
    return () => {
      for (const { id, rows, from } of sessions) {
        // Or another has settled them meanwhile.
        if (this.#pending.get(id) !== from) continue;
        this.#pendingCount -= rows.length;
        this.#pending.delete(id);
        if (rows.length < from.rows.length) this.#pending.set(id, { rows: from.rows.slice(rows.length), ids: from.ids.slice(rows.length), since: performance.now() });
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
