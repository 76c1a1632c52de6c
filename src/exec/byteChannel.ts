// Bytes for whoever listens; those that come before the first listener are kept for it.
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';

export class ByteChannel {
  readonly #emitter = new Emitter<Buffer>();
  #kept: Buffer[] | undefined = [];

  push(chunk: Buffer): void {
    if (this.#kept) this.#kept.push(chunk);
    else this.#emitter.fire(chunk);
  }

  listen(listener: (chunk: Buffer) => void): Disposable {
    const subscription = this.#emitter.event(listener);
    const kept = this.#kept;
    this.#kept = undefined;
    for (const chunk of kept ?? []) this.#emitter.fire(chunk);
    return subscription;
  }
}
