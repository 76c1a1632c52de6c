// Typed events: a function to subscribe with, and the emitter that fires it.
import type { Disposable } from './disposable.ts';

/** Subscribes a listener; dispose the result to unsubscribe. Same shape as `vscode.Event`. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** Fires values to its listeners in the order they subscribed. One listener's fault is reported and costs the others nothing. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>();
  readonly #onFault: (fault: unknown) => void;
  #disposed = false;

  constructor(onFault: (fault: unknown) => void = reportFault) {
    this.#onFault = onFault;
  }

  readonly event: Event<T> = (listener) => {
    const entry = { call: listener };
    if (!this.#disposed) this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  };

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  fire(value: T): void {
    for (const entry of [...this.#listeners]) {
      try {
        entry.call(value);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
  }
}

function reportFault(fault: unknown): void {
  queueMicrotask(() => {
    throw fault;
  });
}
