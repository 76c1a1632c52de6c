// The rooms of a village and of an agent. An organization's are its own: the same name elsewhere is another room.

/** As the client is told. */
export const villageRoom = (villageId: string): string => `village:${villageId}`;
export const agentRoom = (agentId: string): string => `agent:${agentId}`;

/** As it is called here. */
export function roomOf(orgId: string, room: string): string {
  return `${JSON.stringify(orgId)} ${room}`;
}
