// What a runner daemon says of itself on its local socket: one JSON line for each that it is asked with.
import * as z from 'zod';

export const DaemonRequest = z.object({ type: z.literal('status') });

/** Unix time in ms. */
const Ms = z.number();

export const DaemonConnection = z.discriminatedUnion('state', [
  z.object({ state: z.literal('unregistered') }),
  z.object({ state: z.literal('connecting'), attempt: z.int() }),
  z.object({ state: z.literal('connected'), since: Ms, extension: z.boolean() }),
  z.object({ state: z.literal('waiting'), retryAt: Ms, reason: z.string() }),
  z.object({ state: z.literal('refused'), reason: z.string() }),
]);
export type DaemonConnection = z.infer<typeof DaemonConnection>;

export const DaemonStatus = z.object({
  v: z.literal(1),
  pid: z.int(),
  version: z.string(),
  startedAt: Ms,
  config: z.string(),
  log: z.string(),
  serverUrl: z.string().optional(),
  runnerId: z.string().optional(),
  name: z.string(),
  capabilities: z.array(z.string()),
  connection: DaemonConnection,
  /** As the hub is told. */
  status: z.enum(['online', 'busy', 'draining']),
  agentCount: z.int(),
  maxAgents: z.int(),
  agents: z.array(z.object({ sessionId: z.string(), taskId: z.string().optional(), providerId: z.string(), state: z.string(), workspace: z.string().optional(), createdAt: Ms })),
  /** Results that the hub does not have yet. */
  resultsWaiting: z.int(),
  /** When the token ends; absent where it does not say. */
  tokenEndsAt: Ms.optional(),
  /** Why it could not be renewed. */
  tokenProblem: z.string().optional(),
  /** The last ones, the oldest first. */
  errors: z.array(z.object({ at: Ms, message: z.string() })),
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;
