// The approvals of one session: asked, answered here or elsewhere, denied by its rules or by the clock, each step an event in its journal.
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { EventApproval, RunnerEvent, RunnerEventBody, SessionState, Verdict } from '../../protocol/runnerEvent.ts';
import { denialAlert } from '../../sessions/policy/policyAlerts.ts';
import { checkTransition, stateAfterWait } from '../../sessions/states/transitions.ts';
import type { ProviderAdapter, ProviderEvent } from '../adapters/providerAdapter.ts';
import { EarlierApprovals } from './earlierApprovals.ts';
import { OpenApprovals } from './openApprovals.ts';

/** The session that they belong to. */
export interface ApprovingSession {
  readonly id: string;
  readonly adapter: ProviderAdapter;
  state(): SessionState;
  isEnding(): boolean;
  append(body: RunnerEventBody): void;
  go(state: SessionState, reason?: string): void;
  /** What was asked could not be denied in time: it must not happen unanswered. */
  abandon(reason: string): Promise<void>;
}

interface How {
  readonly by: string;
  readonly note?: string | undefined;
}

/** Milliseconds that an answer which is being given may take once the program has ended. */
const ANSWER_MS = 10_000;

export class SessionApprovals implements Disposable {
  readonly #session: ApprovingSession;
  readonly #open: OpenApprovals;
  readonly #earlier = new EarlierApprovals();
  /** Those that are being answered from here. */
  readonly #answering = new Map<string, How & { readonly work: Promise<void> }>();
  /** What the rules denied unasked, by id and time. */
  readonly #denied = new Set<string>();

  constructor(session: ApprovingSession) {
    this.#session = session;
    this.#open = new OpenApprovals((approval) => void this.#overdue(approval));
  }

  get size(): number {
    return this.#open.size;
  }

  /** The oldest first. */
  list(): EventApproval[] {
    return this.#open.list();
  }

  /** What the journal of an earlier process says. */
  remember(event: RunnerEvent): void {
    if (event.type === 'APPROVAL_RESOLVED') {
      this.#open.remove(event.approvalId);
      this.#earlier.remove(event.approvalId);
    } else if (event.type !== 'APPROVAL_REQUESTED') return;
    else if (event.approval.context?.['by'] === 'policy') this.#denied.add(denialKey(event.approval));
    else {
      this.#open.add(event.approval);
      this.#earlier.add(event.approval);
    }
  }

  asked(approval: EventApproval): void {
    const session = this.#session;
    if (this.#earlier.sees(approval) || this.#open.has(approval.approvalId) || session.isEnding()) return;
    this.#open.add(approval);
    session.append({ type: 'APPROVAL_REQUESTED', approval });
    if (session.state() === 'RUNNING') session.go('WAITING_FOR_APPROVAL', approval.summary);
  }

  /** Its rules denied it before anybody was asked. */
  denied({ approval, why }: Extract<ProviderEvent, { readonly type: 'denied' }>): void {
    const key = denialKey(approval);
    if (this.#denied.has(key)) return;
    this.#denied.add(key);
    this.#session.append({ type: 'APPROVAL_REQUESTED', approval });
    this.#tellResolved(approval, 'deny', { by: 'policy', note: why });
  }

  /** The request is there no more. Where nobody wrote down what was answered, the terminal knows it alone. */
  gone({ approvalId: name, decision, resolvedBy }: { readonly approvalId: string; readonly decision?: Verdict; readonly resolvedBy?: string }): void {
    const approvalId = this.#earlier.idOf(name);
    const answering = this.#answering.get(approvalId);
    // With a decision it is ours, written down; what a note of it becomes may take longer. Without one the answer itself will tell.
    if (answering !== undefined) return decision === undefined ? undefined : this.resolve(approvalId, decision, answering);
    this.resolve(approvalId, decision ?? 'allow', { by: resolvedBy ?? 'terminal', note: decision === undefined ? 'It was answered in the terminal; whether it was allowed is not known.' : undefined });
  }

  resolve(approvalId: string, decision: Verdict, how: How): void {
    const session = this.#session;
    const approval = this.#open.list().find((one) => one.approvalId === approvalId);
    if (approval === undefined || !this.#open.remove(approvalId)) return;
    this.#earlier.remove(approvalId);
    this.#tellResolved(approval, decision, how);
    if (session.state() === 'WAITING_FOR_APPROVAL' && !session.isEnding() && stateAfterWait(this.size) === 'RUNNING') session.go('RUNNING');
  }

  /** The session ends: what is open is denied. */
  denyAll(note: string): void {
    for (const { approvalId } of this.list()) this.resolve(approvalId, 'deny', { by: 'system', note });
  }

  /** The clocks of those that are open run again. */
  again(): void {
    for (const approval of this.list()) this.#open.add(approval);
  }

  /** Fails with `not-found`, `invalid-transition`, `answered-already`, and as the adapter does. */
  async answer(name: string, decision: Verdict, how: How): Promise<void> {
    const approvalId = this.#earlier.idOf(name);
    const { id, adapter } = this.#session;
    const state = this.#session.state();
    if (!this.#open.has(approvalId)) throw new AgentsError('not-found', `The session ${id} has no open approval ${approvalId}.`);
    if (state !== 'WAITING_FOR_APPROVAL') checkTransition(id, state, 'WAITING_FOR_APPROVAL');
    if (state === 'PAUSED_BY_HUMAN') throw new AgentsError('invalid-transition', `The session ${id} is PAUSED_BY_HUMAN: nothing is answered until it is resumed.`);
    if (this.#answering.has(approvalId)) throw new AgentsError('answered-already', `The approval ${approvalId} is being answered already.`);
    if (adapter.answer === undefined) throw new AgentsError('unsupported', `The approvals of ${adapter.id} cannot be answered from here.`);
    // The clock's note is for the journal, not for the CLI.
    const give = async (): Promise<void> => await adapter.answer?.(id, await this.#earlier.nameOf(approvalId), decision, how.by === 'timeout' ? undefined : how.note);
    const work = give().then(
      () => this.resolve(approvalId, decision, how),
      (error: unknown) => {
        if (isAgentsError(error, 'answered-already')) this.resolve(approvalId, 'allow', { by: 'terminal', note: 'It was answered elsewhere; whether it was allowed is not known.' });
        throw error;
      },
    );
    this.#answering.set(approvalId, { work, ...how });
    try {
      await work;
    } finally {
      this.#answering.delete(approvalId);
    }
  }

  /** Resolves when the answers that are being given have arrived, or have had their time. */
  async settled(): Promise<void> {
    const open = [...this.#answering].flatMap(([approvalId, { work }]) => (this.#open.has(approvalId) ? [work] : []));
    await waitFor(Promise.allSettled(open), { timeoutMs: ANSWER_MS, what: 'the answers' }).catch(() => undefined);
  }

  dispose(): void {
    this.#open.dispose();
  }

  #tellResolved({ approvalId, summary, context }: EventApproval, decision: Verdict, { by, note }: How): void {
    this.#session.append({ type: 'APPROVAL_RESOLVED', approvalId, decision, resolvedBy: by, ...(note === undefined ? {} : { note }) });
    const rule = context?.['rule'];
    if (by === 'policy' && decision === 'deny') this.#session.append(denialAlert({ approvalId, what: summary, why: note, rule: typeof rule === 'string' ? rule : undefined }));
  }

  /** A deny that cannot be given ends the session. */
  async #overdue({ approvalId }: EventApproval): Promise<void> {
    if (this.#session.isEnding() || this.#session.state() === 'PAUSED_BY_HUMAN') return;
    try {
      await this.answer(approvalId, 'deny', { by: 'timeout', note: 'Nobody answered in time.' });
    } catch (error) {
      if (this.#open.has(approvalId)) await this.#session.abandon(`An approval was not answered in time, and could not be denied: ${messageOf(error)}`);
    }
  }
}

function denialKey({ approvalId, requestedAt }: EventApproval): string {
  return `${approvalId}\0${requestedAt}`;
}
