// `tmux-agents spawn`: starts an agent and says what became of it.
import { resolve } from 'node:path';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { cancelled, waitForEvent } from '../../base/wait.ts';
import { parseMemory } from '../../protocol/memory.ts';
import { AllowedHost, type NetworkMode, type NetworkWish } from '../../protocol/network.ts';
import { AIProvider } from '../../providers/aiProvider.ts';
import { policyGate } from '../../providers/policyGate.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import { inWorkspace, type WorkspaceWish } from '../../runner/agentWorkspace.ts';
import { queueFirstPrompt } from '../../runner/firstPrompt.ts';
import { newAgentId } from '../../runtimes/agentConfig.ts';
import { reapSoon } from '../../runtimes/agentPanes.ts';
import { stateText } from '../../runtimes/agentText.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentConfig, AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import { readEnvFile } from '../envFile.ts';
import { readPolicyFile } from '../policyFile.ts';
import { ExitCode } from '../exitCodes.ts';
import { parsePolicy } from './policy.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { reportOf } from '../output.ts';
import { plainText } from '../plainText.ts';
import { openWorkspaces } from './workspaces.ts';

export interface SpawnCommandOptions extends CommonOptions {
  readonly provider?: string;
  readonly task?: string;
  readonly cwd?: string;
  readonly name?: string;
  readonly model?: string;
  readonly autopilot?: boolean;
  readonly permissionMode?: string;
  readonly mcpConfig?: string;
  readonly arg?: readonly string[];
  /** Categories of its approval policy. */
  readonly allow?: readonly string[];
  /** A file with the rules of its session. */
  readonly policy?: string;
  readonly memory?: string;
  readonly cpus?: string;
  readonly envFile?: string;
  readonly network?: NetworkMode;
  readonly allowHost?: readonly string[];
  /** folder, worktree or copy. */
  readonly workspace?: string;
  readonly base?: string;
  readonly withChanges?: boolean;
  readonly setup?: boolean;
}

/** Milliseconds in which a program that cannot start shows it. */
const EARLY_END_MS = 600;

export const spawn: Command<SpawnCommandOptions> = async (face, options, argv) => {
  const { output, around } = face;
  const runtimeId = options.runtime ?? face.config.defaults.runtime;
  const wish = await agentConfig(face, options, argv);
  const place = workspaceWish(options);
  const policy = options.allow === undefined ? undefined : parsePolicy({ categories: options.allow });
  const start = async (managed: Managed): Promise<number> => {
    const { manager, providers, approvals } = managed;
    const provider = providers.get(wish.aiProvider);
    if (wish.resources !== undefined && !output.json && manager.get(runtimeId)?.isolates !== true) output.note(`--memory and --cpus limit containers only: the runtime "${runtimeId}" has none.`);
    const gate = policyGate(provider, { isolated: manager.get(runtimeId)?.isolates === true });
    if ((wish.policy ?? face.config.policy) !== undefined && gate.means !== 'hook' && !output.json) output.note(`Rules: ${gate.sentence}`);
    const following = { signal: around.signal, onProgress: (_step: string, message: string): void => output.progress(`${message}...`) };
    const begin = async (config: AgentConfig): Promise<AgentInfo> => afterStart(manager, await manager.spawnAgent(runtimeId, config, following), around.signal);
    const agent = place === undefined ? await begin(wish) : await inWorkspace(openWorkspaces(), wish, place, following, begin);
    // It runs, whatever of this cannot be written down.
    const faults: AgentsError[] = [];
    const orFault = (error: unknown): false => {
      faults.push(asAgentsError(error));
      return false;
    };
    if (policy !== undefined) await approvals.policies.choose(agent, policy).catch(orFault);
    const queued = agent.status === 'running' && (await queueFirstPrompt(managed, agent, wish).catch(orFault));
    output.answer(faults.length === 0 ? agent : { ...agent, warnings: faults.map(reportOf) }, () => spawned(agent));
    if (!output.json) for (const fault of faults) output.warn(fault);
    if (queued && !output.json) output.note(`${provider.label} takes its first prompt once it runs: the task waits in its queue.`);
    if (agent.status !== 'failed') return faults.length === 0 ? ExitCode.OK : ExitCode.FAILURE;
    if (!output.json) {
      const hint = wish.argv === undefined && agent.exitCode === 127 ? `${provider.installHint} ` : '';
      output.fail(new AgentsError('command-not-found', `The agent could not start: ${agent.reason}.`, { hint: `${hint}Remove it with: tmux-agents kill ${agent.agentId}` }));
    }
    return ExitCode.FAILURE;
  };
  return withManager(face, runtimeId, start, { tidiesUp: true });
};

/** The workspace that is to be made; undefined for the folder itself. Throws `bad-input`. */
function workspaceWish({ workspace = 'folder', base, withChanges, setup }: SpawnCommandOptions): WorkspaceWish | undefined {
  if (workspace === 'worktree' || workspace === 'copy') return { kind: workspace, base, withChanges, runScripts: setup === true };
  if (workspace !== 'folder') throw new AgentsError('bad-input', `--workspace: "${workspace}" is no kind of workspace.`, { hint: 'Use folder, worktree or copy.' });
  if (base !== undefined || withChanges === true || setup === true) throw new AgentsError('bad-input', '--base, --with-changes and --setup are for a workspace of its own.', { hint: 'Add --workspace worktree.' });
  return undefined;
}

/** Checks what was asked for. Throws `bad-input`. */
export async function agentConfig({ config, around }: Pick<Face, 'config' | 'around'>, options: SpawnCommandOptions, argv: readonly string[]): Promise<AgentConfig> {
  const aiProvider = options.provider ?? (argv.length > 0 ? AIProvider.CUSTOM : config.defaults.provider);
  if (argv.length > 0 && aiProvider !== AIProvider.CUSTOM) {
    throw new AgentsError('bad-input', `What follows "--" is a program of your own, but the provider is "${aiProvider}".`, { hint: 'Leave --provider out, or say --provider custom. A task goes with --task.' });
  }
  const model = options.model ?? config.defaults.model;
  const memory = options.memory === undefined ? undefined : sizeOf(options.memory);
  const cpus = options.cpus === undefined ? undefined : countOf(options.cpus);
  const network = networkOf(options);
  return {
    agentId: newAgentId(options.name ?? options.task ?? argv[0] ?? aiProvider),
    aiProvider,
    workingDirectory: resolve(around.cwd, options.cwd ?? '.'),
    task: options.task,
    name: options.name,
    model,
    autoPilot: options.autopilot,
    ...(options.permissionMode === undefined ? {} : { permissionMode: options.permissionMode }),
    ...(options.arg === undefined ? {} : { extraArgs: options.arg }),
    ...(options.mcpConfig === undefined ? {} : { mcpConfig: resolve(around.cwd, options.mcpConfig) }),
    ...(memory === undefined && cpus === undefined ? {} : { resources: { memory, cpus } }),
    ...(network === undefined ? {} : { network }),
    ...(argv.length === 0 ? {} : { argv }),
    ...(options.policy === undefined ? {} : { policy: await readPolicyFile(resolve(around.cwd, options.policy)) }),
    ...(options.envFile === undefined ? {} : { env: await readEnvFile(resolve(around.cwd, options.envFile)) }),
  };
}

/** The agent once its program had a moment to fail. Whoever cancels meanwhile has none: it is killed. */
export async function afterStart(manager: RuntimeManager, handle: AgentHandle, signal: AbortSignal): Promise<AgentInfo> {
  const { agentId } = handle;
  const ended = (agent: AgentInfo | undefined): boolean => agent?.status === 'failed' || agent?.status === 'exited';
  if (!ended(manager.find(agentId))) {
    const watching = [manager.watch(), reapSoon(manager.getTmux(handle))];
    await waitForEvent(manager.onDidChangeAgents, ({ type, agent }) => agent.agentId === agentId && (type === 'gone' || ended(agent)), { timeoutMs: EARLY_END_MS, signal, what: 'the start' })
      .catch((error: unknown) => {
        if (!isAgentsError(error, 'timeout') && !isAgentsError(error, 'cancelled')) throw error;
      })
      .finally(() => watching.forEach((one) => one.dispose()));
  }
  if (signal.aborted) await takeBack(manager, handle);
  const agent = manager.find(agentId);
  if (agent === undefined) throw new AgentsError('not-found', `The agent "${agentId}" was started and is gone already.`);
  return agent;
}

/** Throws `cancelled`, once the agent is gone. */
async function takeBack(manager: RuntimeManager, handle: AgentHandle): Promise<never> {
  await manager.killAgent(handle, { graceMs: 0 }).catch((error: unknown) => {
    throw new AgentsError('cancelled', `Cancelled, but the agent could not be removed: ${messageOf(error)}`, { hint: `Remove it with: tmux-agents kill ${handle.agentId}`, cause: error });
  });
  throw cancelled();
}

export function spawned(agent: AgentInfo): string {
  const lines = [
    `${agent.agentId}  ${stateText(agent)}  (${agent.aiProvider} in ${agent.handle.runtimeId ?? agent.runtimeId}, ${plainText(agent.workingDirectory)})`,
    `Attach: tmux-agents attach ${agent.agentId}`,
  ];
  return (agent.status === 'failed' ? lines.slice(0, 1) : lines).join('\n');
}

function sizeOf(text: string): number {
  const bytes = parseMemory(text);
  if (bytes === undefined) throw new AgentsError('bad-input', `--memory: "${text}" is no size.`, { hint: 'Use bytes, or a number with a unit such as 512m or 4g.' });
  return bytes;
}

/** Naming a host is asking for a restricted network: nothing else would give it a meaning. */
function networkOf({ network, allowHost }: SpawnCommandOptions): NetworkWish | undefined {
  if (allowHost === undefined) return network === undefined ? undefined : { mode: network };
  if (network === 'open') throw new AgentsError('bad-input', '--allow-host names what a restricted network lets through, but --network is "open".', { hint: 'Leave one of the two out.' });
  const fault = allowHost.map((host) => AllowedHost.safeParse(host).error?.issues[0]?.message).find((message) => message !== undefined);
  if (fault !== undefined) throw new AgentsError('bad-input', `--allow-host ${fault}.`);
  return { mode: 'restricted', allow: [...allowHost] };
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isFinite(count) || count < 0.01) throw new AgentsError('bad-input', `--cpus: "${text}" is no number from 0.01 up.`, { hint: 'Use a number such as 2 or 0.5.' });
  return count;
}
