// Which sessions are watched, here and at the hub's other processes: only what somebody looks at crosses between them.
import * as z from 'zod';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import type { Bus } from '../parts.ts';

const TOPIC = 'sessions.watched';
/** All is said again this often: what was lost on the way is put right. */
const AGAIN_MS = 10_000;

/** `all` in place of what was known of that process; `ask`: say yours, too. */
const Said = z.object({ process: z.string(), add: z.array(z.string()).optional(), remove: z.array(z.string()).optional(), all: z.array(z.string()).optional(), ask: z.boolean().optional() });

export class Watchers implements Disposable {
  readonly #bus: Bus;
  readonly #own = new Map<string, number>();
  readonly #others = new Map<string, Set<string>>();
  readonly #wanted = new Emitter<readonly string[]>();
  readonly #things = new DisposableStore();

  /** Sessions that another process watches, as it says so: whoever holds one tells how far it is. */
  readonly onDidWant = this.#wanted.event;

  constructor(bus: Bus) {
    this.#bus = bus;
    this.#things.add(bus.subscribe(TOPIC, (message) => this.#hear(message)));
    this.#things.add(bus.onDidLose((process) => void this.#others.delete(process)));
    this.#things.add(bus.onDidMiss(() => this.#sayAll(true)));
    const timer = setInterval(() => this.#others.size > 0 && this.#sayAll(false), AGAIN_MS);
    this.#things.add(toDisposable(() => clearInterval(timer)));
    this.#sayAll(true);
  }

  /** Whether the hub has other processes that were heard of. */
  get hasOthers(): boolean {
    return this.#others.size > 0;
  }

  isWatchedElsewhere(id: string): boolean {
    for (const watched of this.#others.values()) if (watched.has(id)) return true;
    return false;
  }

  isWatchedHere(id: string): boolean {
    return this.#own.has(id);
  }

  /** `end` runs when the last of a session's watchers here is gone. */
  watch(id: string, end: () => void): Disposable {
    const count = this.#own.get(id) ?? 0;
    this.#own.set(id, count + 1);
    if (count === 0) this.#say({ add: [id] });
    return toDisposable(() => {
      const left = (this.#own.get(id) ?? 1) - 1;
      if (left > 0) return void this.#own.set(id, left);
      this.#own.delete(id);
      this.#say({ remove: [id] });
      end();
    });
  }

  dispose(): void {
    this.#things.dispose();
    this.#wanted.dispose();
  }

  #say(said: Omit<z.infer<typeof Said>, 'process'>): void {
    this.#bus.publish(TOPIC, { process: this.#bus.processId, ...said });
  }

  #sayAll(ask: boolean): void {
    this.#say({ all: [...this.#own.keys()], ask });
  }

  #hear(message: unknown): void {
    const { data: said } = Said.safeParse(message);
    if (said === undefined || said.process === this.#bus.processId) return;
    const watched = said.all === undefined ? (this.#others.get(said.process) ?? new Set<string>()) : new Set(said.all);
    this.#others.set(said.process, watched);
    for (const id of said.add ?? []) watched.add(id);
    for (const id of said.remove ?? []) watched.delete(id);
    if (said.ask === true) this.#sayAll(false);
    const wanted = said.all ?? said.add ?? [];
    if (wanted.length > 0) this.#wanted.fire(wanted);
  }
}
