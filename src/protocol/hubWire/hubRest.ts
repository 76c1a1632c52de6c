// What the hub's own REST under /api takes and gives: people, tokens, agents, tasks, the audit log. Faults are `{error, code, hint?}`.
import * as z from 'zod';
import { NO_NUL, noNul } from '../../base/noNul.ts';
import { RunnerScore } from './sibylRest.ts';
import { SharedSession } from './sharedSession.ts';
import { TaskResult, TaskState } from './sibylFrames.ts';

export const Role = z.enum(['admin', 'member', 'viewer']);
export type Role = z.infer<typeof Role>;

/** `detail` says the same as `error`, where Sibyl's clients look for it. */
export const HubFault = z.object({ error: z.string(), code: z.string(), detail: z.unknown().optional(), details: z.unknown().optional(), hint: z.string().optional() });
export type HubFault = z.infer<typeof HubFault>;

const UserName = z.string().trim().regex(/^[\p{L}\p{N}][\p{L}\p{N}_.@ -]{0,99}$/u, 'A name has 1 to 100 letters, digits, "_", ".", "@", "-" or blanks.');
const Password = z.string().min(10, 'A password has at least 10 characters.').max(1000);

/** POST /api/auth/setup: the one-time link's token makes its holder an admin. */
export const Setup = z.strictObject({ token: z.string(), name: UserName, password: Password });
/** POST /api/auth/login, answered with a cookie and a `Me`. */
export const Login = z.strictObject({ name: z.string(), password: z.string() });
/** POST /api/auth/password: one's own. Browser sessions end, but for the one that asks. */
export const NewPassword = z.strictObject({ password: z.string(), new_password: Password });
/** GET /api/me */
export const Me = z.object({ user_id: z.string(), name: z.string(), org_id: z.string(), org_name: z.string(), role: Role });
export type Me = z.infer<typeof Me>;

/** POST /api/auth/token: as login, answered with a bearer token instead of a cookie: for editors and scripts. */
export const TokenLogin = Login.extend({ token_name: z.string().trim().min(1).max(100).optional(), expires_in_days: z.number().positive().max(3650).optional() });
export const IssuedToken = z.object({ id: z.string(), name: z.string(), token: z.string(), created_at: z.string(), expires_at: z.string().nullable() });
export type IssuedToken = z.infer<typeof IssuedToken>;
export const NewToken = z.strictObject({ name: z.string().trim().min(1).max(100), expires_in_days: z.number().positive().max(3650).optional() });
export const TokenInfo = IssuedToken.omit({ token: true }).extend({ last_used_at: z.string().nullable() });
export type TokenInfo = z.infer<typeof TokenInfo>;

export const User = z.object({ id: z.string(), name: z.string(), role: Role, disabled: z.boolean(), created_at: z.string() });
export type User = z.infer<typeof User>;
export const NewUser = z.strictObject({ name: UserName, password: Password, role: Role.default('member') });
export const PatchUser = z.strictObject({ role: Role.optional(), disabled: z.boolean().optional(), password: Password.optional() });
export const NewOrg = z.strictObject({ name: z.string().trim().min(1).max(100), admin: NewUser.omit({ role: true }) });

/** An agent as the hub knows it. */
export const HubAgent = SharedSession.extend({
  /** The hub's id: the runner's, or that with `~` and the start of the runner's id where it was taken. */
  id: z.string(),
  runner_id: z.string(),
  runner_name: z.string(),
  /** Whether its runner is connected now: where not, its state is as last known. */
  connected: z.boolean(),
  user_id: z.string(),
  /** Its number of events at the hub. */
  stored_seq: z.int(),
});
export type HubAgent = z.infer<typeof HubAgent>;

/** POST /api/tasks */
export const NewTask = z.strictObject({
  prompt: z.string().trim().min(1).max(100_000).refine(noNul, NO_NUL),
  title: z.string().trim().max(200).refine(noNul, NO_NUL).optional(),
  project_id: z.string().trim().min(1).max(255).refine(noNul, NO_NUL).optional(),
  agent_type: z.string().trim().min(1).max(100).refine(noNul, NO_NUL).optional(),
  required_capabilities: z.array(z.string().trim().min(1).max(100)).max(100).default([]),
  preferred_runner_id: z.string().optional(),
  repo_path: z.string().max(4096).optional(),
  branch: z.string().max(1000).optional(),
  command: z.array(z.string()).min(1).max(1000).optional(),
  create_worktree: z.boolean().default(true),
  timeout_seconds: z.number().positive().max(7 * 24 * 3600).optional(),
  max_attempts: z.int().min(1).max(10).default(3),
});
export type NewTask = z.infer<typeof NewTask>;

/** Lists and live frames cut a long `prompt` and have no `result`; GET /api/tasks/{id} gives the whole. */
export const HubTask = z.object({
  id: z.string(),
  title: z.string(),
  prompt: z.string(),
  project_id: z.string().nullable(),
  agent_type: z.string().nullable(),
  required_capabilities: z.array(z.string()),
  preferred_runner_id: z.string().nullable(),
  state: TaskState,
  attempts: z.int(),
  max_attempts: z.int(),
  runner_id: z.string().nullable(),
  runner_name: z.string().nullable(),
  agent_id: z.string().nullable(),
  progress: z.number().nullable(),
  activity: z.string().nullable(),
  /** Why it is not placed, was retried, or ended as a dead letter. */
  reason: z.string().nullable(),
  result: TaskResult.nullable(),
  created_by: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type HubTask = z.infer<typeof HubTask>;

/** GET /api/tasks/{id}/placement and POST /api/tasks/preview (a NewTask): who would take it, and why the others would not. */
export const Placement = z.object({ runner_id: z.string().nullable(), reason: z.string(), scores: z.array(RunnerScore.extend({ viable: z.boolean(), why: z.string() })) });
export type Placement = z.infer<typeof Placement>;

export const AuditEntry = z.object({ id: z.int(), at: z.string(), actor: z.string(), action: z.string(), target: z.string().nullable(), detail: z.record(z.string(), z.unknown()).nullable(), ip: z.string().nullable() });
export type AuditEntry = z.infer<typeof AuditEntry>;
