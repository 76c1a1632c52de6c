// Sends sessions' events to a hub, out of their journals: in order, each once, no more on the way than the hub acknowledges. What is new is sent from
// memory while a session is up to date, and read back from disk as soon as it is not: nothing is queued that the disk has.
import { isAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import { EventBatch, lostEvent } from './eventBatch.ts';
import { EventCursor, type Load } from './eventCursor.ts';
import { whenBelow, type Wire } from './hubSocket.ts';
import type { SharedFleet } from './ports.ts';

export interface EventStreamParts {
  readonly wire: Wire;
  readonly fleet: Pick<SharedFleet, 'readEvents'>;
  /** What may be unacknowledged at once. */
  readonly window: Load;
  /** Milliseconds that new events wait for others to go with. */
  readonly gatherMs: number;
  readonly log: Log;
}

interface Sending {
  readonly sessionId: string;
  readonly cursor: EventCursor;
  /** New ones that go out together, from `cursor.next` on. */
  fresh: EventBatch | undefined;
  /** Counts the resumes: what was read before one is not sent after it. */
  epoch: number;
  /** The last that was told as new: it is on disk. */
  heard: number;
}

/** Batches that a session may send before others have their turn. */
const BATCHES_PER_TURN = 20;
/** Bytes that may wait for the network before more is read. */
const WAITING = 1024 * 1024;
/** New events of all sessions together that may wait for their frame. */
const FRESH_BYTES = 2 * 1024 * 1024;
/** Milliseconds until a journal that could not be read is tried again. */
const READ_AGAIN_MS = 5_000;

export class EventStream {
  readonly #parts: EventStreamParts;
  readonly #sendings = new Map<string, Sending>();
  /** Those whose events are to be read from disk. */
  readonly #due = new Set<Sending>();
  /** The last that was told of sessions that the hub has not asked for yet. */
  readonly #early = new Map<string, number>();
  /** Read again later. */
  readonly #failed = new Set<Sending>();
  #flying: { count: number; bytes: number } = { count: 0, bytes: 0 };
  #freshBytes = 0;
  #gathering: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #reading = false;
  #wake: (() => void) | undefined;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    parts.wire.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** The hub has its events up to that number; on disk are those up to `known`. Also after a gap, and for a session that is new. */
  resume(sessionId: string, after: number, known: number): void {
    const sending = this.#sendings.get(sessionId);
    if (after > Math.max(known, sending?.heard ?? 0, this.#early.get(sessionId) ?? 0)) this.#parts.log.warn(`${sessionId}: the hub has events up to ${after}, this disk up to ${known}: what comes next is sent once it has a greater number.`);
    if (sending === undefined) {
      const heard = this.#early.get(sessionId) ?? 0;
      this.#early.delete(sessionId);
      const made: Sending = { sessionId, cursor: new EventCursor(after, Math.max(known, heard)), fresh: undefined, epoch: 0, heard };
      this.#sendings.set(sessionId, made);
      return this.#later(made);
    }
    this.#dropFresh(sending);
    sending.epoch++;
    this.#landed(sending.cursor.resume(after));
    sending.cursor.knows(known);
    this.#later(sending);
  }

  has(sessionId: string): boolean {
    return this.#sendings.has(sessionId);
  }

  forget(sessionId: string): void {
    this.#early.delete(sessionId);
    const sending = this.#sendings.get(sessionId);
    if (sending === undefined) return;
    this.#dropFresh(sending);
    sending.epoch++;
    this.#landed(sending.cursor.resume(0));
    this.#due.delete(sending);
    this.#failed.delete(sending);
    this.#sendings.delete(sessionId);
  }

  acked(sessionId: string, seq: number): void {
    const sending = this.#sendings.get(sessionId);
    if (sending === undefined) return;
    const { next } = sending.cursor;
    this.#landed(sending.cursor.acked(seq));
    // It had more than was sent: what was gathered begins too early.
    if (sending.cursor.next !== next) this.#dropFresh(sending);
    this.#later(sending);
  }

  /** A new one is on disk. */
  take(event: RunnerEvent): void {
    const sending = this.#sendings.get(event.sessionId);
    if (sending === undefined) return void this.#early.set(event.sessionId, event.seq);
    const { cursor } = sending;
    const upToDate = !cursor.isBehind || (sending.fresh !== undefined && sending.fresh.lastSeq === event.seq - 1);
    cursor.knows(event.seq);
    sending.heard = Math.max(sending.heard, event.seq);
    if (event.seq < cursor.next || this.#due.has(sending) || this.#failed.has(sending)) return;
    const expected = sending.fresh === undefined ? cursor.next : sending.fresh.lastSeq + 1;
    if (!upToDate || event.seq !== expected || !this.#gather(sending, event)) {
      this.#dropFresh(sending);
      this.#later(sending);
    }
  }

  #gather(sending: Sending, event: RunnerEvent): boolean {
    if (this.#freshBytes > FRESH_BYTES) return false;
    sending.fresh ??= new EventBatch();
    const before = sending.fresh.bytes;
    if (!sending.fresh.add(event)) {
      if (!this.#sendFresh(sending)) return false;
      return this.#gather(sending, event);
    }
    this.#freshBytes += sending.fresh.bytes - before;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      for (const one of this.#sendings.values()) if (one.fresh !== undefined && !this.#sendFresh(one)) this.#later(one);
    }, this.#parts.gatherMs);
    return true;
  }

  /** False where there is no room: they are read from disk when there is. */
  #sendFresh(sending: Sending): boolean {
    const { fresh } = sending;
    this.#dropFresh(sending);
    if (fresh === undefined) return true;
    if (!this.#hasRoom() || this.#parts.wire.waiting > WAITING) return false;
    return this.#send(sending, fresh);
  }

  #dropFresh(sending: Sending): void {
    this.#freshBytes -= sending.fresh?.bytes ?? 0;
    sending.fresh = undefined;
  }

  #send({ sessionId, cursor }: Sending, batch: EventBatch): boolean {
    if (!this.#parts.wire.send({ type: 'events', session_id: sessionId, events: [...batch.events] })) return false;
    const count = batch.lastSeq - cursor.next + 1;
    cursor.sent(batch.lastSeq, batch.bytes);
    this.#flying = { count: this.#flying.count + count, bytes: this.#flying.bytes + batch.bytes };
    return true;
  }

  #hasRoom(): boolean {
    const { window } = this.#parts;
    return this.#flying.count < window.count && this.#flying.bytes < window.bytes;
  }

  #landed({ count, bytes }: Load): void {
    this.#flying = { count: this.#flying.count - count, bytes: this.#flying.bytes - bytes };
    if (this.#hasRoom()) this.#wake?.();
  }

  /** Reads it from disk when its turn comes, if there is something. */
  #later(sending: Sending): void {
    if (!sending.cursor.isBehind || sending.fresh !== undefined || this.#failed.has(sending) || this.#sendings.get(sending.sessionId) !== sending) return;
    this.#due.add(sending);
    if (!this.#reading) void this.#readAll();
  }

  /** One session after the other: at most one journal is open. */
  async #readAll(): Promise<void> {
    const { wire, log } = this.#parts;
    this.#reading = true;
    try {
      for (let [sending] = this.#due; sending !== undefined && !wire.signal.aborted; [sending] = this.#due) {
        const { epoch, cursor } = sending;
        const { next } = cursor;
        try {
          const atEnd = await this.#read(sending);
          this.#due.delete(sending);
          if (sending.epoch !== epoch || !atEnd) this.#later(sending);
          else if (cursor.next > sending.heard) cursor.isAtEnd();
          else if (cursor.next > next) this.#later(sending);
          else this.#tryAgain(sending);
        } catch (error) {
          if (wire.signal.aborted || isAgentsError(error, 'cancelled')) return;
          log.warn(`${sending.sessionId}: its events cannot be read: ${messageOf(error)}`);
          this.#due.delete(sending);
          this.#tryAgain(sending);
        }
      }
    } finally {
      this.#reading = false;
    }
  }

  /** True when the journal's end was reached, and all of it sent. */
  async #read(sending: Sending): Promise<boolean> {
    const { cursor, epoch, sessionId } = sending;
    let batch = new EventBatch();
    let expected = cursor.next;
    let sent = 0;
    /** False when it is not this reading's turn any more. */
    const flush = async (): Promise<boolean> => {
      if (batch.isEmpty) return true;
      await this.#room();
      if (sending.epoch !== epoch || cursor.next !== batch.events[0]?.seq) return false;
      if (!this.#send(sending, batch)) return false;
      batch = new EventBatch();
      return ++sent < BATCHES_PER_TURN;
    };
    for await (const event of this.#parts.fleet.readEvents(sessionId, expected)) {
      if (event.seq < expected) continue;
      for (; expected <= event.seq; expected++) {
        const next = expected === event.seq ? event : lostEvent(expected, event);
        if (batch.add(next)) continue;
        if (!(await flush())) return false;
        batch.add(next);
      }
    }
    return flush();
  }

  #tryAgain(sending: Sending): void {
    if (this.#sendings.get(sending.sessionId) !== sending) return;
    this.#failed.add(sending);
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      const failed = [...this.#failed];
      this.#failed.clear();
      for (const one of failed) this.#later(one);
    }, READ_AGAIN_MS);
  }

  async #room(): Promise<void> {
    const { wire } = this.#parts;
    while (!this.#hasRoom() && !wire.signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    await whenBelow(wire, WAITING);
  }

  #stop(): void {
    clearTimeout(this.#gathering);
    clearTimeout(this.#again);
    this.#sendings.clear();
    this.#due.clear();
    this.#failed.clear();
    this.#early.clear();
    this.#wake?.();
  }
}
