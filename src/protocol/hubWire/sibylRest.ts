// What Sibyl's REST under /api/runners takes and gives: runners, and the scores that routing rests on. Unknown fields are ignored.
import * as z from 'zod';
import { NO_NUL, noNul } from '../../base/noNul.ts';

export const runnerStatuses = ['online', 'offline', 'busy', 'draining'] as const;
export const RunnerStatus = z.enum(runnerStatuses);
export type RunnerStatus = z.infer<typeof RunnerStatus>;

const Name = z.string().trim().min(1).max(255).refine(noNul, NO_NUL);
const Capabilities = z.array(z.string().trim().min(1).max(100)).max(100);
const MaxAgents = z.int().min(1).max(20);

export const RegisterRunner = z.object({
  name: Name,
  hostname: Name,
  capabilities: Capabilities.nullish(),
  /** Default: 3. */
  max_concurrent_agents: MaxAgents.nullish(),
  client_version: z.string().max(32).refine(noNul, NO_NUL).nullish(),
});
export type RegisterRunner = z.infer<typeof RegisterRunner>;

export const PatchRunner = z.object({ name: Name.nullish(), capabilities: Capabilities.nullish(), max_concurrent_agents: MaxAgents.nullish() });
export type PatchRunner = z.infer<typeof PatchRunner>;

/** ISO 8601, UTC. */
const Time = z.string();

export const Runner = z.object({
  id: z.string(),
  name: z.string(),
  hostname: z.string(),
  /** `runner_` and 16 hex digits. */
  graph_runner_id: z.string(),
  capabilities: z.array(z.string()),
  max_concurrent_agents: z.int(),
  current_agent_count: z.int(),
  status: RunnerStatus,
  last_heartbeat: Time.nullable(),
  client_version: z.string().nullable(),
  created_at: Time,
  updated_at: Time,
});
export type Runner = z.infer<typeof Runner>;

/** `token` is ours: what this runner connects with, shown this once. */
export const RegisteredRunner = Runner.extend({ token: z.string().optional() });
export type RegisteredRunner = z.infer<typeof RegisteredRunner>;

export const RunnerList = z.object({ runners: z.array(Runner), total: z.int() });
export type RunnerList = z.infer<typeof RunnerList>;

export const RunnerProject = z.object({ id: z.string(), runner_id: z.string(), project_id: z.string(), worktree_path: z.string(), worktree_branch: z.string(), last_used_at: Time });
export type RunnerProject = z.infer<typeof RunnerProject>;

export const RunnerScore = z.object({
  runner_id: z.string(),
  runner_name: z.string(),
  total_score: z.number(),
  affinity_score: z.number(),
  capability_score: z.number(),
  load_score: z.number(),
  health_penalty: z.number(),
  available_slots: z.int(),
  has_warm_worktree: z.boolean(),
  missing_capabilities: z.array(z.string()),
});
export type RunnerScore = z.infer<typeof RunnerScore>;

export const RouteRequest = z.object({
  project_id: z.string().max(255).nullish(),
  required_capabilities: Capabilities.nullish(),
  preferred_runner_id: z.string().max(255).nullish(),
  exclude_runners: z.array(z.string().max(255)).max(1000).nullish(),
});
export type RouteRequest = z.infer<typeof RouteRequest>;

export const RouteAnswer = z.object({
  success: z.boolean(),
  runner_id: z.string().nullable(),
  runner_name: z.string().nullable(),
  score: z.number().nullable(),
  all_scores: z.array(RunnerScore),
  reason: z.string(),
});
export type RouteAnswer = z.infer<typeof RouteAnswer>;
