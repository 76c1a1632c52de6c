// What people start through the hub is held to what tasks are held to: nothing new while the daemon drains.
import { AgentsError } from '../../../base/errors.ts';
import type { SharedFleet } from '../../hubLink/ports.ts';

export function guardedFleet(fleet: SharedFleet, isDraining: () => boolean): SharedFleet {
  return {
    onDidChange: fleet.onDidChange,
    onDidGo: fleet.onDidGo,
    onEvent: fleet.onEvent,
    list: () => fleet.list(),
    readEvents: (sessionId, fromSeq) => fleet.readEvents(sessionId, fromSeq),
    openTerminal: (sessionId, show) => fleet.openTerminal(sessionId, show),
    async request(sessionId, request, by) {
      if (request.method === 'command' && request.command.type === 'START' && isDraining()) {
        throw new AgentsError('limit-reached', 'This runner is about to end and takes nothing new.', { hint: 'Choose another runner, or try again once it is back.' });
      }
      return fleet.request(sessionId, request, by);
    },
  };
}
