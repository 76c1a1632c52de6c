// One session's events to one socket: what it missed, page by page, then live ones; in order, each once.
import type { Disposable } from '../../base/disposable.ts';
import type { CommittedEvents, Sessions } from '../parts.ts';
import { encodeEvents, type Outbox } from './outbox.ts';

const PAGE = 1000;

export interface SessionStreamParts {
  readonly id: string;
  readonly sessions: Pick<Sessions, 'watch' | 'eventTexts'>;
  readonly outbox: Outbox;
  /** The number of the last event that the client has. */
  readonly after: number;
  /** The database's fault: the stream is over. */
  readonly onFault: (error: unknown) => void;
}

export class SessionStream implements Disposable {
  readonly #parts: SessionStreamParts;
  readonly #watching: ReturnType<Sessions['watch']>;
  #sent: number;
  /** The last number that was told of while catching up. */
  #latest = 0;
  #state: 'catching-up' | 'live' | 'over' = 'catching-up';
  #wasCaughtUp = false;

  constructor(parts: SessionStreamParts) {
    this.#parts = parts;
    this.#sent = parts.after;
    this.#watching = parts.sessions.watch(parts.id);
    this.#start(this.#watching.ready);
  }

  /** Live ones. `frame` makes the frame of them all, once for all streams. While it catches up only their number is kept: they are on disk. */
  offer({ from, texts }: CommittedEvents, frame: () => Buffer): void {
    const to = from + texts.length - 1;
    if (to <= this.#sent || this.#state === 'over') return;
    this.#latest = Math.max(this.#latest, to);
    if (this.#state !== 'live') return;
    if (from > this.#sent + 1) return this.#start(Promise.resolve());
    this.#parts.outbox.sendEncoded(from === this.#sent + 1 ? frame() : encodeEvents(this.#parts.id, texts.slice(this.#sent + 1 - from)));
    this.#sent = to;
  }

  dispose(): void {
    this.#state = 'over';
    this.#watching.dispose();
  }

  #start(ready: Promise<void>): void {
    this.#state = 'catching-up';
    this.#catchUp(ready).catch((error: unknown) => {
      if (this.#state === 'over') return;
      this.dispose();
      this.#parts.onFault(error);
    });
  }

  async #catchUp(ready: Promise<void>): Promise<void> {
    const { id, sessions, outbox } = this.#parts;
    await ready;
    let next = sessions.eventTexts(id, this.#sent, PAGE);
    for (;;) {
      const page = await next;
      if (this.#state === 'over' || !outbox.isOpen) return;
      const last = page.at(-1);
      if (last === undefined) {
        if (this.#latest <= this.#sent) break;
        next = sessions.eventTexts(id, this.#sent, PAGE);
        continue;
      }
      this.#sent = last.seq;
      // The next page is read while this one is on its way, and no further: a slow client holds two.
      next = sessions.eventTexts(id, this.#sent, PAGE);
      next.catch(() => undefined);
      await outbox.sendThrough(encodeEvents(id, page.map(({ text }) => text)));
    }
    this.#state = 'live';
    if (this.#wasCaughtUp) return;
    this.#wasCaughtUp = true;
    outbox.send({ type: 'caught_up', session_id: id, seq: this.#sent });
  }
}
