// Tells of shared sessions whose rows are others than before: looked at a moment after something may have changed them, once for many causes.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';

export interface RowChangesParts {
  /** Undefined where there is no such session (any more). */
  readonly rowOf: (sessionId: string) => SharedSession | undefined;
  /** Milliseconds. */
  readonly gatherMs: number;
}

export class RowChanges implements Disposable {
  readonly #parts: RowChangesParts;
  readonly #owned = new DisposableStore();
  readonly #changed = new Emitter<SharedSession>();
  readonly #gone = new Emitter<string>();
  readonly #dirty = new Set<string>();
  /** As they were told, without the numbers of their events, which are told by the events. */
  readonly #told = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RowChangesParts) {
    this.#parts = parts;
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
    this.#owned.add(this.#changed);
    this.#owned.add(this.#gone);
  }

  readonly onDidChange: Event<SharedSession> = (listener) => this.#changed.event(listener);
  readonly onDidGo: Event<string> = (listener) => this.#gone.event(listener);

  /** As it is already: told anew only once it is different. */
  know(row: SharedSession): void {
    this.#told.set(row.session_id, textOf(row));
  }

  /** Something of it may be different. */
  touch(sessionId: string): void {
    if (this.#owned.isDisposed) return;
    this.#dirty.add(sessionId);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const dirty = [...this.#dirty];
      this.#dirty.clear();
      for (const id of dirty) this.#look(id);
    }, this.#parts.gatherMs);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #look(sessionId: string): void {
    const row = this.#parts.rowOf(sessionId);
    if (row === undefined) {
      if (this.#told.delete(sessionId)) this.#gone.fire(sessionId);
      return;
    }
    const text = textOf(row);
    if (this.#told.get(sessionId) === text) return;
    this.#told.set(sessionId, text);
    this.#changed.fire(row);
  }
}

function textOf(row: SharedSession): string {
  return JSON.stringify({ ...row, last_seq: 0 });
}
