// What an earlier process of the runner had been asked, and this one has not seen yet: its dialog may be told in other words now, under another id.
import { waitFor } from '../../base/wait.ts';
import type { EventApproval } from '../../protocol/runnerEvent.ts';

/** Milliseconds until the dialog of an agent that was taken up is seen: what it last said of itself may hold for some of them. */
const SEEN_MS = 15_000;

interface Unseen {
  readonly approval: EventApproval;
  readonly seen: Promise<void>;
  readonly tell: () => void;
}

export class EarlierApprovals {
  readonly #unseen = new Map<string, Unseen>();
  /** The adapter's id of one, by the journal's. */
  readonly #names = new Map<string, string>();

  /** It stands open in the journal. */
  add(approval: EventApproval): void {
    let tell = (): void => undefined;
    const seen = new Promise<void>((resolve) => (tell = resolve));
    this.#unseen.set(approval.approvalId, { approval, seen, tell });
  }

  /** It is resolved, whoever did it. */
  remove(approvalId: string): void {
    this.#unseen.get(approvalId)?.tell();
    this.#unseen.delete(approvalId);
    this.#names.delete(approvalId);
  }

  /** Whether what is asked now was asked before: the same id, or the same of the same tool. */
  sees(approval: EventApproval): boolean {
    const earlier = this.#unseen.get(approval.approvalId)?.approval ?? [...this.#unseen.values()].find(({ approval: one }) => isSame(one, approval))?.approval;
    if (earlier === undefined) return false;
    this.#unseen.get(earlier.approvalId)?.tell();
    this.#unseen.delete(earlier.approvalId);
    if (earlier.approvalId !== approval.approvalId) this.#names.set(earlier.approvalId, approval.approvalId);
    return true;
  }

  /** The journal's id of what the adapter calls so. */
  idOf(name: string): string {
    for (const [id, other] of this.#names) if (other === name) return id;
    return name;
  }

  /** The adapter's id of it, once its dialog was seen; after a while in any case. */
  async nameOf(approvalId: string): Promise<string> {
    const unseen = this.#unseen.get(approvalId);
    if (unseen !== undefined) await waitFor(unseen.seen, { timeoutMs: SEEN_MS, what: 'its dialog' }).catch(() => undefined);
    return this.#names.get(approvalId) ?? approvalId;
  }
}

/** What the source calls it, and by which words, is not what it is. */
function isSame(a: EventApproval, b: EventApproval): boolean {
  const [wordsA, wordsB] = [a, b].map(({ category, context = {} }) => JSON.stringify([category, context['kind'], context['tool'], context['command'], context['path']]));
  const named = a.context?.['command'] !== undefined || a.context?.['path'] !== undefined;
  return named ? wordsA === wordsB : wordsA === wordsB && a.summary === b.summary;
}
