// What a runner keeps on disk of a task that a hub gave it: one line of its ledger for each change, the last one counts.
import * as z from 'zod';
import { TaskConfig, TaskResult } from './hubWire/sibylFrames.ts';

/** Unix time in ms. */
const Ms = z.number();

/** `accepted`: it will run; `running`: its session was made; `finished`: the hub does not have its result yet; `delivered`: it has. */
export const TaskRecordState = z.enum(['accepted', 'running', 'finished', 'delivered']);

export const TaskRecord = z.object({
  v: z.literal(1),
  taskId: z.string(),
  /** The hub's name for this attempt. */
  agentId: z.string(),
  /** Its names for the ones before. */
  earlierAgents: z.array(z.string()).default([]),
  projectId: z.string().optional(),
  config: TaskConfig,
  sessionId: z.string(),
  /** Sessions of this attempt that never started anything. */
  unstarted: z.int().optional(),
  state: TaskRecordState,
  acceptedAt: Ms,
  startedAt: Ms.optional(),
  /** When it is ended by force. */
  deadline: Ms.optional(),
  /** Decided before its session has ended: why that is. */
  ending: z.enum(['timeout', 'cancelled']).optional(),
  /** What it runs: a command's words, or a provider's id. */
  command: z.union([z.string(), z.array(z.string())]).optional(),
  worktreePath: z.string().optional(),
  worktreeBranch: z.string().optional(),
  result: TaskResult.optional(),
  finishedAt: Ms.optional(),
  deliveredAt: Ms.optional(),
});
export type TaskRecord = z.infer<typeof TaskRecord>;
