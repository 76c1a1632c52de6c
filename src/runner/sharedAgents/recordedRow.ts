// An agent of an editor's window as a hub's list shows it.
import type { AgentStatus, StatusClaim } from '../../protocol/agentStatus.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { askOf } from './sharedAsk.ts';
import { sharedClaim } from './sharedClaim.ts';

export interface RecordedRowParts {
  readonly sessionId: string;
  readonly agent: AgentInfo;
  readonly status: AgentStatus | undefined;
  readonly asks: readonly PendingApproval[];
  readonly queued: number;
  readonly branch: string | undefined;
  readonly lastSeq: number;
  /** Unix time in ms: the end of its journal. */
  readonly endedAt: number | undefined;
  /** It is not there any more. */
  readonly isGone: boolean;
  readonly terminals: boolean;
  readonly redact: (text: string) => string;
}

export function recordedRow(parts: RecordedRowParts): SharedSession {
  const { sessionId, agent, status, asks, queued, branch, lastSeq, endedAt, isGone, terminals, redact } = parts;
  const createdAt = Date.parse(agent.createdAt) || 0;
  const isOver = isGone || agent.status === 'exited' || agent.status === 'failed';
  const exitCode = agent.status === 'exited' ? agent.exitCode : agent.status === 'failed' ? (agent.exitCode ?? null) : undefined;
  return {
    session_id: sessionId,
    name: agent.name,
    provider_id: agent.aiProvider,
    title: redact(agent.task),
    state: stateOf(parts, isOver),
    status: statusOf(parts, isOver),
    status_since: status?.since ?? endedAt ?? createdAt,
    runtime_id: agent.handle.runtimeId ?? agent.runtimeId,
    workspace: agent.workingDirectory,
    ...(branch === undefined ? {} : { branch }),
    asks: isOver ? [] : asks.map((ask) => askOf(ask, redact)),
    queued_prompts: queued,
    created_at: createdAt,
    ...(isOver ? { ended_at: endedAt ?? status?.since ?? createdAt } : {}),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    last_seq: lastSeq,
    terminal: terminals && !isOver && agent.status !== 'unknown',
  };
}

function stateOf({ agent, asks, isGone }: RecordedRowParts, isOver: boolean): SharedSession['state'] {
  if (isOver) return agent.status === 'failed' || (agent.status === 'exited' && agent.exitCode !== 0 && !isGone) ? 'FAILED' : 'COMPLETED';
  if (agent.status === 'starting') return 'STARTING_PROVIDER';
  return asks.some(({ kind }) => kind === 'permission' || kind === 'trust') ? 'WAITING_FOR_APPROVAL' : 'RUNNING';
}

function statusOf({ agent, status, redact }: RecordedRowParts, isOver: boolean): StatusClaim {
  if (agent.status === 'exited') return { state: 'exited', exitCode: agent.exitCode, ...(agent.signal === undefined ? {} : { signal: agent.signal }) };
  if (isOver) return { state: 'exited', exitCode: agent.status === 'failed' ? (agent.exitCode ?? null) : null };
  if (agent.status === 'unknown') return { state: 'unknown', reason: agent.reason };
  if (status !== undefined) return sharedClaim(status, redact);
  return agent.status === 'starting' ? { state: 'starting' } : { state: 'unknown', reason: 'What it does is not known yet.' };
}
