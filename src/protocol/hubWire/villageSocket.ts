// The village's Socket.IO: what a client joins, and what it is told (seeds/004-runner-server-glue.md).
import * as z from 'zod';
import { VillageId } from './villageRest.ts';

export const JoinVillage = z.object({ villageId: VillageId });
export const JoinAgent = z.object({ agentId: VillageId });

export type JoinFault = 'E_BAD_PAYLOAD' | 'E_FORBIDDEN' | 'E_INTERNAL';
/** The acknowledgement of `join_village` and `join_agent`. */
export type Joined = { readonly ok: true; readonly room: string } | { readonly ok: false; readonly error: { readonly code: JoinFault; readonly message: string } };

/** All types that a village's client knows; which of them are used says src/hub/village/mapping.ts. */
export const workStreamTypes = ['session_start', 'session_end', 'thinking', 'file_read', 'file_edit', 'file_create', 'file_delete', 'command', 'tool_use', 'search', 'output', 'error', 'completed', 'status_change'] as const;
export type WorkStreamType = (typeof workStreamTypes)[number];

/** `timestamp` is ISO 8601, `seq` the number of the event that it was made of. */
export interface WorkStreamEvent {
  readonly agentId: string;
  readonly sessionId: string;
  readonly type: WorkStreamType;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
  readonly seq: number;
}

export const AgentSpawn = z.object({
  agentId: z.string(),
  sessionId: z.string(),
  agentType: z.enum(['codex', 'claude', 'custom']),
  agentName: z.string(),
  /** A path, or `github:OWNER/NAME`. */
  repoPath: z.string(),
  timestamp: z.string(),
});
export type AgentSpawn = z.infer<typeof AgentSpawn>;

export const AgentDisconnect = AgentSpawn.pick({ agentId: true, sessionId: true, timestamp: true });
export type AgentDisconnect = z.infer<typeof AgentDisconnect>;

/** The events of the socket by name, as Socket.IO's types want them. */
export interface VillageServerEvents {
  work_stream_event: (event: WorkStreamEvent) => void;
  agent_spawn: (spawn: AgentSpawn) => void;
  agent_disconnect: (gone: AgentDisconnect) => void;
}

/** Whatever a client sends is checked first. */
export interface VillageClientEvents {
  join_village: (payload: unknown, ack?: unknown) => void;
  join_agent: (payload: unknown, ack?: unknown) => void;
  ping: (...words: unknown[]) => void;
}
