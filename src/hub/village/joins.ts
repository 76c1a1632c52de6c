// What a village's client says: it joins rooms of what is its own, and asks whether somebody is there.
import { messageOf } from '../../base/errors.ts';
import { JoinAgent, JoinVillage, type Joined, type JoinFault } from '../../protocol/hubWire/villageSocket.ts';
import type { Hub, Principal } from '../parts.ts';
import { agentRoom, agentRoomHere, villageRoom, villageRoomFor } from './rooms.ts';
import { lookAgain, type VillageClient } from './socketDoor.ts';
import type { Villages } from './villages.ts';

/** Rooms of one client. */
const MOST_ROOMS = 1_000;
/** What a client may say in a window of that many milliseconds; one that says more is mad. */
const MOST_WORDS = 200;
const WINDOW_MS = 10_000;

export interface JoinParts {
  readonly hub: Pick<Hub, 'identity' | 'log' | 'sessions'>;
  readonly villages: Villages;
}

export function listenTo(socket: VillageClient, { hub, villages }: JoinParts): void {
  const { identity, log, sessions } = hub;
  let since = 0;
  let words = 0;
  socket.onAny(() => {
    const now = Date.now();
    if (now - since > WINDOW_MS) {
      since = now;
      words = 0;
    }
    if (++words > MOST_WORDS) socket.disconnect(true);
  });

  /** `here`: what the room is called here, for this person. */
  const join = async (room: string, here: (by: Principal) => string, may: (by: Principal) => Promise<boolean>): Promise<Joined> => {
    const principal = await lookAgain(identity, socket);
    if (principal === undefined || !(await may(principal))) return fault('E_FORBIDDEN', 'You may not join this room.');
    if (socket.rooms.size > MOST_ROOMS) return fault('E_FORBIDDEN', 'This connection is in too many rooms.');
    // It may have gone in the meantime, or lost its right.
    if (!socket.connected) return fault('E_FORBIDDEN', 'This connection has ended.');
    await socket.join(here(principal));
    return { ok: true, room };
  };
  const mayJoinAgent = async (by: Principal, agentId: string): Promise<boolean> => {
    const sessionId = await villages.sessionOf(agentId, by.orgId);
    return sessionId !== undefined && (await sessions.mayAct(by, sessionId));
  };
  const answer = (ack: unknown, joining: Promise<Joined>): void => {
    joining
      .catch((error: unknown): Joined => {
        log.warn(`A room could not be joined: ${messageOf(error)}`);
        return fault('E_INTERNAL', 'The hub failed at this.');
      })
      .then((joined) => typeof ack === 'function' && (ack as (joined: Joined) => void)(joined), (error: unknown) => log.debug(messageOf(error)));
  };

  socket.on('join_village', (payload, ack) => {
    const { data } = JoinVillage.safeParse(payload);
    answer(ack, data === undefined ? Promise.resolve(fault('E_BAD_PAYLOAD', 'villageId required')) : join(villageRoom(data.villageId), (by) => villageRoomFor(by, data.villageId), (by) => villages.mayJoin(data.villageId, by)));
  });
  socket.on('join_agent', (payload, ack) => {
    const { data } = JoinAgent.safeParse(payload);
    answer(ack, data === undefined ? Promise.resolve(fault('E_BAD_PAYLOAD', 'agentId required')) : join(agentRoom(data.agentId), ({ orgId }) => agentRoomHere(orgId, data.agentId), (by) => mayJoinAgent(by, data.agentId)));
  });
  socket.on('ping', (...said) => {
    const ack = said.at(-1);
    if (typeof ack === 'function') (ack as () => void)();
  });
}

function fault(code: JoinFault, message: string): Joined {
  return { ok: false, error: { code, message } };
}
