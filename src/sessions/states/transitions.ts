// The state machine of sessions, as data: which state may follow which, and the sentence of a refusal. See docs/sessions.md for the reasons.
import { AgentsError } from '../../base/errors.ts';
import { sessionStates, type SessionState } from '../../protocol/runnerEvent.ts';

export type FinalState = Extract<SessionState, 'COMPLETED' | 'FAILED'>;
export type LiveState = Exclude<SessionState, FinalState>;

/**
 * What may follow each state.
 * - CREATED -> RUNNING is for sessions that need no preparing: adopted ones, and those of the library's SessionManager.
 * - What cannot be prepared or started is FAILED at once: there is nothing to stop.
 * - WAITING_FOR_APPROVAL and PAUSED_BY_HUMAN follow each other: a person may pause what waits, and what is resumed may still wait.
 * - A provider that ends by itself while it is paused or waits goes through STOPPING, as each end does that has more to clear up than its own: `pathToEnd`.
 */
export const transitions: Readonly<Record<SessionState, readonly SessionState[]>> = {
  CREATED: ['PREPARING_WORKSPACE', 'RUNNING', 'STOPPING'],
  PREPARING_WORKSPACE: ['STARTING_PROVIDER', 'STOPPING', 'FAILED'],
  STARTING_PROVIDER: ['RUNNING', 'STOPPING', 'FAILED'],
  RUNNING: ['PAUSED_BY_HUMAN', 'WAITING_FOR_APPROVAL', 'STOPPING', 'COMPLETED', 'FAILED'],
  PAUSED_BY_HUMAN: ['RUNNING', 'WAITING_FOR_APPROVAL', 'STOPPING'],
  WAITING_FOR_APPROVAL: ['RUNNING', 'PAUSED_BY_HUMAN', 'STOPPING'],
  STOPPING: ['COMPLETED', 'FAILED'],
  COMPLETED: [],
  FAILED: [],
};

export function isFinal(state: SessionState): state is FinalState {
  return transitions[state].length === 0;
}

export function isLive(state: SessionState): state is LiveState {
  return !isFinal(state);
}

/** States in which the provider's process is expected to be there. */
export function hasProvider(state: SessionState): boolean {
  return state === 'RUNNING' || state === 'PAUSED_BY_HUMAN' || state === 'WAITING_FOR_APPROVAL';
}

/** False also for a state and itself: nothing changes then, and no event may say that it did. */
export function canTransition(from: SessionState, to: SessionState): boolean {
  return transitions[from].includes(to);
}

/** Throws `invalid-transition` with both states in its sentence, as `names` writes them. */
export function checkTransition(sessionId: string, from: SessionState, to: SessionState, names: (state: SessionState) => string = (state) => state): void {
  if (!canTransition(from, to)) throw invalidTransition(sessionId, names(from), names(to), transitions[from].map(names));
}

export function invalidTransition(sessionId: string, from: string, to: string, possible: readonly string[]): AgentsError {
  const next = [...new Set(possible)].filter((name) => name !== from);
  const hint = next.length === 0 ? `The session has ended: ${from} is final.` : `From ${from} it can go to: ${next.join(', ')}.`;
  return new AgentsError('invalid-transition', `Invalid transition of session ${sessionId}: ${from} -> ${to}.`, { hint });
}

/** The states that lead to `final`, it included; none when the session has ended already. */
export function pathToEnd(from: SessionState, final: FinalState): readonly SessionState[] {
  if (isFinal(from)) return [];
  return canTransition(from, final) ? [final] : ['STOPPING', final];
}

/** Exit code 0 alone is a success; no exit code (a signal, a provider that never started) is none. */
export function finalStateOf(exitCode: number | undefined): FinalState {
  return exitCode === 0 ? 'COMPLETED' : 'FAILED';
}

/** Where a session goes on after a pause, or after an approval was answered: it still waits while other requests are open. */
export function stateAfterWait(openApprovals: number): Extract<SessionState, 'RUNNING' | 'WAITING_FOR_APPROVAL'> {
  return openApprovals > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING';
}

export function isSessionState(value: string): value is SessionState {
  return (sessionStates as readonly string[]).includes(value);
}
