// The library's lower-case names of states (its README's), and the events' upper-case ones: each to the other.
import { AgentsError } from '../../base/errors.ts';
import type { SessionState } from '../../protocol/runnerEvent.ts';
import { isSessionState } from './transitions.ts';

export const facadeStates = ['created', 'running', 'paused_by_human', 'waiting_for_approval', 'completed', 'failed'] as const;
export type FacadeState = (typeof facadeStates)[number];

/** A session that is not running yet is still `created`; one that is being stopped has not ended yet, so it is `running`. */
const facadeNames: Readonly<Record<SessionState, FacadeState>> = {
  CREATED: 'created',
  PREPARING_WORKSPACE: 'created',
  STARTING_PROVIDER: 'created',
  RUNNING: 'running',
  PAUSED_BY_HUMAN: 'paused_by_human',
  WAITING_FOR_APPROVAL: 'waiting_for_approval',
  STOPPING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
};

const states: Readonly<Record<FacadeState, SessionState>> = {
  created: 'CREATED',
  running: 'RUNNING',
  paused_by_human: 'PAUSED_BY_HUMAN',
  waiting_for_approval: 'WAITING_FOR_APPROVAL',
  completed: 'COMPLETED',
  failed: 'FAILED',
};

export function facadeState(state: SessionState): FacadeState {
  return facadeNames[state];
}

export function isFacadeState(value: string): value is FacadeState {
  return (facadeStates as readonly string[]).includes(value);
}

/** Of either name; throws `bad-input` for anything else. */
export function sessionState(name: string): SessionState {
  if (isFacadeState(name)) return states[name];
  if (isSessionState(name)) return name;
  throw new AgentsError('bad-input', `There is no session state "${name}".`, { hint: `The states are: ${facadeStates.join(', ')}.` });
}
