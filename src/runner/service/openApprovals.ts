// The approvals of one session that nobody has answered yet, each with its deadline.
import type { Disposable } from '../../base/disposable.ts';
import type { EventApproval } from '../../protocol/runnerEvent.ts';

interface Open {
  readonly approval: EventApproval;
  readonly timer: NodeJS.Timeout | undefined;
}

export class OpenApprovals implements Disposable {
  readonly #open = new Map<string, Open>();
  readonly #onTimeout: (approval: EventApproval) => void;

  constructor(onTimeout: (approval: EventApproval) => void) {
    this.#onTimeout = onTimeout;
  }

  get size(): number {
    return this.#open.size;
  }

  has(approvalId: string): boolean {
    return this.#open.has(approvalId);
  }

  /** The oldest first. */
  list(): EventApproval[] {
    return [...this.#open.values()].map(({ approval }) => approval);
  }

  /** Its time runs from `requestedAt`, also over a restart. */
  add(approval: EventApproval): void {
    const { approvalId, timeoutAt } = approval;
    clearTimeout(this.#open.get(approvalId)?.timer);
    const timer = timeoutAt === undefined ? undefined : setTimeout(() => this.#onTimeout(approval), Math.max(0, timeoutAt - Date.now()));
    this.#open.set(approvalId, { approval, timer });
  }

  /** False where it is not open. */
  remove(approvalId: string): boolean {
    clearTimeout(this.#open.get(approvalId)?.timer);
    return this.#open.delete(approvalId);
  }

  dispose(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }
}
