// The steps of a session's life that need nothing of its state: what they are given in, what is to be told out.
import { randomUUID } from 'node:crypto';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { RunnerEventBody } from '../../protocol/runnerEvent.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import { finalStateOf } from '../../sessions/states/transitions.ts';
import type { Workspace, WorkspaceRequest } from '../../workspaces/types.ts';
import { agentIdOf } from '../adapters/cliAdapter.ts';
import type { ProviderAdapter, ProviderEvent, StartRequest } from '../adapters/providerAdapter.ts';
import type { Ending, SessionRecord } from './sessionRecord.ts';
import type { SessionSpec } from './sessionRequest.ts';
import { endStrays, SESSION_MARK } from './strays.ts';
import type { WorkspacePort } from './workspacePort.ts';

const DIFF_MS = 60_000;

/** A worktree of the repository, or the folder that was named. */
export function workspaceRequestOf({ config, workspacePath }: SessionSpec, id: string): WorkspaceRequest {
  const { sessionId: owner, repoRef: repo, checkout: base, task } = config;
  if (workspacePath !== undefined) return { id, kind: 'folder', repo: { provider: 'local', path: workspacePath }, owner };
  return { id, kind: 'worktree', repo, base, branch: task.branchName, owner };
}

/** What its agent is started with. */
export function startOf({ spec: { config, prompt, argv, form }, runtimeId }: SessionRecord, { record, env }: Workspace): StartRequest {
  const { sessionId, policy, task } = config;
  return { sessionId, repoPath: record.path, task: prompt ?? (form === 'wire' ? task : undefined), policy, runtimeId, env: { ...env, ...config.env, [SESSION_MARK]: agentIdOf(sessionId) }, argv };
}

/** What a program's end makes of its session. */
export function endingOf({ exitCode, signal, reason }: Extract<ProviderEvent, { readonly type: 'exit' }>): Ending {
  const code = exitCode ?? undefined;
  const how = reason ?? (signal !== undefined ? `The provider was ended by ${signal}.` : code === undefined ? 'The provider ended, and how is not known.' : code === 0 ? undefined : `The provider ended with exit code ${code}.`);
  return { final: finalStateOf(code), ...(how === undefined ? {} : { reason: how }), ...(code === undefined ? {} : { exitCode: code }) };
}

export function statusEvent(status: AgentStatus): RunnerEventBody {
  const text = status.state === 'waiting' ? status.text : status.state === 'error' ? status.message : '';
  return { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'status', state: status.state, ...(status.state === 'waiting' ? { waitingFor: status.kind } : {}), ...(text === '' ? {} : { text }) } };
}

/** A tool that it used, as its hooks tell. */
export function toolEvent({ tool, command, path }: Extract<ProviderEvent, { readonly type: 'tool' }>): RunnerEventBody {
  return { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'tool', ...(tool === undefined ? {} : { tool }), ...(command === undefined ? {} : { command }), ...(path === undefined ? {} : { path }) } };
}

/** Ends the agent and everything it left behind; what could not be ended is told. */
export async function endOfAgent(adapter: ProviderAdapter, sessionId: string, graceMs: number): Promise<readonly RunnerEventBody[]> {
  try {
    await adapter.stop({ sessionId, graceMs });
    const left = await endStrays(agentIdOf(sessionId));
    if (left.length > 0) throw new AgentsError('internal', `These processes of it cannot be ended: ${left.join(', ')}.`);
    return [];
  } catch (error) {
    return [alertOf('error', 'policy', 'The agent could not be ended', error)];
  }
}

/** The summary of changes, or why there is none. */
export async function diffEvents(workspaces: WorkspacePort, workspace: WorkspaceRecord | undefined): Promise<readonly RunnerEventBody[]> {
  if (workspace === undefined) return [];
  try {
    return [{ type: 'DIFF_SUMMARY', ...(await waitFor(workspaces.diffTotals(workspace), { timeoutMs: DIFF_MS, what: 'the summary of changes' })) }];
  } catch (error) {
    return [alertOf('warn', 'build', 'The changes could not be summed up', error)];
  }
}

type Alert = Extract<RunnerEventBody, { readonly type: 'ALERT_RAISED' }>;

/** `error`: what went wrong, or a sentence that says so. */
export function alertOf(severity: Alert['severity'], category: Alert['category'], title: string, error: unknown): Alert {
  return { type: 'ALERT_RAISED', alertId: randomUUID(), severity, category, title, description: messageOf(error) };
}
