// The rooms of a village and of an agent. An organization's are its own, and a village has one for each person, so that nobody is told of what is not theirs.
import type { Principal } from '../parts.ts';

/** As the client is told. */
export const villageRoom = (villageId: string): string => `village:${villageId}`;
export const agentRoom = (agentId: string): string => `agent:${agentId}`;

/** Who is told of all that is in a village. */
const ADMINS = 'admins';

export function agentRoomHere(orgId: string, agentId: string): string {
  return `${JSON.stringify(orgId)} ${agentRoom(agentId)}`;
}

/** The one that this person is in. */
export function villageRoomFor({ orgId, userId, role }: Pick<Principal, 'orgId' | 'userId' | 'role'>, villageId: string): string {
  return partOf(orgId, villageId, role === 'admin' ? ADMINS : JSON.stringify(userId));
}

/** Those that are told of a session of these people. */
export function villageRoomsOf(orgId: string, villageId: string, ownerIds: readonly string[]): string[] {
  return [partOf(orgId, villageId, ADMINS), ...ownerIds.map((id) => partOf(orgId, villageId, JSON.stringify(id)))];
}

function partOf(orgId: string, villageId: string, people: string): string {
  return `${JSON.stringify(orgId)} ${people} ${villageRoom(villageId)}`;
}
