// What a session is asked to be: which repository, which state of it, which provider and task, and under which rules. The village runner's shapes.
import * as z from 'zod';
import { Verdict } from './runnerEvent.ts';

export const RepoRef = z.discriminatedUnion('provider', [
  z.object({ provider: z.enum(['github', 'gitlab', 'bitbucket']), owner: z.string().min(1), name: z.string().min(1), defaultBranch: z.string().optional() }),
  z.object({ provider: z.literal('local'), path: z.string().min(1), name: z.string().optional() }),
]);
export type RepoRef = z.infer<typeof RepoRef>;

export const Checkout = z.discriminatedUnion('type', [
  z.object({ type: z.literal('branch'), ref: z.string().min(1) }),
  z.object({ type: z.literal('commit'), sha: z.string().min(1) }),
  z.object({ type: z.literal('tag'), tag: z.string().min(1) }),
]);
export type Checkout = z.infer<typeof Checkout>;

export const SessionTask = z.object({
  title: z.string().min(1).max(200),
  goal: z.string().min(1).max(4000),
  constraints: z.array(z.string()).default([]),
  acceptance: z.array(z.string()).default([]),
  roomPath: z.string().max(500).optional(),
  branchName: z.string().optional(),
});
export type SessionTask = z.infer<typeof SessionTask>;

/** In either list `*` alone means everything. */
export const PolicySpec = z.object({
  /** What may run; empty: whatever is not denied. */
  shellAllowlist: z.array(z.string()).default([]),
  /** What must not run; wins over the allowlist. */
  shellDenylist: z.array(z.string()).default([]),
  requiresApprovalFor: z.array(z.enum(['merge', 'deps_add', 'secrets', 'deploy'])).default([]),
  networkMode: z.enum(['restricted', 'open']).default('open'),
});
export type PolicySpec = z.infer<typeof PolicySpec>;

/** As people write it: a key that is not known is a fault, as a misspelt rule would hold nothing. */
export const WrittenPolicy = z.strictObject(PolicySpec.shape);

export const Billing = z.object({
  plan: z.string(),
  orgId: z.string(),
  limits: z.object({ maxConcurrency: z.int().min(1), maxSessionDurationMs: z.int().min(1).optional(), maxDailyMinutes: z.number().min(0).optional() }),
});
export type Billing = z.infer<typeof Billing>;

export const SessionConfig = z.object({
  sessionId: z.string().min(1).max(200),
  orgId: z.string().min(1),
  userId: z.string().optional(),
  repoRef: RepoRef,
  checkout: Checkout,
  roomPath: z.string().max(500).optional(),
  providerId: z.string().min(1),
  task: SessionTask,
  policy: PolicySpec.prefault({}),
  billing: Billing.optional(),
  env: z.record(z.string(), z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type SessionConfig = z.infer<typeof SessionConfig>;

export const SessionInput = z.object({ sessionId: z.string(), data: z.string(), mode: z.enum(['raw', 'line']).default('line') });

export const SessionCommand = z.discriminatedUnion('type', [
  z.object({ type: z.literal('START'), config: SessionConfig }),
  z.object({ type: z.literal('INPUT'), input: SessionInput }),
  z.object({ type: z.literal('STOP'), graceful: z.boolean().default(true) }),
  z.object({ type: z.literal('PAUSE') }),
  z.object({ type: z.literal('RESUME') }),
  z.object({ type: z.literal('APPROVE'), approvalId: z.string(), decision: Verdict, note: z.string().max(2000).optional() }),
]);
export type SessionCommand = z.infer<typeof SessionCommand>;
