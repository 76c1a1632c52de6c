// Group commit: whatever waits is written in one transaction, and its writers hear of it once it is on disk. A fault rejects all that waits.
import { AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { EventRow } from './eventRows.ts';
import type { EventStore } from './eventStore.ts';
import type { HeldSession } from './heldSessions.ts';
import { saveInfos, type SessionRow } from './sessionRows.ts';
import { StoreHealth } from './storeHealth.ts';

/** Events of one transaction, about: one batch is never cut. */
const EVENTS_AT_ONCE = 4000;
/** Under load transactions begin at least this far apart: fewer, larger ones cost less, and delay less than a viewer notices. */
const PACE_MS = 10;

interface Write {
  readonly session: HeldSession;
  readonly events: readonly EventRow[];
  readonly row: SessionRow | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** Events of one session that were just committed; they follow each other. */
export interface Committed {
  readonly session: HeldSession;
  readonly rows: readonly EventRow[];
}

export interface WriteQueueOptions {
  readonly store: EventStore;
  readonly log: Log;
  /** Called after the commit, before its writers go on. */
  readonly onCommitted: (batches: readonly Committed[]) => void;
  /** The sessions whose writes were not done. Called before their writers hear of it. */
  readonly onFailed: (sessions: ReadonlySet<HeldSession>) => void;
}

export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: Write[] = [];
  #running = false;
  #run: Promise<void> = Promise.resolve();
  #lastStart = -Infinity;
  readonly #health: StoreHealth;
  #ended = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#health = new StoreHealth({ database: options.store.database, log: options.log });
  }

  /** Resolves once on disk. Throws `disk-full`, `disconnected`, `internal`; nothing of it is written then. */
  events(session: HeldSession, events: readonly EventRow[]): Promise<void> {
    return this.#add(session, events, undefined);
  }

  /** As above; of two for one session that wait, the later is written. */
  row(session: HeldSession, row: SessionRow): Promise<void> {
    return this.#add(session, [], row);
  }

  /** See `StoreHealth`. */
  recovered(): Promise<void> {
    return this.#health.recovered();
  }

  /** Writes what waits, and takes no more. */
  async dispose(): Promise<void> {
    this.#ended = true;
    this.#health.dispose();
    await this.#run;
  }

  #add(session: HeldSession, events: readonly EventRow[], row: SessionRow | undefined): Promise<void> {
    if (this.#ended) return Promise.reject(new AgentsError('cancelled', 'The hub is ending.'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ session, events, row, resolve, reject });
      if (!this.#running) this.#run = this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const wait = this.#ended ? 0 : this.#lastStart + PACE_MS - performance.now();
      // Also without a wait a turn passes: whatever sockets have to say now is in the same transaction.
      await new Promise<void>((resolve) => (wait > 0 ? setTimeout(resolve, wait) : setImmediate(resolve)));
      this.#lastStart = performance.now();
      const writes = this.#take();
      const fault = await this.#faultOf(writes);
      if (fault === undefined) this.#done(writes);
      else if (fault.reason === 'internal' && writes.length > 1) await this.#writeEach(writes);
      else this.#fail([...writes, ...this.#waiting.splice(0)], fault);
    }
    this.#running = false;
  }

  /** Something in one of them is not to be stored: the others must not suffer for it. */
  async #writeEach(writes: readonly Write[]): Promise<void> {
    const failed = new Set<HeldSession>();
    for (const write of writes) {
      if (failed.has(write.session)) continue;
      const fault = await this.#faultOf([write]);
      if (fault === undefined) {
        this.#done([write]);
        continue;
      }
      failed.add(write.session);
      const later = (other: Write): boolean => other.session === write.session;
      const behind = [...writes.slice(writes.indexOf(write)), ...this.#waiting].filter(later);
      this.#waiting = this.#waiting.filter((other) => !later(other));
      this.#fail(behind, fault);
    }
  }

  async #faultOf(writes: readonly Write[]): Promise<AgentsError | undefined> {
    try {
      await this.#write(writes);
      return undefined;
    } catch (error) {
      return storeFault(error);
    }
  }

  #take(): readonly Write[] {
    let events = 0;
    const end = this.#waiting.findIndex((write) => (events += write.events.length) > EVENTS_AT_ONCE);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(end, 1));
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const { store } = this.#options;
    const rows = new Map(writes.flatMap(({ row }) => (row === undefined ? [] : [[row.id, row] as const])));
    const committed = await store.database.transaction().execute(async (transaction) => {
      await saveInfos(transaction, [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
      return await store.add(transaction, merged(writes).map(({ session, rows: some }) => ({ id: session.id, rows: some })));
    });
    committed();
  }

  #done(writes: readonly Write[]): void {
    this.#health.works();
    this.#options.onCommitted(merged(writes));
    for (const write of writes) write.resolve();
  }

  /** What waits behind in a session is among `failed`: it would be a gap. */
  #fail(failed: readonly Write[], fault: AgentsError): void {
    this.#health.failed(fault);
    this.#options.onFailed(new Set(failed.map(({ session }) => session)));
    for (const write of failed) write.reject(fault);
  }
}

/** By session, in the order in which they came. */
function merged(writes: readonly Write[]): readonly Committed[] {
  const sessions = new Map<HeldSession, EventRow[]>();
  for (const { session, events } of writes) {
    if (events.length === 0) continue;
    const rows = sessions.get(session);
    if (rows === undefined) sessions.set(session, [...events]);
    else rows.push(...events);
  }
  return [...sessions].map(([session, rows]) => ({ session, rows }));
}
