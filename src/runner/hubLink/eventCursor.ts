// How far one session's events have come: read, sent, acknowledged. Numbers alone; nothing of what they say is kept.

interface Flight {
  readonly seq: number;
  readonly count: number;
  readonly bytes: number;
}

export interface Load {
  readonly count: number;
  readonly bytes: number;
}

const nothing: Load = { count: 0, bytes: 0 };

export class EventCursor {
  /** The number of the next event to send. */
  #next: number;
  /** The last that is known to be on disk. */
  #known: number;
  #flying: Flight[] = [];

  /** `after`: what the hub has. `known`: what is on disk. */
  constructor(after: number, known: number) {
    this.#next = after + 1;
    this.#known = known;
  }

  get next(): number {
    return this.#next;
  }

  /** Whether something is on disk that was not sent. */
  get isBehind(): boolean {
    return this.#known >= this.#next;
  }

  /** What was sent and not acknowledged. */
  get flying(): Load {
    return this.#flying.reduce((sum, { count, bytes }) => ({ count: sum.count + count, bytes: sum.bytes + bytes }), nothing);
  }

  knows(seq: number): void {
    this.#known = Math.max(this.#known, seq);
  }

  /** The journal says there is nothing behind `next`, whatever was told of it. */
  isAtEnd(): void {
    this.#known = Math.min(this.#known, this.#next - 1);
  }

  /** Events from `next` up to that number went out. */
  sent(seq: number, bytes: number): void {
    this.#flying.push({ seq, count: seq - this.#next + 1, bytes });
    this.#next = seq + 1;
  }

  /** What no longer flies by it. Of more than was sent, the hub has it from before. */
  acked(seq: number): Load {
    const before = this.flying;
    this.#flying = this.#flying.filter((flight) => flight.seq > seq);
    if (seq >= this.#next) this.#next = seq + 1;
    return difference(before, this.flying);
  }

  /** The hub wants what follows that number, whatever was sent; what flew is forgotten. */
  resume(after: number): Load {
    const before = this.flying;
    this.#flying = [];
    this.#next = after + 1;
    return before;
  }
}

function difference(a: Load, b: Load): Load {
  return { count: a.count - b.count, bytes: a.bytes - b.bytes };
}
