// Several attempts at one task, side by side: one JSON file each, so that every face shows the same, also after a restart.
import * as z from 'zod';
import { AgentId } from './agentRecord.ts';

/** How a project's tests went in one attempt's workspace. */
export const TestRun = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** Null when they took too long or a signal ended them. */
  exitCode: z.int().nullable(),
  seconds: z.number().min(0),
  /** The end of what they printed, secrets taken out. */
  tail: z.string(),
});
export type TestRun = z.infer<typeof TestRun>;

export const Attempt = z.object({
  agentId: AgentId,
  runtimeId: z.string(),
  provider: z.string(),
  /** For people: `claude`, `claude 2`. */
  label: z.string(),
  /** The id of its workspace's record; absent where none could be made. */
  workspaceId: z.string().optional(),
  /** Why it could not begin. */
  error: z.string().optional(),
  outcome: z.enum(['picked', 'archived']).optional(),
  /** What became of its work. */
  note: z.string().optional(),
  tests: TestRun.optional(),
});
export type Attempt = z.infer<typeof Attempt>;

export const AttemptGroup = z.object({
  v: z.literal(1),
  /** Also the name of its file. */
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/),
  task: z.string(),
  /** The folder of the user's that all began from. */
  folder: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  attempts: z.array(Attempt).min(1),
});
export type AttemptGroup = z.infer<typeof AttemptGroup>;
