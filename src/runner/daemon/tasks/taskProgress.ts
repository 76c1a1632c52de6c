// What a session's events say of a task's progress, in a few words for the hub's list.
import type { RunnerEvent } from '../../../protocol/runnerEvent.ts';

/** Undefined for what does not change it. */
export function activityOf(event: RunnerEvent): string | undefined {
  if (event.type === 'SESSION_STATE_CHANGED') return states[event.newState];
  if (event.type === 'PROVIDER_EVENT_FORWARDED') return forwarded(event.providerEvent);
  if (event.type === 'APPROVAL_REQUESTED') return `waits for an approval: ${event.approval.summary}`.slice(0, 300);
  return undefined;
}

const states: Readonly<Partial<Record<Extract<RunnerEvent, { readonly type: 'SESSION_STATE_CHANGED' }>['newState'], string>>> = {
  PREPARING_WORKSPACE: 'preparing its workspace',
  STARTING_PROVIDER: 'starting',
  PAUSED_BY_HUMAN: 'paused',
  STOPPING: 'ending',
};

function forwarded({ kind, state, text, waitingFor, message }: Readonly<Record<string, unknown>>): string | undefined {
  if (kind === 'progress') return typeof message === 'string' ? message.slice(0, 300) : undefined;
  if (kind !== 'status' || typeof state !== 'string') return undefined;
  if (state !== 'waiting') return state;
  const what = typeof waitingFor === 'string' ? ` for a ${waitingFor}` : '';
  return `waits${what}${typeof text === 'string' && text !== '' ? `: ${text}` : ''}`.slice(0, 300);
}
