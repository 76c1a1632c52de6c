// Tells a village's clients what its sessions do. Every process of the hub hears all of it and tells those that are connected to it alone: each once.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { CommittedEvents, Sessions } from '../parts.ts';
import type { Announcements } from './announcements.ts';
import { agentDisconnect, workStreamEvent } from './mapping.ts';
import { agentRoomHere, villageRoomsOf } from './rooms.ts';
import type { VillageIo } from './socketDoor.ts';

export interface StreamParts {
  readonly io: VillageIo;
  readonly sessions: Pick<Sessions, 'onEvents'>;
  readonly announcements: Announcements;
}

export function streamToVillages(parts: StreamParts): Disposable {
  const { io, sessions, announcements } = parts;
  const owned = new DisposableStore();
  owned.add(sessions.onEvents((committed) => tellEvents(io, committed)));
  owned.add(
    announcements.hear(({ orgId, villageId, ownerIds, spawn, disconnect }) => {
      const village = io.local.to(villageRoomsOf(orgId, villageId, ownerIds));
      if (spawn !== undefined) village.emit('agent_spawn', spawn);
      if (disconnect !== undefined) village.emit('agent_disconnect', disconnect);
    }),
  );
  return owned;
}

function tellEvents(io: VillageIo, committed: CommittedEvents): void {
  const { orgId, villageId, agentId, ownerIds, id } = committed;
  if (villageId === null || agentId === null) return;
  const village = villageRoomsOf(orgId, villageId, ownerIds);
  const rooms = [...village, agentRoomHere(orgId, agentId)].filter((room) => io.sockets.adapter.rooms.has(room));
  if (rooms.length === 0) return;
  const agent = { agentId, sessionId: id };
  for (const event of committed.events) {
    const told = workStreamEvent(agent, event);
    // To all rooms at once: who is in several gets it once.
    if (told !== undefined) io.local.to(rooms).emit('work_stream_event', told);
    if (event.type === 'SESSION_ENDED') io.local.to(village).emit('agent_disconnect', agentDisconnect(agent, event.ts));
  }
}
