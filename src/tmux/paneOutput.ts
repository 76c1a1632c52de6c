// Who listens to which pane's bytes.
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';
import type { PaneId } from './types.ts';

export class PaneOutput {
  readonly #panes = new Map<PaneId, Emitter<Buffer>>();

  isWanted(pane: PaneId): boolean {
    return this.#panes.has(pane);
  }

  deliver(pane: PaneId, bytes: Buffer): void {
    this.#panes.get(pane)?.fire(bytes);
  }

  listen(pane: PaneId, listener: (bytes: Buffer) => void): Disposable {
    const emitter = this.#panes.get(pane) ?? new Emitter<Buffer>();
    this.#panes.set(pane, emitter);
    const subscription = emitter.event(listener);
    return toDisposable(() => {
      subscription.dispose();
      if (!emitter.hasListeners && this.#panes.get(pane) === emitter) this.#panes.delete(pane);
    });
  }
}
