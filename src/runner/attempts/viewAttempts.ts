// What is shown of a group's attempts: looked up in the journals, the workspaces and the runtimes when somebody looks.
import { isAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Attempt, AttemptGroup } from '../../protocol/attemptGroup.ts';
import type { AttemptView } from '../../protocol/panelMessages.ts';
import type { DiffTotals, UsageMetrics } from '../../protocol/runnerEvent.ts';
import { SessionFacts } from '../../sessions/recorder/sessionFacts.ts';
import { readSessions } from '../../sessions/timeline/followSessions.ts';
import { diffTotals } from '../../workspaces/diffTotals.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';

export interface ViewParts {
  readonly sessions: string;
  readonly records: WorkspaceStore;
  /** What the agent does now, in a word; whether a terminal can be attached. */
  readonly stateOf: (agentId: string) => Pick<AttemptView, 'state' | 'tone' | 'live'>;
  /** Whose tests are running. */
  readonly testing: ReadonlySet<string>;
  readonly log: Log;
}

/** Runs git in each workspace. Never fails: what cannot be looked up is not known. */
export function viewAttempts({ attempts }: AttemptGroup, parts: ViewParts): Promise<readonly AttemptView[]> {
  return Promise.all(attempts.map((attempt) => viewOf(attempt, parts)));
}

async function viewOf(attempt: Attempt, { sessions, records, stateOf, testing, log }: ViewParts): Promise<AttemptView> {
  const { agentId, label, outcome, note, error, tests, workspaceId } = attempt;
  if (error !== undefined) return { agentId, label, state: 'could not begin', tone: 'bad', live: false, note: error };
  const quietly = (why: unknown): undefined => void log.debug(`${agentId}: ${isAgentsError(why) ? why.message : messageOf(why)}`);
  const record = workspaceId === undefined ? undefined : records.read(workspaceId);
  const [totals, used] = await Promise.all([record === undefined ? undefined : diffTotals(record).catch(quietly), usageOf(sessions, agentId).catch(quietly)]);
  return {
    agentId,
    label,
    ...stateOf(agentId),
    ...sizes(totals),
    ...costs(used),
    ...(record?.branch === undefined ? {} : { branch: record.branch }),
    ...(testing.has(agentId) ? { tests: { running: true } as const } : tests === undefined ? {} : { tests: { running: false, exitCode: tests.exitCode, seconds: tests.seconds, tail: tests.tail } as const }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(note === undefined ? {} : { note }),
  };
}

/** As its journal tells: seconds at work, and what its CLI reported last. */
async function usageOf(sessions: string, agentId: string): Promise<Partial<UsageMetrics>> {
  const facts = new SessionFacts();
  let units: Partial<UsageMetrics> = {};
  const events = await readSessions(sessions, agentId);
  for (const event of events) {
    facts.take(event);
    if (event.type === 'USAGE_TICK') units = event.units;
    if (event.type === 'SESSION_ENDED') units = event.totalUsage;
  }
  return events.length === 0 ? {} : { ...units, agentSeconds: facts.ended ? (units.agentSeconds ?? 0) : facts.agentSeconds(Date.now()) };
}

function sizes(totals: DiffTotals | undefined): Pick<AttemptView, 'files' | 'added' | 'removed'> {
  return totals === undefined ? {} : { files: totals.filesChanged, added: totals.linesAdded, removed: totals.linesRemoved };
}

function costs({ agentSeconds, costUsd, tokensIn, tokensOut }: Partial<UsageMetrics> = {}): Pick<AttemptView, 'seconds' | 'costUsd' | 'tokens'> {
  return {
    ...(agentSeconds === undefined ? {} : { seconds: agentSeconds }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(tokensIn === undefined && tokensOut === undefined ? {} : { tokens: (tokensIn ?? 0) + (tokensOut ?? 0) }),
  };
}
