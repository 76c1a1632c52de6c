// A session as the library's SessionManager shows it, under the README's names.
import type { EventApproval, RunnerEvent, SessionState, UsageMetrics } from '../../protocol/runnerEvent.ts';
import type { FacadeState } from '../states/facadeNames.ts';

export interface SessionRepo {
  readonly url: string;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
}

export interface NewSession {
  readonly sessionId: string;
  readonly orgId: string;
  readonly providerId: string;
  readonly userId?: string | undefined;
  readonly repo?: SessionRepo | undefined;
  readonly workspacePath?: string | undefined;
  readonly task?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A snapshot: it does not change; ask again. Times are Unix time in ms. */
export interface Session extends NewSession {
  readonly state: FacadeState;
  /** The same, in the words of events: it also tells preparing, starting and stopping apart. */
  readonly runnerState: SessionState;
  readonly createdAt: number;
  /** When it first ran. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly usage: UsageMetrics;
  readonly exitCode?: number | undefined;
  /** Why it is in its state, where that was said. */
  readonly reason?: string | undefined;
  readonly lastEventSeq: number;
}

export interface StateChange {
  readonly sessionId: string;
  readonly previousState: FacadeState;
  readonly newState: FacadeState;
  readonly previousRunnerState: SessionState;
  readonly newRunnerState: SessionState;
  readonly reason?: string | undefined;
  readonly session: Session;
}

/** What sessions tell, under the README's names. */
export interface SessionEventsByName {
  session_created: Session;
  session_started: Session;
  session_completed: Session;
  session_failed: Session;
  state_changed: StateChange;
  approval_required: { readonly sessionId: string; readonly approval: EventApproval; readonly session: Session };
  output: { readonly sessionId: string; readonly data: string; readonly stream: 'stdout' | 'stderr' };
  /** Every numbered event, once it is in the journal where there is one. */
  event: RunnerEvent;
}
