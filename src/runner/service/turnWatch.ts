// Whether an agent's turn is over, and for how long: what completes a session whose CLI stays when it is done.
import type { Disposable } from '../../base/disposable.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { Ending } from './sessionRecord.ts';

/** Milliseconds of quiet after which a turn counts as over, where nothing else is said. */
const QUIET_MS = 10_000;

export class TurnWatch implements Disposable {
  #status: AgentStatus | undefined;
  #worked = false;
  #quiet: NodeJS.Timeout | undefined;

  /** As it was told last. */
  get status(): AgentStatus | undefined {
    return this.#status;
  }

  /** Its turn is over, and it takes a prompt. */
  get isIdle(): boolean {
    return this.#status?.state === 'idle';
  }

  /** Returns the status of before. */
  take(status: AgentStatus): AgentStatus | undefined {
    const before = this.#status;
    this.#status = status;
    if (status.state === 'working') this.#worked = true;
    return before;
  }

  /** It has worked in this turn: only then its rest means anything. */
  worked(): void {
    this.#worked = true;
  }

  /** It was given a prompt. */
  begins(): void {
    this.#worked = false;
    this.stopWatching();
  }

  /** Calls back once its turn has been over for so long (true: ten seconds), with what that makes of the session. Each call begins the wait anew. */
  watch(wish: boolean | number, isRunning: boolean, over: (ending: Ending) => void): void {
    this.stopWatching();
    const status = this.#status;
    if (wish === false || !isRunning || !this.#worked || (status?.state !== 'idle' && status?.state !== 'error')) return;
    const ending: Ending = status.state === 'error' ? { final: 'FAILED', reason: `Its last turn failed: ${status.message}` } : { final: 'COMPLETED', reason: 'Its turn is over.' };
    this.#quiet = setTimeout(() => this.#status === status && over(ending), wish === true ? QUIET_MS : wish);
  }

  stopWatching(): void {
    clearTimeout(this.#quiet);
  }

  dispose(): void {
    this.stopWatching();
  }
}
