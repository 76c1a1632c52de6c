// What is kept of a session beside its journal, so that a later process can list it and go on with it. One JSON file, no secrets.
import * as z from 'zod';

export const SessionMeta = z.object({
  v: z.literal(1),
  sessionId: z.string().min(1),
  orgId: z.string(),
  userId: z.string().optional(),
  providerId: z.string(),
  repoRef: z.unknown().optional(),
  title: z.string().optional(),
  /** Unix time in ms. */
  createdAt: z.number(),
  /** The record of its workspace, and the folder. */
  workspaceId: z.string().optional(),
  workspacePath: z.string().optional(),
  /** The agent that works for it: by runtime and id. */
  runtimeId: z.string().optional(),
  agentId: z.string().optional(),
  /** Whatever the runner needs to go on, in its own shape. */
  runner: z.record(z.string(), z.unknown()).optional(),
});
export type SessionMeta = z.infer<typeof SessionMeta>;
