// Resuming: the same agent again, in the same folder, on exactly the conversation that it had last; or a sentence why not.
import { AgentsError } from '../../base/errors.ts';
import type { ConversationEntry } from '../../protocol/conversationEntry.ts';
import type { Provider } from '../../providers/provider.ts';
import type { ProviderRegistry } from '../../providers/providerRegistry.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentConfig, AgentHandle, AgentInfo, AgentRuntime, SpawnOptions } from '../../runtimes/types.ts';
import { checkWorkspaceFolder } from '../../runtimes/workspaceFolder.ts';
import { findConversation } from './conversationFiles.ts';
import type { Conversations } from './conversations.ts';

export interface ResumePlace {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
  readonly conversations: Conversations;
}

export interface ResumeOptions extends SpawnOptions {
  /** For its environment, as at its spawn: secrets are written down nowhere, so they must be given again. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

interface Resumable {
  readonly entry: ConversationEntry;
  readonly provider: Provider;
  readonly runtime: AgentRuntime;
  readonly conversation: string;
  /** What is left of the agent, where it still shows. */
  readonly remains: AgentInfo | undefined;
}

/** Continues an agent's last conversation under its own id and name; what is left of it is taken away first. Fails with the reason when that cannot be. */
export async function resumeAgent(place: ResumePlace, agentId: string, options: ResumeOptions = {}): Promise<AgentHandle> {
  const { manager } = place;
  const { entry, conversation, remains } = await checkResumable(place, agentId, options);
  const { env, ...spawnOptions } = options;
  if (remains !== undefined) await manager.killAgent(remains.handle, { graceMs: 0 });
  return manager.spawnAgent(entry.runtimeId, { ...configOf(entry), resume: conversation, ...(env === undefined ? {} : { env }) }, spawnOptions);
}

/** Throws the reason why an agent cannot be resumed; resolves with what it would go on with. */
export async function checkResumable({ manager, providers, conversations }: ResumePlace, agentId: string, { env, signal }: ResumeOptions = {}): Promise<Resumable> {
  const remains = (await manager.listAllAgents()).find((agent) => agent.agentId === agentId);
  const entry = remains === undefined ? conversations.get(agentId) : await conversations.catchUp(remains, signal);
  const name = remains?.name ?? entry?.name ?? agentId;
  if (remains !== undefined) refuseUnlessEnded(remains);
  const provider = providers.find(entry?.aiProvider ?? remains?.aiProvider ?? '');
  if (remains !== undefined && provider !== undefined && provider.resume === undefined) throw unsupported(provider);
  if (entry === undefined) {
    if (remains === undefined) throw new AgentsError('not-found', `Nothing is written down of an agent "${agentId}".`, { hint: 'See what can be resumed with: tmux-agents resume --list' });
    throw neverTold(name, provider);
  }
  if (provider === undefined) throw new AgentsError('not-found', `"${name}" cannot be resumed: its provider "${entry.aiProvider}" is not in the settings any more.`);
  if (provider.resume === undefined) throw unsupported(provider);
  const conversation = entry.conversations.at(-1)?.id;
  if (conversation === undefined) throw neverTold(name, provider);
  const runtime = manager.get(entry.runtimeId);
  if (runtime === undefined) throw new AgentsError('not-found', `"${name}" cannot be resumed: its runtime "${entry.runtimeId}" is not in the settings any more.`);
  await checkKept(runtime, entry, provider, name);
  await checkWorkspaceFolder(entry.workingDirectory);
  await checkConversation(runtime, entry, provider, { conversation, name, env: { ...process.env, ...env } });
  return { entry, provider, runtime, conversation, remains };
}

function refuseUnlessEnded(agent: AgentInfo): void {
  if (agent.adopted === true) throw new AgentsError('unsupported', `"${agent.name}" was started by hand: how to resume it is not known here.`, { hint: 'Resume it in its own terminal.' });
  if (agent.status === 'running' || agent.status === 'starting') throw new AgentsError('bad-input', `"${agent.name}" is still running.`, { hint: 'Give it a prompt, or kill it first.' });
  if (agent.status === 'unknown') throw new AgentsError('runtime-unavailable', `"${agent.name}" cannot be resumed: whether it has ended is not known. ${agent.reason}`);
}

function unsupported(provider: Provider): AgentsError {
  return new AgentsError('unsupported', `${provider.label} cannot resume a conversation by its id.`, { hint: 'Spawn a new agent in the same folder.' });
}

function neverTold(name: string, provider: Provider | undefined): AgentsError {
  return new AgentsError('not-found', `"${name}" cannot be resumed: ${provider?.label ?? 'its program'} never told the id of its conversation.`, { hint: 'Spawn a new agent in the same folder.' });
}

/** A container is gone with all that was in it, but for what the agent kept. */
async function checkKept(runtime: AgentRuntime, entry: ConversationEntry, provider: Provider, name: string): Promise<void> {
  if (runtime.hasKeptHome === undefined) return;
  if (provider.home !== undefined && (await runtime.hasKeptHome(entry.agentId))) return;
  throw new AgentsError('not-found', `"${name}" cannot be resumed: its conversation was in its container, of which nothing was kept.`, { hint: 'Spawn a new agent in the same folder.' });
}

async function checkConversation(runtime: AgentRuntime, entry: ConversationEntry, provider: Provider, about: { readonly conversation: string; readonly name: string; readonly env: Readonly<Record<string, string | undefined>> }): Promise<void> {
  const { conversation, name, env } = about;
  if (provider.conversationPlace === undefined) return;
  const keptHome = runtime.keptHomePath?.(entry.agentId);
  const { state, folder } = await findConversation(provider.conversationPlace, conversation, keptHome === undefined ? { env } : { keptHome });
  if (state !== 'gone') return;
  throw new AgentsError('not-found', `"${name}" cannot be resumed: ${provider.label} has no conversation ${conversation} in ${folder}.`, { hint: 'If it was started with an environment of its own, give that again.' });
}

function configOf(entry: ConversationEntry): AgentConfig {
  const { agentId, aiProvider, workingDirectory, name, taskTitle, model, autoPilot, permissionMode, mcpConfig, extraArgs, memory, cpus, network, policy } = entry;
  return {
    agentId,
    aiProvider,
    workingDirectory,
    name,
    // The title alone: a resumed CLI is given no prompt.
    task: taskTitle,
    model,
    autoPilot,
    permissionMode,
    mcpConfig,
    extraArgs,
    network,
    policy,
    ...(memory === undefined && cpus === undefined ? {} : { resources: { memory, cpus } }),
  };
}
