// Events of one session on their way into a frame: as many as it takes, in order, and none that no frame can hold.
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';

export const BATCH = { events: 200, bytes: 256 * 1024 } as const;
/** An event of more is told by its kind and size alone: it would never come through. */
const MOST_EVENT = 768 * 1024;

export class EventBatch {
  readonly #events: RunnerEvent[] = [];
  #bytes = 0;

  get events(): readonly RunnerEvent[] {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  get isFull(): boolean {
    return this.#events.length >= BATCH.events || this.#bytes >= BATCH.bytes;
  }

  get lastSeq(): number {
    return this.#events.at(-1)?.seq ?? 0;
  }

  /** False when it belongs into the next one. */
  add(event: RunnerEvent): boolean {
    const whole = Buffer.byteLength(JSON.stringify(event));
    const bytes = Math.min(whole, MOST_EVENT);
    if (!this.isEmpty && (this.isFull || this.#bytes + bytes > BATCH.bytes)) return false;
    this.#events.push(whole > MOST_EVENT ? { ...lostEvent(event.seq, event), type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'too_long', of: event.type, bytes: whole } } : event);
    this.#bytes += bytes;
    return true;
  }
}

/** In place of an event that is on no disk any more: the numbers behind it count on. */
export function lostEvent(seq: number, like: RunnerEvent): RunnerEvent {
  return { sessionId: like.sessionId, orgId: like.orgId, ts: like.ts, seq, type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'lost' } };
}
