// Tells a hub of sessions whose rows changed: the newest row of each, not every step to it, and not while the hub is slow to read.
import { DisposableStore } from '../../base/disposable.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { Wire } from './hubSocket.ts';
import { fittingRow } from './sharedRows.ts';

/** Bytes that may wait for the network before rows wait, too. */
const WAITING = 256 * 1024;

export class RowStream {
  readonly #wire: Wire;
  readonly #gatherMs: number;
  readonly #onSent: (session: SharedSession) => void;
  /** The newest of each that changed; undefined for one that is gone. */
  readonly #changed = new Map<string, SharedSession | undefined>();
  readonly #owned = new DisposableStore();
  #timer: NodeJS.Timeout | undefined;
  #open = false;


  /** `onSent`: the hub knows of it before anything else that is said of it. */
  constructor({ wire, gatherMs, onSent }: { readonly wire: Wire; readonly gatherMs: number; readonly onSent: (session: SharedSession) => void }) {
    this.#wire = wire;
    this.#gatherMs = gatherMs;
    this.#onSent = onSent;
    this.#owned.add(wire.onDrain(() => this.#flushSoon()));
    wire.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** The hub has answered the hello: what changed since goes out. */
  begin(): void {
    this.#open = true;
    this.#flushSoon();
  }

  changed(session: SharedSession): void {
    this.#changed.set(session.session_id, session);
    this.#flushSoon();
  }

  gone(sessionId: string): void {
    this.#changed.set(sessionId, undefined);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (!this.#open || this.#changed.size === 0 || this.#wire.signal.aborted) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#gatherMs);
  }

  #flush(): void {
    for (const [sessionId, session] of this.#changed) {
      if (this.#wire.waiting > WAITING) return;
      this.#changed.delete(sessionId);
      if (session === undefined) this.#wire.send({ type: 'session_gone', session_id: sessionId });
      else if (this.#wire.send({ type: 'session', session: fittingRow(session) })) this.#onSent(session);
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#changed.clear();
    this.#owned.dispose();
  }
}
