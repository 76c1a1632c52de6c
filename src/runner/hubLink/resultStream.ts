// Brings tasks' results to a hub: in the order of their ends, again on each connection until the hub has them. A hub that acknowledges none has
// one once it is heard of after the result went out.
import { DisposableStore } from '../../base/disposable.ts';
import type { Wire } from './hubSocket.ts';
import type { TaskResult } from '../../protocol/hubWire/sibylFrames.ts';
import type { TaskPort } from './ports.ts';
import { fittingResult } from './fittingResult.ts';

/** Results on their way at once, and bytes that may wait for the network before the next goes. */
const AT_ONCE = 16;
const WAITING = 1024 * 1024;
/** Milliseconds by which a heartbeat must be later than a result: one that crossed it tells nothing. */
const CROSSING_MS = 1_000;

export class ResultStream {
  readonly #wire: Wire;
  readonly #tasks: TaskPort;
  readonly #owned = new DisposableStore();
  /** Sent on this connection and not known to have arrived: when, by the monotonic clock. A task may have another result by now, of another attempt. */
  readonly #sent = new Map<string, { readonly at: number; readonly result: TaskResult }>();
  readonly #arrived = new Map<string, TaskResult>();
  #acks = false;
  #open = false;

  constructor(wire: Wire, tasks: TaskPort) {
    this.#wire = wire;
    this.#tasks = tasks;
    this.#owned.add(tasks.onDidFinish(() => this.#send()));
    this.#owned.add(wire.onDrain(() => this.#send()));
    wire.signal.addEventListener('abort', () => this.#owned.dispose(), { once: true });
  }

  /** The socket is proven: results go out. */
  begin(): void {
    this.#open = true;
    this.#send();
  }

  /** The hub acknowledges each. */
  expectAcks(): void {
    this.#acks = true;
  }

  acked(taskId: string): void {
    const sent = this.#sent.get(taskId);
    this.#sent.delete(taskId);
    if (sent !== undefined) this.#arrived.set(taskId, sent.result);
    this.#tasks.delivered(taskId);
    this.#send();
  }

  /** Of a hub that reads in order: it has what went out well before. */
  heartbeat(): void {
    if (this.#acks || this.#wire.waiting > 0) return;
    const before = performance.now() - CROSSING_MS;
    for (const [taskId, { at }] of [...this.#sent]) if (at <= before) this.acked(taskId);
  }

  #send(): void {
    if (!this.#open || this.#wire.signal.aborted) return;
    const results = this.#tasks.results();
    const current = new Map(results.map(({ taskId, result }) => [taskId, result]));
    for (const [taskId, result] of this.#arrived) if (current.get(taskId) !== result) this.#arrived.delete(taskId);
    for (const [taskId, { result }] of this.#sent) if (current.has(taskId) && current.get(taskId) !== result) this.#sent.delete(taskId);
    for (const { taskId, result } of results) {
      if (this.#sent.size >= AT_ONCE || this.#wire.waiting > WAITING) return;
      if (this.#sent.has(taskId) || this.#arrived.has(taskId)) continue;
      this.#sent.set(taskId, { at: performance.now(), result });
      if (!this.#wire.send({ type: 'task_complete', task_id: taskId, result: fittingResult(result) })) return;
    }
  }
}
