// Events by name, as libraries for Node give them: `.on`, `.once`, `.off`, typed. Inside the house `Event` is used.
import type { Disposable } from './disposable.ts';

type Listener<T> = (value: T) => void;

/** `Events` maps each name to what its listeners are given. One listener's fault is reported and costs the others nothing. */
export class NamedEvents<Events extends object> implements Disposable {
  readonly #listeners = new Map<keyof Events, { readonly listener: unknown; readonly once: boolean }[]>();
  readonly #onFault: (fault: unknown) => void;

  constructor(onFault: (fault: unknown) => void = (fault) => queueMicrotask(() => { throw fault; })) {
    this.#onFault = onFault;
  }

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): this {
    return this.#add(name, listener, false);
  }

  once<K extends keyof Events>(name: K, listener: Listener<Events[K]>): this {
    return this.#add(name, listener, true);
  }

  /** Takes away one subscription of that listener, the latest. */
  off<K extends keyof Events>(name: K, listener: Listener<Events[K]>): this {
    const list = this.#listeners.get(name) ?? [];
    const index = list.findLastIndex((entry) => entry.listener === listener);
    if (index >= 0) this.#listeners.set(name, list.toSpliced(index, 1));
    return this;
  }

  /** Whether anybody listened. */
  emit<K extends keyof Events>(name: K, value: Events[K]): boolean {
    const list = this.#listeners.get(name) ?? [];
    for (const { listener, once } of list) {
      if (once) this.off(name, listener as Listener<Events[K]>);
      try {
        (listener as Listener<Events[K]>)(value);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
    return list.length > 0;
  }

  listenerCount(name: keyof Events): number {
    return this.#listeners.get(name)?.length ?? 0;
  }

  dispose(): void {
    this.#listeners.clear();
  }

  #add<K extends keyof Events>(name: K, listener: Listener<Events[K]>, once: boolean): this {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), { listener, once }]);
    return this;
  }
}
