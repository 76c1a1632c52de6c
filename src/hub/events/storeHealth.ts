// Whether the database takes writes: told in the log when that changes, and tried by itself while it does not.
import type { Disposable } from '../../base/disposable.ts';
import { Backoff } from '../../base/backoff.ts';
import type { AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Database } from '../store/tables.ts';

/** Milliseconds; also the least that whoever failed waits before the next attempt. */
const TRIES = { firstMs: 1000, longestMs: 15_000 } as const;
/** A row of `settings`, only ever written. */
const PROBE = 'store.probe';

export class StoreHealth implements Disposable {
  readonly #database: Database;
  readonly #log: Log;
  readonly #backoff = new Backoff(TRIES);
  readonly #waiting = new Set<() => void>();
  #failing = false;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor({ database, log }: { readonly database: Database; readonly log: Log }) {
    this.#database = database;
    this.#log = log;
  }

  works(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#log.info('The hub\'s database takes events again.');
    this.#backoff.reset();
    if (this.#waiting.size > 0) this.#later();
  }

  failed(fault: AgentsError): void {
    if (!this.#failing) this.#log.error(`Events were not stored; runners keep them and send them again. ${fault.message}`);
    this.#failing = true;
    this.#later();
  }

  /** Resolves a moment later, and not before the database takes writes; never once the hub ends. */
  recovered(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      this.#later();
    });
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #later(): void {
    if (this.#disposed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#try();
    }, this.#backoff.next());
  }

  async #try(): Promise<void> {
    const waiting = [...this.#waiting];
    try {
      const value = String(Date.now());
      await this.#database.insertInto('settings').values({ name: PROBE, value }).onConflict((on) => on.column('name').doUpdateSet({ value })).execute();
    } catch (error) {
      this.#log.debug(`The database does not take writes yet: ${String(error)}`);
      return this.#later();
    }
    this.works();
    for (const resolve of waiting) {
      this.#waiting.delete(resolve);
      resolve();
    }
  }
}
