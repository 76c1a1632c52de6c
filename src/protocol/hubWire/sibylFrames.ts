// Sibyl's frames on /api/runners/ws/{runner_id}, both ways: JSON text, told apart by `type`; what is not known in one is ignored.
import * as z from 'zod';
import { NO_NUL, noNul } from '../../base/noNul.ts';

/** What a frame may hold at most, in bytes: both ends refuse more with an `error`, and go on. */
export const MAX_FRAME_BYTES = 1024 * 1024;

const Id = z.string().min(1).max(255).refine(noNul, NO_NUL);

/** Seconds of the base protocol's clock. */
export const SIBYL_TIMERS = { heartbeatS: 30, offlineS: 45, staleS: 60, reconnectFirstS: 5, reconnectLongestS: 300 } as const;

export const TaskConfig = z.object({
  prompt: z.string(),
  agent_type: z.string().nullish(),
  task_id: Id.nullish(),
  created_by: z.string().nullish(),
  create_worktree: z.boolean().nullish(),
  repo_path: z.string().nullish(),
  title: z.string().nullish(),
  description: z.string().nullish(),
  branch: z.string().nullish(),
  worktree_path: z.string().nullish(),
  /** A command line as a list of words, or as one text that is split at blanks outside quotes; never given to a shell. */
  command: z.union([z.string(), z.array(z.string())]).nullish(),
  timeout_seconds: z.number().positive().nullish(),
});
export type TaskConfig = z.infer<typeof TaskConfig>;

export const HubFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('heartbeat'), server_time: z.unknown().optional() }),
  z.object({ type: z.literal('task_assign'), task_id: Id, agent_id: Id, project_id: z.string().max(255).nullish(), config: TaskConfig }),
  z.object({ type: z.literal('task_cancel'), task_id: Id }),
  z.object({ type: z.literal('project_registered'), project_id: z.string() }),
  z.object({ type: z.literal('error'), message: z.string() }),
]);
export type HubFrame = z.infer<typeof HubFrame>;

/** As clients of all ages send it: every field but `status` may be missing, and `status` too in the oldest. */
export const TaskResult = z.object({
  status: z.enum(['completed', 'failed', 'timeout', 'cancelled']).catch('failed'),
  exit_code: z.int().nullish(),
  command: z.union([z.string(), z.array(z.string())]).nullish(),
  worktree_path: z.string().nullish(),
  stdout: z.string().nullish(),
  stderr: z.string().nullish(),
  /** Seconds. */
  duration_s: z.number().nullish(),
  error: z.string().nullish(),
  output: z.string().nullish(),
});
export type TaskResult = z.infer<typeof TaskResult>;

export const RunnerFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('heartbeat_ack') }),
  z.object({ type: z.literal('status'), status: z.enum(['online', 'busy', 'draining']), agent_count: z.int().min(0).nullish() }),
  z.object({ type: z.literal('project_register'), project_id: Id, worktree_path: z.string().max(4096).refine(noNul, NO_NUL), worktree_branch: z.string().max(1000).refine(noNul, NO_NUL).nullish() }),
  z.object({ type: z.literal('agent_update'), agent_id: Id, status: z.enum(['running', 'completed', 'failed', 'cancelled']), progress: z.number().nullish(), activity: z.string().nullish() }),
  z.object({ type: z.literal('task_ack'), task_id: Id, agent_id: z.string().nullish() }),
  /** `at_capacity`, `runner_draining`; ours may say more: a sentence. */
  z.object({ type: z.literal('task_reject'), task_id: Id, reason: z.string().max(1000) }),
  z.object({ type: z.literal('task_complete'), task_id: Id, result: TaskResult }),
]);
export type RunnerFrame = z.infer<typeof RunnerFrame>;

/** How a refused socket is closed: accepted first, then this. A client takes 1008 as final. */
export const CLOSE = {
  policy: 1008,
  replaced: 1000,
  noAuthentication: 'Authentication required',
  notFound: 'Runner not found or not in your organization',
  notAuthorized: 'Not authorized for this runner',
  replacedText: 'Replaced by new connection',
} as const;

export const taskStates = ['queued', 'dispatched', 'acked', 'running', 'retry', 'completed', 'failed', 'canceled'] as const;
export const TaskState = z.enum(taskStates);
export type TaskState = z.infer<typeof TaskState>;
