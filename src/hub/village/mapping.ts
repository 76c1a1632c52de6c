// A runner's event as a village's client knows it. Pure; the table is that of protocols/village.md.
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { RepoRef } from '../../protocol/sessionConfig.ts';
import type { AgentDisconnect, AgentSpawn, WorkStreamEvent, WorkStreamType } from '../../protocol/hubWire/villageSocket.ts';

export interface VillageAgent {
  readonly agentId: string;
  /** The hub's id of the session. */
  readonly sessionId: string;
}

interface Mapped {
  readonly type: WorkStreamType;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Undefined for what a village is not told of. */
export function workStreamEvent(agent: VillageAgent, event: RunnerEvent): WorkStreamEvent | undefined {
  const mapped = mappedOf(event);
  if (mapped === undefined) return undefined;
  return { agentId: agent.agentId, sessionId: agent.sessionId, type: mapped.type, payload: mapped.payload, timestamp: timeOf(event.ts), seq: event.seq };
}

/** After its last event. */
export function agentDisconnect({ agentId, sessionId }: VillageAgent, ts: number): AgentDisconnect {
  return { agentId, sessionId, timestamp: timeOf(ts) };
}

export function agentSpawn({ agentId, sessionId }: VillageAgent, about: { readonly agentName: string | undefined; readonly providerId: string; readonly repoRef: RepoRef; readonly ts: number }): AgentSpawn {
  return { agentId, sessionId, agentType: agentTypeOf(about.providerId), agentName: about.agentName ?? agentId, repoPath: repoPathOf(about.repoRef), timestamp: timeOf(about.ts) };
}

function mappedOf(event: RunnerEvent): Mapped | undefined {
  switch (event.type) {
    case 'SESSION_STARTED':
      return { type: 'session_start', payload: { providerId: event.providerId, providerVersion: event.providerVersion, workspacePath: event.workspacePath, roomPath: event.roomPath } };
    case 'SESSION_STATE_CHANGED':
      return { type: 'status_change', payload: { previousState: event.previousState, newState: event.newState, reason: event.reason } };
    case 'TERMINAL_CHUNK':
      return { type: 'output', payload: { data: event.data, stream: event.stream } };
    case 'FILE_TOUCHED':
      return { type: event.reason === 'delete' ? 'file_delete' : event.reason === 'write' ? 'file_edit' : 'file_read', payload: { path: event.path, roomPath: event.roomPath, reason: event.reason } };
    case 'DIFF_SUMMARY':
      return { type: 'file_edit', payload: { filesChanged: event.filesChanged, linesAdded: event.linesAdded, linesRemoved: event.linesRemoved, files: event.files } };
    case 'APPROVAL_REQUESTED':
      return { type: 'status_change', payload: { approval: event.approval, newState: 'WAITING_FOR_APPROVAL' } };
    case 'APPROVAL_RESOLVED':
      return { type: 'status_change', payload: { approvalId: event.approvalId, decision: event.decision, note: event.note } };
    case 'SESSION_ENDED':
      return { type: 'session_end', payload: { finalState: event.finalState, exitCode: event.exitCode, totalDurationMs: event.totalDurationMs, totalUsage: event.totalUsage } };
    case 'TEST_RUN_STARTED':
    case 'TEST_RUN_FINISHED':
    case 'ALERT_RAISED':
    case 'USAGE_TICK':
    case 'PROVIDER_EVENT_FORWARDED':
      return undefined;
  }
}

function agentTypeOf(providerId: string): AgentSpawn['agentType'] {
  if (providerId === 'codex') return 'codex';
  return providerId === 'claude_code' || providerId === 'claude' ? 'claude' : 'custom';
}

function repoPathOf(repoRef: RepoRef): string {
  return repoRef.provider === 'local' ? repoRef.path : `${repoRef.provider}:${repoRef.owner}/${repoRef.name}`;
}

/** What a clock gone mad says is no reason to lose the event. */
function timeOf(ts: number): string {
  const date = new Date(ts);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
