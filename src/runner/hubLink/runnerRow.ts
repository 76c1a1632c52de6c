// One of a runner's sessions as a hub's list shows it.
import type { StatusClaim } from '../../protocol/agentStatus.ts';
import type { SharedAsk, SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { Session } from '../../sessions/manager/managedSession.ts';
import { isFinal } from '../../sessions/states/transitions.ts';
import type { Managed } from '../createRuntimeManager.ts';
import type { SessionRuntimeState } from '../service/sessionView.ts';
import { askOf, askOfEvent } from '../sharedAgents/sharedAsk.ts';
import { sharedClaim } from '../sharedAgents/sharedClaim.ts';

export interface RunnerRowParts {
  readonly session: Session;
  readonly runtime: SessionRuntimeState | undefined;
  /** Where its provider is a terminal CLI, and while it lives. */
  readonly agent: AgentInfo | undefined;
  readonly managed: Pick<Managed, 'approvals' | 'prompts'> | undefined;
  readonly taskId: string | undefined;
  readonly terminals: boolean;
  readonly redact: (text: string) => string;
}

export function runnerRow(parts: RunnerRowParts): SharedSession {
  const { session, runtime, agent, taskId, terminals, redact } = parts;
  const { sessionId, providerId, runnerState: state, task, metadata, createdAt, startedAt, endedAt, exitCode, workspacePath, repo, lastEventSeq } = session;
  // A command has no task of words; whoever began it may have given it a title.
  const given = metadata?.['title'];
  const [title = ''] = redact(typeof given === 'string' && given !== '' ? given : (task ?? '')).trim().split('\n');
  const branch = runtime?.workspace?.branch ?? repo?.branch;
  const ended = isFinal(state) ? endedAt : undefined;
  return {
    session_id: sessionId,
    name: givenName(session) ?? agent?.name ?? sessionId,
    provider_id: providerId,
    title,
    state,
    status: isFinal(state) ? { state: 'exited', exitCode: exitCode ?? null } : statusOf(runtime, state, redact),
    status_since: ended ?? runtime?.status?.since ?? startedAt ?? createdAt,
    ...(agent === undefined ? {} : { runtime_id: agent.handle.runtimeId ?? agent.runtimeId }),
    ...(workspacePath === undefined ? {} : { workspace: workspacePath }),
    ...(branch === undefined ? {} : { branch }),
    ...(taskId === undefined ? {} : { task_id: taskId }),
    asks: asksOf(parts),
    queued_prompts: queued(parts),
    created_at: createdAt,
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    last_seq: lastEventSeq,
    terminal: terminals && agent !== undefined && !isFinal(state),
  };
}

function statusOf(runtime: SessionRuntimeState | undefined, state: Session['runnerState'], redact: (text: string) => string): StatusClaim {
  const status = runtime?.status;
  if (state === 'CREATED' || state === 'PREPARING_WORKSPACE' || state === 'STARTING_PROVIDER') return { state: 'starting' };
  if (status === undefined) return { state: 'unknown', reason: 'Its provider has not told yet.' };
  return sharedClaim(status, redact);
}

/** What its journal says is open; of the inbox, how it can be answered, and what no approval is. */
function asksOf({ runtime, agent, managed, redact }: RunnerRowParts): SharedAsk[] {
  const live = agent === undefined ? undefined : managed?.approvals.of(agent.handle);
  const pending = runtime?.pendingApprovals ?? [];
  const asks = pending.map((approval) => (approval.approvalId === live?.id ? askOf(live, redact) : askOfEvent(approval, redact)));
  return live === undefined || pending.some(({ approvalId }) => approvalId === live.id) ? asks : [...asks, askOf(live, redact)];
}

function queued({ agent, managed }: RunnerRowParts): number {
  if (agent === undefined || managed === undefined) return 0;
  try {
    return managed.prompts.queueOf(agent).prompts.length;
  } catch {
    // Its file is damaged: the queue's own commands say so.
    return 0;
  }
}

/** As whoever began it called it. */
function givenName({ metadata }: Session): string | undefined {
  const name = metadata?.['agentName'];
  return typeof name === 'string' && name.trim() !== '' ? name.slice(0, 200) : undefined;
}
