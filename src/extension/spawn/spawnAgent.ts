// Spawns an agent with its progress in a notification, where it can be cancelled; then opens its terminal if wished.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { waitForEvent } from '../../base/wait.ts';
import { queueFirstPrompt } from '../../runner/firstPrompt.ts';
import { newAgentId } from '../../runtimes/agentConfig.ts';
import type { AgentConfig, AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import { agentKey } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import type { Services } from '../services.ts';
import { readSetting } from '../settings.ts';
import { showError } from '../showError.ts';
import { runtimeLabel } from '../tree/model.ts';
import type { Choices } from './choices.ts';
import { freeName, type SpawnRequest } from './spawnRequest.ts';

/** Milliseconds after a spawn in which a program that cannot start has failed. */
const EARLY_MS = 3_000;

/** Resolves with the agent when its program was started. Throws as `spawnAgent` of the manager does; `cancelled` when the person cancelled. */
export async function spawnAgent(services: Services, request: SpawnRequest): Promise<AgentInfo> {
  const last = await services.memory.last();
  const runtimeId = request.runtime ?? last.runtime ?? 'local';
  const config = configOf(services, request, last);
  const kind = request.workspace ?? readSetting('workspaces.default');
  services.log.info(`Spawning ${config.agentId} (${config.aiProvider}) on ${runtimeId} in ${config.workingDirectory}`);
  const handle = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Spawning ${config.name ?? config.agentId} on ${runtimeLabel(runtimeId)}`, cancellable: true },
    (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      const following = {
        signal: controller.signal,
        onProgress: (step: string, message: string): void => {
          services.log.debug(`${config.agentId}: ${step}: ${message}`);
          progress.report({ message });
        },
      };
      const start = (wanted: AgentConfig): Promise<AgentHandle> => services.fleet.use((manager) => manager.spawnAgent(runtimeId, wanted, following));
      return kind === 'folder' ? start(config) : inOwnPlace(services, config, { ...request, kind }, following, start);
    },
  );
  const agent = services.fleet.find(`${runtimeId}/${handle.agentId}`) ?? (await refreshed(services, `${runtimeId}/${handle.agentId}`));
  await services.fleet.use((_manager, managed) => queueFirstPrompt(managed, agent, config));
  void services.tree.reveal(agentKey(agent)).then(undefined, () => undefined);
  return agent;
}

/** Workspaces are made by review's bundle, which has git's part of them. The project's own scripts run in trusted folders alone. */
async function inOwnPlace(services: Services, config: AgentConfig, { kind, base, withChanges }: { readonly kind: 'worktree' | 'copy'; readonly base?: string | undefined; readonly withChanges?: boolean | undefined }, following: PrepareFollowing, start: (config: AgentConfig) => Promise<AgentHandle>): Promise<AgentHandle> {
  const review = await services.review.open();
  const includeFiles = vscode.workspace.getConfiguration('git').get<readonly string[]>('worktreeIncludeFiles') ?? [];
  return review.inWorkspace(config, { kind, base, withChanges, runScripts: vscode.workspace.isTrusted, includeFiles }, following, start);
}

interface PrepareFollowing {
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, message: string) => void;
}

/** Asks the runtimes again for an agent that was just made. */
export async function refreshed(services: Services, key: string): Promise<AgentInfo> {
  await services.fleet.refresh();
  const agent = services.fleet.find(key);
  if (agent === undefined) throw new AgentsError('not-found', 'The agent was spawned, but ended before it could be seen.');
  return agent;
}

function configOf(services: Services, request: SpawnRequest, last: Choices): AgentConfig {
  const aiProvider = request.provider ?? (request.argv === undefined ? last.provider ?? 'claude' : 'custom');
  const model = request.model ?? readSetting('spawn.model');
  const env = { ...readSetting('spawn.environment'), ...request.env };
  return {
    agentId: newAgentId(request.name ?? aiProvider),
    aiProvider,
    name: request.name ?? freeName(aiProvider, services.fleet.snapshot.agents.map((agent) => agent.name)),
    workingDirectory: request.folder ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir(),
    autoPilot: request.autopilot ?? readSetting('spawn.autopilot'),
    ...(request.task === undefined || request.task === '' ? {} : { task: request.task }),
    ...(model === '' ? {} : { model }),
    ...(request.argv === undefined ? {} : { argv: request.argv }),
    ...(request.permissionMode === undefined ? {} : { permissionMode: request.permissionMode }),
    ...(request.mcpConfig === undefined ? {} : { mcpConfig: request.mcpConfig }),
    ...(request.args === undefined ? {} : { extraArgs: request.args }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(request.memory === undefined && request.cpus === undefined ? {} : { resources: { memory: request.memory, cpus: request.cpus } }),
  };
}

/** Tells when the program of a new agent turns out not to start: in its terminal alone that is easily missed. */
export async function tellEarlyFailure({ fleet, log }: Services, spawned: AgentInfo): Promise<void> {
  const failed = (): AgentInfo | undefined => {
    const agent = fleet.find(agentKey(spawned));
    return agent?.status === 'failed' ? agent : undefined;
  };
  if (failed() === undefined) await waitForEvent(fleet.onDidChange, () => failed() !== undefined, { timeoutMs: EARLY_MS, what: 'a failure' }).catch(() => undefined);
  const agent = failed();
  if (agent?.status !== 'failed') return;
  const hint = agent.exitCode === 127 ? (await fleet.providers()).find(agent.aiProvider)?.installHint : undefined;
  await showError(new AgentsError('command-not-found', `${agent.name} could not start: ${agent.reason}.`, hint === undefined ? {} : { hint }), log);
}

/** Opens the new agent's terminal, offers to, or leaves it: as the caller or the setting says. */
export async function showSpawned(services: Services, agent: AgentInfo, attach: boolean | undefined): Promise<void> {
  const wish = attach === undefined ? readSetting('attach.onSpawn') : attach ? 'always' : 'never';
  if (wish === 'always') {
    await services.terminals.attach(agent, readSetting('attach.location'));
  } else if (wish === 'ask') {
    void vscode.window.showInformationMessage(`${agent.name} is running.`, 'Attach Terminal', 'Attach in Editor').then(
      (choice) => {
        if (choice !== undefined) return vscode.commands.executeCommand(choice === 'Attach Terminal' ? Commands.attach : Commands.attachInEditor, { key: agentKey(agent) });
        return undefined;
      },
      (error: unknown) => showError(error, services.log),
    );
  }
}
