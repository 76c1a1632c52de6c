// The session that a task becomes: an agent with the task as its prompt, or a command with a program around it that keeps what it prints.
import type { CreateSessionRequest } from '../../service/sessionRequest.ts';
import type { TaskRecord } from '../../../protocol/taskRecord.ts';
import type { DaemonSettings } from '../settings/daemonSettings.ts';
import { STARTED_VARIABLE } from '../../../runtimes/launcher.ts';
import { capturedArgv, startedMark } from './captureProgram.ts';
import { taskEnvironment } from './taskEnvironment.ts';
import type { TaskPlan } from './taskPlan.ts';

export interface RequestOptions {
  readonly settings: DaemonSettings;
  /** The folder that a command leaves its output in, and every program that it was started. */
  readonly outcome: string;
}

/** Whose sessions they are, for those that ask by organisation: the hub knows its own. */
export const TASK_ORG = 'sibyl';

export function taskRequest(record: TaskRecord, { place, run }: TaskPlan, { settings, outcome }: RequestOptions): CreateSessionRequest {
  const { taskId, agentId, projectId, config, sessionId } = record;
  const repo = 'repo' in place ? place.repo : undefined;
  const url = repo === undefined ? place.path : repo.provider === 'local' ? repo.path : `https://${hosts[repo.provider]}/${repo.owner}/${repo.name}`;
  return {
    sessionId,
    orgId: TASK_ORG,
    providerId: run.kind === 'command' ? 'custom' : run.providerId,
    repo: { url, branch: 'branch' in place && place.branch !== undefined ? place.branch : 'HEAD' },
    env: { ...taskEnvironment(record, place.path), [STARTED_VARIABLE]: startedMark(outcome) },
    metadata: { taskId, agentId, ...(projectId === undefined ? {} : { projectId }), title: config.title ?? titleOf(config.prompt, run) },
    ...(settings.policy === undefined ? {} : { policy: settings.policy }),
    ...(run.kind === 'command' ? { argv: capturedArgv(outcome, run.argv), endWhenIdle: false } : { task: promptOf(config), endWhenIdle: settings.idleSeconds * 1000 }),
  };
}

const hosts = { github: 'github.com', gitlab: 'gitlab.com', bitbucket: 'bitbucket.org' } as const;

/** What the hub says beside the prompt is part of it, unless the prompt says the same. */
function promptOf({ prompt, description }: TaskRecord['config']): string {
  const more = description?.trim() ?? '';
  return more === '' || prompt.includes(more) ? prompt : `${prompt}\n\n${more}`.slice(0, 100_000);
}

function titleOf(prompt: string, run: TaskPlan['run']): string {
  const line = prompt.trim().split('\n', 1)[0] ?? '';
  return (line === '' && run.kind === 'command' ? run.argv.join(' ') : line).slice(0, 200);
}
