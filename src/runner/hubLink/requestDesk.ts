// Answers what people ask of sessions through a hub: some at a time, each within its deadline, faults as they are.
import { AgentsError, asAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import type { HubExtensionFrame, RemoteFault } from '../../protocol/hubWire/extension.ts';
import type { Wire } from './hubSocket.ts';
import type { SharedFleet } from './ports.ts';

type RequestFrame = Extract<HubExtensionFrame, { readonly type: 'request' }>;

export interface RequestDeskParts {
  readonly wire: Wire;
  readonly fleet: Pick<SharedFleet, 'request'>;
  /** Milliseconds until one is answered with `timeout`. */
  readonly deadlineMs: number;
  readonly log: Log;
}

const AT_ONCE = 16;
const MOST_WAITING = 100;
/** Bytes that may wait for the network before nothing more is begun. */
const WAITING = 4 * 1024 * 1024;

export class RequestDesk {
  readonly #parts: RequestDeskParts;
  readonly #waiting: RequestFrame[] = [];
  readonly #known = new Set<string>();
  #running = 0;

  constructor(parts: RequestDeskParts) {
    this.#parts = parts;
    parts.wire.onDrain(() => this.#next());
    parts.wire.signal.addEventListener('abort', () => this.#waiting.splice(0), { once: true });
  }

  take(frame: RequestFrame): void {
    // Said twice: it is answered once.
    if (this.#known.has(frame.id)) return;
    if (this.#waiting.length >= MOST_WAITING) return this.#fault(frame.id, new AgentsError('limit-reached', 'Too many requests wait at this runner.', { hint: 'Try again in a moment.' }));
    this.#known.add(frame.id);
    this.#waiting.push(frame);
    this.#next();
  }

  #next(): void {
    const { wire } = this.#parts;
    while (this.#running < AT_ONCE && wire.waiting < WAITING && !wire.signal.aborted) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#running++;
      void this.#answer(frame).finally(() => {
        this.#running--;
        this.#known.delete(frame.id);
        this.#next();
      });
    }
  }

  async #answer({ id, session_id: sessionId, request, by }: RequestFrame): Promise<void> {
    const { wire, fleet, deadlineMs } = this.#parts;
    try {
      const result = await waitFor(Promise.resolve().then(() => fleet.request(sessionId, request, by)), { timeoutMs: deadlineMs, signal: wire.signal, what: `the answer to "${request.method}"` });
      if (wire.send({ type: 'response', id, ok: true, ...(result === undefined ? {} : { result }) })) return;
      if (!wire.signal.aborted) this.#fault(id, new AgentsError('limit-reached', `The answer to "${request.method}" is too long for the hub.`));
    } catch (error) {
      if (wire.signal.aborted) return;
      this.#fault(id, error);
    }
  }

  #fault(id: string, error: unknown): void {
    const { reason, message, hint } = asAgentsError(error);
    if (reason === 'internal') this.#parts.log.warn(`A request of the hub failed: ${messageOf(error)}`);
    const fault: RemoteFault = { reason, message: message.slice(0, 4000), ...(hint === undefined ? {} : { hint: hint.slice(0, 1000) }) };
    this.#parts.wire.send({ type: 'response_error', id, error: fault });
  }
}
