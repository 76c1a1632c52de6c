// What is kept of an agent so that its conversation can go on after its end: one small file each, without secrets.
import * as z from 'zod';
import { PolicySpec } from './sessionConfig.ts';
import { AgentId } from './agentRecord.ts';
import { NetworkWish } from './network.ts';

/** A CLI's own id of a conversation. It becomes an argument of the CLI, so it never looks like an option. */
export const ConversationId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/, 'A conversation id has 1 to 128 letters, digits, "_", ".", ":" or "-", and starts with a letter or digit.');

export const ConversationEntry = z.object({
  v: z.literal(1),
  agentId: AgentId,
  name: z.string(),
  aiProvider: z.string(),
  taskTitle: z.string(),
  /** On the machine that the runtime runs on. */
  workingDirectory: z.string(),
  runtimeId: z.string(),
  runtimeType: z.string(),
  /** ISO 8601, UTC: when the agent was spawned first. */
  createdAt: z.string(),
  model: z.string().optional(),
  autoPilot: z.boolean().optional(),
  permissionMode: z.string().optional(),
  mcpConfig: z.string().optional(),
  extraArgs: z.array(z.string()).optional(),
  memory: z.number().optional(),
  cpus: z.number().optional(),
  /** What it may reach, resumed as before. */
  network: NetworkWish.optional(),
  /** It goes on under the same rules. */
  policy: PolicySpec.optional(),
  /** In the order in which the CLI told them; the last one goes on. `at` is Unix time in ms. */
  conversations: z.array(z.object({ id: ConversationId, at: z.number() })),
});
export type ConversationEntry = z.infer<typeof ConversationEntry>;
