// A session as the library's users see it, under the README's names; and as the wire describes it.
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import { UsageMetrics, type EventApproval, type SessionState } from '../../protocol/runnerEvent.ts';
import type { SessionConfig } from '../../protocol/sessionConfig.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import type { Session, SessionRepo } from '../../sessions/manager/managedSession.ts';
import { facadeState } from '../../sessions/states/facadeNames.ts';
import { isFinal } from '../../sessions/states/transitions.ts';
import type { StoredSession } from '../../sessions/store/sessionStore.ts';
import type { RunnerSession } from './runnerSession.ts';
import type { SessionRecord } from './sessionRecord.ts';

/** Times are Unix time in ms. */
export interface SessionRuntimeState {
  readonly sessionId: string;
  readonly state: SessionState;
  readonly providerId: string;
  readonly workspace?: WorkspaceRecord;
  readonly startedAt?: number;
  readonly providerPid?: number;
  /** What its agent does, while it lives and as far as it was told. */
  readonly status?: AgentStatus;
  /** 0 when nothing has happened yet. */
  readonly lastEventSeq: number;
  readonly pendingApprovals: readonly EventApproval[];
  readonly errorMessage?: string;
  /** See `Ending.fault`. */
  readonly fault?: string;
  readonly exitCode?: number;
}

/** Both, of one moment. */
export interface SessionLook {
  readonly session: Session;
  readonly runtime: SessionRuntimeState;
}

export function lookAt(running: RunnerSession): SessionLook {
  const { record, state, status, startedAt, providerPid, reason, exitCode, fault } = running;
  return lookOf(record, state, { lastEventSeq: running.journal.lastSeq, startedAt, providerPid: isFinal(state) ? undefined : providerPid, status: isFinal(state) ? undefined : status, reason, exitCode, fault, pendingApprovals: running.pendingApprovals, usage: running.usage() });
}

/** Of an earlier process' session, as its files tell. */
export function lookAtStored(stored: StoredSession, record: SessionRecord): SessionLook {
  const { ending } = record;
  return lookOf(record, stored.state, { lastEventSeq: stored.lastSeq, reason: ending?.reason, exitCode: ending?.exitCode, fault: ending?.fault, pendingApprovals: [] });
}

interface Facts extends Pick<SessionRuntimeState, 'lastEventSeq' | 'pendingApprovals'> {
  readonly startedAt?: number | undefined;
  readonly providerPid?: number | undefined;
  readonly status?: AgentStatus | undefined;
  readonly reason?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly fault?: string | undefined;
  readonly usage?: UsageMetrics | undefined;
}

function lookOf({ spec, createdAt, endedAt, workspace }: SessionRecord, state: SessionState, { lastEventSeq, pendingApprovals, startedAt, providerPid, status, reason, exitCode, fault, usage }: Facts): SessionLook {
  const { config } = spec;
  const { sessionId, orgId, userId, providerId, metadata } = config;
  const path = workspace?.path ?? spec.workspacePath;
  return {
    session: {
      sessionId,
      orgId,
      providerId,
      userId,
      repo: repoOf(config),
      workspacePath: path,
      task: spec.prompt ?? config.task.goal,
      metadata,
      state: facadeState(state),
      runnerState: state,
      createdAt,
      startedAt,
      endedAt,
      usage: usage ?? UsageMetrics.parse({}),
      exitCode,
      reason,
      lastEventSeq,
    },
    runtime: {
      sessionId,
      state,
      providerId,
      ...(workspace === undefined ? {} : { workspace }),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(providerPid === undefined ? {} : { providerPid }),
      ...(status === undefined ? {} : { status }),
      lastEventSeq,
      pendingApprovals,
      ...(state === 'FAILED' && reason !== undefined ? { errorMessage: reason } : {}),
      ...(fault === undefined ? {} : { fault }),
      ...(exitCode === undefined ? {} : { exitCode }),
    },
  };
}

const hosts = { github: 'github.com', gitlab: 'gitlab.com', bitbucket: 'bitbucket.org' } as const;

function repoOf({ repoRef, checkout }: SessionConfig): SessionRepo {
  const url = repoRef.provider === 'local' ? repoRef.path : `https://${hosts[repoRef.provider]}/${repoRef.owner}/${repoRef.name}`;
  switch (checkout.type) {
    case 'branch':
      return { url, branch: checkout.ref };
    case 'commit':
      return { url, commit: checkout.sha };
    case 'tag':
      return { url, branch: checkout.tag };
  }
}
