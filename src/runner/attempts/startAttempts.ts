// Begins several attempts at one task: a workspace and an agent for each, together. One that cannot begin does not keep the others from it.
import { realpathSync } from 'node:fs';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { throwIfCancelled } from '../../base/wait.ts';
import type { Attempt, AttemptGroup } from '../../protocol/attemptGroup.ts';
import { taskTitle } from '../../protocol/agentRecord.ts';
import { newAgentId } from '../../runtimes/agentConfig.ts';
import type { AgentConfig } from '../../runtimes/types.ts';
import type { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import type { Managed } from '../createRuntimeManager.ts';
import { queueFirstPrompt } from '../firstPrompt.ts';
import type { AttemptStore } from './attemptStore.ts';

export interface AttemptsRequest {
  readonly task: string;
  /** A folder in the user's repository. */
  readonly folder: string;
  readonly runtimeId: string;
  /** One for each attempt; the same one several times for several attempts. */
  readonly providers: readonly string[];
  /** Whether each begins with the folder's uncommitted changes. */
  readonly withChanges: boolean;
  readonly autoPilot?: boolean | undefined;
  readonly model?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whether the project's own scripts may run in the workspaces. */
  readonly runScripts?: boolean | undefined;
}

export interface StartOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
}

export interface AttemptParts {
  readonly managed: Pick<Managed, 'manager' | 'providers' | 'prompts'>;
  readonly workspaces: WorkspaceManager;
  readonly store: AttemptStore;
}

/** At most so many at once: each is a whole agent. */
export const MOST_ATTEMPTS = 8;

/** Resolves with the group, at least one of whose attempts runs. Throws what kept the first from beginning when none does, and leaves nothing behind then; so does `cancelled`. */
export async function startAttempts(request: AttemptsRequest, { managed, workspaces, store }: AttemptParts, { signal, onProgress }: StartOptions = {}): Promise<AttemptGroup> {
  const { task, providers, folder } = request;
  if (task.trim() === '') throw new AgentsError('bad-input', 'Attempts need a task: there is nothing to compare without one.');
  if (providers.length < 2 || providers.length > MOST_ATTEMPTS) throw new AgentsError('bad-input', `Best of N takes 2 to ${MOST_ATTEMPTS} attempts, not ${providers.length}.`);
  const labels = labelsOf(providers);
  const began: { attempt: Attempt; fault?: AgentsError }[] = [];
  const undo = async (): Promise<void> => {
    // One that cannot be taken back does not keep the others.
    await Promise.allSettled(began.map(({ attempt }) => takeBack(attempt, { managed, workspaces })));
  };
  try {
    const makings = providers.map(async (provider, index) => {
      const attempt: Attempt = { agentId: newAgentId(`${provider}-${taskTitle(task).slice(0, 20)}`), runtimeId: request.runtimeId, provider, label: labels[index] ?? provider };
      const place = { attempt } as { attempt: Attempt; fault?: AgentsError };
      began.push(place);
      try {
        onProgress?.(`${attempt.label}: making its workspace`);
        const { record, env } = await workspaces.prepare({ id: attempt.agentId, kind: 'worktree', repo: { provider: 'local', path: folder }, base: { type: 'current', withChanges: request.withChanges }, owner: attempt.agentId, runScripts: request.runScripts === true }, { signal });
        place.attempt = { ...attempt, workspaceId: record.id };
        throwIfCancelled(signal);
        onProgress?.(`${attempt.label}: starting`);
        await spawn(request, place.attempt, { workingDirectory: record.path, env: { ...request.env, ...env } }, managed, signal);
      } catch (error) {
        if (isAgentsError(error, 'cancelled')) throw error;
        place.fault = asAgentsError(error);
        // What began of it goes; why it could not is shown.
        await takeBack(place.attempt, { managed, workspaces });
        const { workspaceId: _gone, ...rest } = place.attempt;
        place.attempt = { ...rest, error: messageOf(error) };
      }
    });
    // All are waited for, or what is under way would go on after it was taken back.
    const outcomes = await Promise.allSettled(makings);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw asAgentsError(outcome.reason);
    throwIfCancelled(signal);
    if (began.every(({ fault }) => fault !== undefined)) throw began[0]?.fault ?? new AgentsError('internal', 'No attempt could begin.');
    const group: AttemptGroup = { v: 1, id: newAgentId(taskTitle(task)), task, folder: realpathSync(folder), createdAt: new Date().toISOString(), attempts: began.map(({ attempt }) => attempt) };
    // Without its file nobody could compare them.
    store.write(group);
    return group;
  } catch (error) {
    await undo();
    throw error;
  }
}

async function spawn({ task, autoPilot, model, runtimeId }: AttemptsRequest, { agentId, provider, label }: Attempt, place: Pick<AgentConfig, 'workingDirectory' | 'env'>, managed: AttemptParts['managed'], signal: AbortSignal | undefined): Promise<void> {
  const config: AgentConfig = {
    agentId,
    aiProvider: provider,
    name: `${label}: ${taskTitle(task)}`.slice(0, 60),
    task,
    ...place,
    ...(autoPilot === undefined ? {} : { autoPilot }),
    ...(model === undefined ? {} : { model }),
  };
  await managed.manager.spawnAgent(runtimeId, config, { signal });
  const agent = managed.manager.find(agentId);
  if (agent !== undefined) await queueFirstPrompt(managed, agent, config);
}

/** `claude`, `codex`; `claude 1`, `claude 2` where there are several of one. */
export function labelsOf(providers: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return providers.map((provider) => {
    const number = (seen.get(provider) ?? 0) + 1;
    seen.set(provider, number);
    return providers.filter((one) => one === provider).length > 1 ? `${provider} ${number}` : provider;
  });
}

/** Nothing was done in it yet that somebody could miss. */
async function takeBack({ agentId, workspaceId }: Attempt, { managed: { manager }, workspaces }: Pick<AttemptParts, 'managed' | 'workspaces'>): Promise<void> {
  const agent = manager.find(agentId);
  if (agent !== undefined) await manager.killAgent(agent.handle, { graceMs: 0 });
  const record = workspaceId === undefined ? undefined : workspaces.list().find(({ id }) => id === workspaceId);
  if (record !== undefined) await workspaces.remove(record);
}
