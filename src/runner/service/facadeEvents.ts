// The README's events, made of the wire's once those are on disk.
import type { NamedEvents } from '../../base/namedEvents.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { Session, SessionEventsByName } from '../../sessions/manager/managedSession.ts';
import { facadeState } from '../../sessions/states/facadeNames.ts';

export interface RunnerServiceEvents extends SessionEventsByName {
  started: void;
  stopped: void;
}

/** Tells the event under its names. */
export function tellFacade(events: NamedEvents<RunnerServiceEvents>, event: RunnerEvent, look: () => Session): void {
  const { sessionId } = event;
  events.emit('event', event);
  switch (event.type) {
    case 'SESSION_STARTED':
      events.emit('session_started', look());
      break;
    case 'SESSION_STATE_CHANGED': {
      const { previousState, newState, reason } = event;
      events.emit('state_changed', { sessionId, previousState: facadeState(previousState), newState: facadeState(newState), previousRunnerState: previousState, newRunnerState: newState, ...(reason === undefined ? {} : { reason }), session: look() });
      break;
    }
    case 'APPROVAL_REQUESTED':
      events.emit('approval_required', { sessionId, approval: event.approval, session: look() });
      break;
    case 'TERMINAL_CHUNK':
      events.emit('output', { sessionId, data: event.data, stream: event.stream });
      break;
    case 'SESSION_ENDED':
      events.emit(event.finalState === 'COMPLETED' ? 'session_completed' : 'session_failed', look());
      break;
    case 'APPROVAL_RESOLVED':
    case 'FILE_TOUCHED':
    case 'DIFF_SUMMARY':
    case 'TEST_RUN_STARTED':
    case 'TEST_RUN_FINISHED':
    case 'ALERT_RAISED':
    case 'USAGE_TICK':
    case 'PROVIDER_EVENT_FORWARDED':
      break;
  }
}
