// What a session says of itself, numbered: the events that are journalled, cross wires, and are shown. The village runner's vocabulary.
import * as z from 'zod';

/** A session's states, as they stand in events. */
export const sessionStates = ['CREATED', 'PREPARING_WORKSPACE', 'STARTING_PROVIDER', 'RUNNING', 'PAUSED_BY_HUMAN', 'WAITING_FOR_APPROVAL', 'STOPPING', 'COMPLETED', 'FAILED'] as const;
export const SessionState = z.enum(sessionStates);
export type SessionState = z.infer<typeof SessionState>;

export const eventApprovalCategories = ['merge', 'deps_add', 'secrets', 'deploy', 'shell', 'network'] as const;
export const EventApprovalCategory = z.enum(eventApprovalCategories);
export type EventApprovalCategory = z.infer<typeof EventApprovalCategory>;

export const Verdict = z.enum(['allow', 'deny']);
export type Verdict = z.infer<typeof Verdict>;

/** Unix time in ms. */
const Ms = z.number();
const Count = z.number().min(0);

/** What a session used so far. Seconds, KB, counts, tokens; cost in US dollars, absent where the CLI reports none. */
export const UsageMetrics = z.object({
  agentSeconds: Count.default(0),
  terminalKb: Count.default(0),
  filesTouched: Count.default(0),
  commandsRun: Count.default(0),
  approvalsRequested: Count.default(0),
  tokensIn: Count.optional(),
  tokensOut: Count.optional(),
  apiCalls: Count.optional(),
  costUsd: Count.optional(),
  /** Of the agent's processes, at the last look: percent of one core, bytes, bytes, a count. */
  cpuPercent: Count.optional(),
  memoryBytes: Count.optional(),
  diskBytes: Count.optional(),
  pids: Count.optional(),
});
export type UsageMetrics = z.infer<typeof UsageMetrics>;

/** One thing that a session asks a person for. */
export const EventApproval = z.object({
  approvalId: z.string(),
  sessionId: z.string(),
  category: EventApprovalCategory,
  summary: z.string(),
  risk: z.enum(['low', 'med', 'high']),
  context: z.record(z.string(), z.unknown()).optional(),
  requestedAt: Ms,
  timeoutAt: Ms.optional(),
  resolvedAt: Ms.optional(),
  decision: Verdict.optional(),
  resolvedBy: z.string().optional(),
  note: z.string().optional(),
});
export type EventApproval = z.infer<typeof EventApproval>;

export const DiffFile = z.object({
  path: z.string(),
  status: z.enum(['added', 'modified', 'deleted', 'renamed']),
  additions: Count,
  deletions: Count,
});
export type DiffFile = z.infer<typeof DiffFile>;

export const DiffTotals = z.object({ filesChanged: Count, linesAdded: Count, linesRemoved: Count, files: z.array(DiffFile) });
export type DiffTotals = z.infer<typeof DiffTotals>;

/** What every event has. `seq` counts from 1 in its session, without a gap. */
const Stamp = z.object({
  sessionId: z.string(),
  orgId: z.string(),
  repoRef: z.unknown().optional(),
  ts: Ms,
  seq: z.int().min(1),
});

const bodies = [
  z.object({ type: z.literal('SESSION_STARTED'), providerId: z.string(), providerVersion: z.string(), workspacePath: z.string(), roomPath: z.string().optional() }),
  z.object({ type: z.literal('SESSION_STATE_CHANGED'), previousState: SessionState, newState: SessionState, reason: z.string().optional() }),
  /** Always a session's last event. */
  z.object({ type: z.literal('SESSION_ENDED'), finalState: z.enum(['COMPLETED', 'FAILED']), exitCode: z.int().optional(), totalDurationMs: Count, totalUsage: UsageMetrics }),
  z.object({ type: z.literal('TERMINAL_CHUNK'), data: z.string(), stream: z.enum(['stdout', 'stderr']) }),
  z.object({ type: z.literal('FILE_TOUCHED'), path: z.string(), roomPath: z.string().optional(), reason: z.enum(['read', 'write', 'delete', 'diff']) }),
  DiffTotals.extend({ type: z.literal('DIFF_SUMMARY') }),
  z.object({ type: z.literal('TEST_RUN_STARTED'), command: z.string(), testFiles: z.array(z.string()).optional() }),
  z.object({ type: z.literal('TEST_RUN_FINISHED'), exitCode: z.int(), passed: Count, failed: Count, skipped: Count, duration: Count }),
  z.object({ type: z.literal('APPROVAL_REQUESTED'), approval: EventApproval }),
  z.object({ type: z.literal('APPROVAL_RESOLVED'), approvalId: z.string(), decision: Verdict, resolvedBy: z.string().optional(), note: z.string().optional() }),
  z.object({
    type: z.literal('ALERT_RAISED'),
    alertId: z.string(),
    severity: z.enum(['info', 'warn', 'error', 'critical']),
    category: z.enum(['security', 'performance', 'build', 'test', 'dependency', 'policy']),
    title: z.string(),
    description: z.string(),
    context: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ type: z.literal('USAGE_TICK'), providerId: z.string(), units: UsageMetrics, intervalMs: Count }),
  /** Whatever else is worth telling, in the provider's own words or ours: prompts (`{kind: 'prompt', ...}`), commits (`{kind: 'commit', ...}`), statuses. */
  z.object({ type: z.literal('PROVIDER_EVENT_FORWARDED'), providerEvent: z.record(z.string(), z.unknown()) }),
] as const;

/** What happened, before it is numbered. */
export const RunnerEventBody = z.discriminatedUnion('type', bodies);
export type RunnerEventBody = z.infer<typeof RunnerEventBody>;
export type RunnerEventType = RunnerEventBody['type'];

export const RunnerEvent = z.intersection(Stamp, RunnerEventBody);
export type RunnerEvent = z.infer<typeof RunnerEvent>;

/** Also one that this version does not know, as a later runner may send it: kept whole, as something forwarded, so that the numbers after it have no gap. */
export const AnyRunnerEvent = z.union([RunnerEvent, Stamp.extend({ type: z.string().max(100) }).loose().transform(unknownEvent)]);

function unknownEvent({ sessionId, orgId, ts, seq, ...event }: z.infer<typeof Stamp> & { readonly type: string }): RunnerEvent {
  return { sessionId, orgId, ts, seq, type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'unknown', of: event.type, event } };
}
