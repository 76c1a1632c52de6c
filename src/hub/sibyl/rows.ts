// Rows of the database as the wire has them.
import type { Selectable } from 'kysely';
import { jsonOf } from '../../base/json.ts';
import type { HubTask, NewTask } from '../../protocol/hubWire/hubRest.ts';
import { TaskResult, TaskState } from '../../protocol/hubWire/sibylFrames.ts';
import { RunnerStatus, type Runner, type RunnerProject } from '../../protocol/hubWire/sibylRest.ts';
import type { Tables } from '../store/tables.ts';
import type { Candidate } from './scoring.ts';

export type RunnerRow = Selectable<Tables['runners']>;
export type TaskRow = Selectable<Tables['tasks']>;

/** Of a NewTask, what has no column; which runners refused it, with their words, and which had it: only their late results count. */
export type TaskRest = Partial<Pick<NewTask, 'repo_path' | 'branch' | 'command' | 'create_worktree' | 'timeout_seconds'>> & { readonly refusals?: Readonly<Record<string, string>>; readonly tried?: readonly string[] };

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Offline as soon as no process has its socket, or nothing was heard of it for `offlineMs`. */
export function statusOf(row: RunnerRow, now: number, offlineMs: number): RunnerStatus {
  if (row.connected_to === null || row.last_heartbeat === null || now - row.last_heartbeat > offlineMs) return 'offline';
  return RunnerStatus.catch('online').parse(row.status);
}

export function runnerOf(row: RunnerRow, now: number, offlineMs: number): Runner {
  return {
    id: row.id,
    name: row.name,
    hostname: row.hostname,
    graph_runner_id: row.graph_runner_id,
    capabilities: textsOf(row.capabilities),
    max_concurrent_agents: row.max_concurrent_agents,
    current_agent_count: row.agent_count,
    status: statusOf(row, now, offlineMs),
    last_heartbeat: row.last_heartbeat === null ? null : timeText(row.last_heartbeat),
    client_version: row.client_version,
    created_at: timeText(row.created_at),
    updated_at: timeText(row.updated_at),
  };
}

/** `active` counts its tasks that the hub knows of: a runner that reports none of them has less room than it says. */
export function candidateOf(row: RunnerRow, active: number, projects: ReadonlySet<string>, now: number, offlineMs: number): Candidate {
  return {
    id: row.id,
    name: row.name,
    status: statusOf(row, now, offlineMs),
    capabilities: textsOf(row.capabilities),
    maxAgents: row.max_concurrent_agents,
    agents: Math.max(row.agent_count, active),
    lastHeartbeat: row.last_heartbeat,
    lastAssignedAt: row.last_assigned_at,
    projects,
  };
}

export function projectOf(row: Selectable<Tables['runner_projects']>): RunnerProject {
  return { ...row, last_used_at: timeText(row.last_used_at) };
}

/** Characters of a task's prompt in lists and in what is told of it. */
const PROMPT_SHOWN = 500;

/** As lists and live sockets have it: without its result and most of a long prompt, so that hundreds of them stay small. */
export function taskOf(row: TaskRow, runnerName: string | null): HubTask {
  return wholeTaskOf({ ...row, prompt: row.prompt.length > PROMPT_SHOWN ? `${row.prompt.slice(0, PROMPT_SHOWN)}…` : row.prompt, result: null }, runnerName);
}

export function wholeTaskOf(row: TaskRow, runnerName: string | null): HubTask {
  const result = row.result === null ? undefined : TaskResult.safeParse(jsonOf(row.result)).data;
  return {
    id: row.id,
    title: row.title,
    prompt: row.prompt,
    project_id: row.project_id,
    agent_type: row.agent_type,
    required_capabilities: textsOf(row.required_capabilities),
    preferred_runner_id: row.preferred_runner_id,
    state: TaskState.catch('failed').parse(row.state),
    attempts: row.attempts,
    max_attempts: row.max_attempts,
    runner_id: row.runner_id,
    runner_name: runnerName,
    agent_id: row.agent_id,
    progress: row.progress,
    activity: row.activity,
    reason: row.reason,
    result: result ?? null,
    created_by: row.created_by,
    created_at: timeText(row.created_at),
    updated_at: timeText(row.updated_at),
  };
}

/** What this process wrote itself as JSON. */
export function restOf(row: Pick<TaskRow, 'config'>): TaskRest {
  const rest = jsonOf(row.config);
  return typeof rest === 'object' && rest !== null ? rest : {};
}

export function textsOf(json: string): string[] {
  const value = jsonOf(json);
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}
