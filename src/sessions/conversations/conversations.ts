// Keeps what resuming needs: notes every spawn, and each conversation id that a CLI tells, so that it outlives the agent.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { asAgentsError, messageOf, type AgentsError } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { ConversationId, type ConversationEntry } from '../../protocol/conversationEntry.ts';
import { taskTitle } from '../../protocol/agentRecord.ts';
import type { ProviderRegistry } from '../../providers/providerRegistry.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import type { RuntimeManager, SpawnedAgent } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { goneAgents } from '../goneAgents.ts';
import { ConversationStore, lastUse } from './conversationStore.ts';
import { conversationInFarewell } from './farewell.ts';
import { conversationInFolder } from './toldInFolder.ts';

/** Milliseconds after which a conversation that nobody came back to is forgotten, with what its container kept. */
const FORGOTTEN_MS = 90 * 24 * 60 * 60 * 1000;

/** How many ids an entry holds: the older ones are of no use. */
const MOST_IDS = 50;

export interface ConversationsOptions {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
  readonly status: Pick<StatusPort, 'onDidTellConversation'>;
  readonly store?: ConversationStore;
  readonly log?: Log;
}

export class Conversations implements Disposable {
  readonly #manager: RuntimeManager;
  readonly #providers: ProviderRegistry;
  readonly #store: ConversationStore;
  readonly #log: Log;
  readonly #subscriptions = new DisposableStore();
  readonly #failed = new Emitter<AgentsError>();
  #hasSwept = false;

  constructor({ manager, providers, status, store, log = silentLog }: ConversationsOptions) {
    this.#manager = manager;
    this.#providers = providers;
    this.#store = store ?? new ConversationStore(undefined, log);
    this.#log = log;
    this.#subscriptions.add(manager.onDidSpawnAgent((spawned) => this.#safely(() => this.#spawned(spawned))));
    this.#subscriptions.add(status.onDidTellConversation(({ agent, conversation, at }) => this.#safely(() => this.#tell(agent, conversation, at))));
    this.#subscriptions.add(manager.onDidChangeAgents(({ type, agent }) => (type === 'changed' ? this.#changed(agent) : undefined)));
    // What the hooks wrote down goes with the agent's folder.
    this.#subscriptions.add(manager.beforeKill((agent) => this.catchUp(agent).then(() => undefined)));
  }

  /** Fires when something could not be written down: the agent goes on, and may not be resumable after its end. */
  readonly onDidFail: Event<AgentsError> = this.#failed.event;

  /** What is known of an agent's conversations, its end notwithstanding. */
  get(agentId: string): ConversationEntry | undefined {
    return this.#store.read(agentId);
  }

  /** All that could go on, the latest first. */
  list(): ConversationEntry[] {
    return this.#store.list();
  }

  /** Reads what its hooks wrote down while nobody listened, and what it said when it ended. Resolves with the entry as it is then. */
  async catchUp(agent: AgentInfo, signal?: AbortSignal): Promise<ConversationEntry | undefined> {
    const known = this.get(agent.agentId)?.conversations.at(-1)?.id ?? agent.conversation;
    const told = await conversationInFolder(this.#manager, agent, known, signal);
    if (told !== undefined) this.#safely(() => this.#tell(agent, told, Date.now()));
    const farewell = await this.#farewell(agent, signal);
    if (farewell !== undefined) this.#safely(() => this.#tell(agent, farewell, Date.now()));
    return this.get(agent.agentId);
  }

  /** Forgets an agent's conversations, and removes what its container kept: nothing of it can be resumed after that. */
  async forget(agentId: string): Promise<void> {
    const runtimeId = this.get(agentId)?.runtimeId;
    const runtimes = runtimeId === undefined ? this.#manager.runtimeIds : [runtimeId];
    await Promise.all(runtimes.map(async (id) => this.#manager.get(id)?.forgetHome?.(agentId)));
    this.#store.remove(agentId);
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#failed.dispose();
  }

  #spawned({ agent, config }: SpawnedAgent): void {
    if (this.#providers.find(agent.aiProvider)?.resume === undefined) return;
    const before = config.resume === undefined ? undefined : this.get(agent.agentId);
    const { model, autoPilot, permissionMode, mcpConfig, extraArgs, resources, resume, conversation, network, policy } = config;
    this.#write({
      v: 1,
      agentId: agent.agentId,
      name: agent.name,
      aiProvider: agent.aiProvider,
      taskTitle: agent.task === '' ? (before?.taskTitle ?? taskTitle(config.task)) : agent.task,
      workingDirectory: agent.workingDirectory,
      runtimeId: agent.handle.runtimeId ?? agent.runtimeId,
      runtimeType: agent.runtimeType,
      createdAt: before?.createdAt ?? agent.createdAt,
      conversations: before?.conversations ?? [],
      ...given({ model, autoPilot, permissionMode, mcpConfig, memory: resources?.memory, cpus: resources?.cpus }),
      ...(network === undefined && agent.network === undefined ? {} : { network: { mode: 'restricted', ...network } }),
      ...(policy === undefined ? {} : { policy }),
      ...(extraArgs === undefined ? {} : { extraArgs: [...extraArgs] }),
    });
    const known = resume ?? conversation;
    if (known !== undefined) this.#tell(agent, known, Date.now());
    void this.#sweep();
  }

  #changed(agent: AgentInfo): void {
    this.#safely(() => this.#renamed(agent));
    if (agent.status === 'exited') void this.#hearFarewell(agent);
  }

  async #hearFarewell(agent: AgentInfo): Promise<void> {
    const told = await this.#farewell(agent);
    // It may have been forgotten meanwhile.
    this.#safely(() => told !== undefined && this.get(agent.agentId) !== undefined && this.#tell(agent, told, Date.now()));
  }

  /** The CLI's own last word, where its pane still shows it. */
  #farewell(agent: AgentInfo, signal?: AbortSignal): Promise<string | undefined> {
    return conversationInFarewell(this.#manager, agent, this.#providers.find(agent.aiProvider), signal);
  }

  #tell(agent: AgentInfo, conversation: string, at: number): void {
    const id = ConversationId.safeParse(conversation);
    if (!id.success) {
      this.#log.warn(`${agent.agentId}: the conversation id that it tells is none: ${JSON.stringify(conversation.slice(0, 40))}`);
      return;
    }
    const entry = this.get(agent.agentId) ?? entryOf(agent);
    if (entry.conversations.at(-1)?.id === id.data) return;
    this.#write({ ...entry, conversations: [...entry.conversations, { id: id.data, at }].slice(-MOST_IDS) });
  }

  #renamed(agent: AgentInfo): void {
    const entry = this.get(agent.agentId);
    if (entry !== undefined && entry.name !== agent.name) this.#write({ ...entry, name: agent.name });
  }

  #write(entry: ConversationEntry): void {
    this.#store.write(entry);
  }

  /** Once: takes away what is old and belongs to nobody that lives. The runtimes are asked only where something is old. */
  async #sweep(): Promise<void> {
    if (this.#hasSwept) return;
    this.#hasSwept = true;
    const isGone = goneAgents(this.#manager);
    for (const entry of this.list().filter((one) => Date.now() - lastUse(one) > FORGOTTEN_MS)) {
      try {
        if ((await isGone(entry)) && !this.#subscriptions.isDisposed) await this.forget(entry.agentId);
      } catch (error) {
        this.#log.warn(`The conversations of ${entry.agentId} cannot be forgotten: ${messageOf(error)}`);
      }
    }
  }

  /** A disk that is full, or a folder that is somebody else's, costs no agent anything but its resuming. */
  #safely(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      this.#log.warn(`A conversation cannot be written down: ${messageOf(error)}`);
      this.#failed.fire(asAgentsError(error));
    }
  }
}

/** For an agent that was spawned by a version, or a face, that wrote nothing down. */
function entryOf(agent: AgentInfo): ConversationEntry {
  const { agentId, name, aiProvider, task, workingDirectory, runtimeType, createdAt, model, autoPilot, conversation, handle } = agent;
  return {
    v: 1,
    agentId,
    name,
    aiProvider,
    taskTitle: task,
    workingDirectory,
    runtimeId: handle.runtimeId ?? agent.runtimeId,
    runtimeType,
    createdAt,
    conversations: conversation === undefined || !ConversationId.safeParse(conversation).success ? [] : [{ id: conversation, at: Date.parse(createdAt) || 0 }],
    ...given({ model, autoPilot }),
  };
}

/** The properties that have a value. */
function given<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
