// What the village runner's REST takes and gives: /api/runner/sessions, by seeds/004-runner-server-glue.md. Beside it one field of ours: `runnerId`.
import * as z from 'zod';
import { EventApproval, SessionState, Verdict } from '../runnerEvent.ts';
import { Checkout, PolicySpec, RepoRef, SessionTask } from '../sessionConfig.ts';

/** Names that go into rooms and rows. */
export const VillageId = z.string().min(1).max(100).regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must hold no control characters');

const EnvName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/, 'is no name of a variable');
const EnvValue = z.string().max(32_768).refine((value) => !value.includes('\0'), 'must hold no NUL');
const MOST_VARIABLES = 100;
const TEXTS = 100;
const Text = z.string().max(4000);

/** POST /api/runner/sessions. `env` reaches the agent and nothing else. */
export const StartSession = z.object({
  villageId: VillageId.default('demo'),
  agentName: z.string().trim().min(1).max(200).optional(),
  providerId: z.string().min(1).max(100),
  repoRef: RepoRef,
  checkout: Checkout.default({ type: 'branch', ref: 'main' }),
  roomPath: z.string().max(500).optional(),
  task: SessionTask.extend({ constraints: z.array(Text).max(TEXTS).default([]), acceptance: z.array(Text).max(TEXTS).default([]), branchName: z.string().max(250).optional() }),
  policy: PolicySpec.prefault({}),
  env: z.record(EnvName, EnvValue).refine((env) => Object.keys(env).length <= MOST_VARIABLES, `has more than ${MOST_VARIABLES} variables`).optional(),
  /** Ours: the runner that it is to run on; otherwise the hub's own, or the best of those that are connected. */
  runnerId: z.string().min(1).max(255).optional(),
});
export type StartSession = z.infer<typeof StartSession>;

export const StartedSession = z.object({ sessionId: z.string(), agentId: z.string() });
export type StartedSession = z.infer<typeof StartedSession>;

/** GET /api/runner/sessions/{id}. `startedAt` in Unix ms. */
export const SessionRuntimeState = z.object({
  sessionId: z.string(),
  state: SessionState,
  providerId: z.string(),
  workspace: z.object({ path: z.string(), branch: z.string().optional() }).optional(),
  startedAt: z.number().optional(),
  providerPid: z.int().optional(),
  lastEventSeq: z.int(),
  pendingApprovals: z.array(EventApproval),
  errorMessage: z.string().optional(),
  exitCode: z.int().optional(),
});
export type SessionRuntimeState = z.infer<typeof SessionRuntimeState>;

/** POST .../{id}/input: what is typed, byte for byte. */
export const InputBody = z.strictObject({ data: z.string().max(100_000) });
/** POST .../{id}/stop */
export const StopBody = z.strictObject({ graceful: z.boolean().optional() });
/** POST .../{id}/approvals/{approvalId} */
export const ApprovalBody = z.strictObject({ decision: Verdict, note: z.string().max(2000).optional() });
