// The registry of runtimes and the one door to agents: spawn, list, follow, drive, kill, in whatever place they run.
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { AgentsError, asAgentsError } from '../base/errors.ts';
import { Emitter, type Event } from '../base/event.ts';
import { pause, waitFor } from '../base/wait.ts';
import type { PolicySpec } from '../protocol/sessionConfig.ts';
import type { TmuxService } from '../tmux/tmuxService.ts';
import type { PaneTarget } from '../tmux/types.ts';
import { parseAgentConfig, refuseRestricted } from './agentConfig.ts';
import { AgentDirectory } from './agentDirectory.ts';
import { attachCommand, type AttachCommand } from './attachCommand.ts';
import type { KeptHome } from './keptHome.ts';
import { isMarkedPaused, markPaused } from './pausedMark.ts';
import type { AgentChange, AgentConfig, AgentFile, AgentHandle, AgentInfo, AgentRuntime, DeniedEgress, KillOptions, SpawnOptions } from './types.ts';

/** What the manager must know of providers, given by the floor that knows them. */
export interface ProviderPort {
  /** The program that a config asks for, and what it needs around it. Fails with `not-found` for an unknown provider. */
  launch(config: AgentConfig, place: LaunchPlace): Promise<Launch>;
  /** tmux key names that interrupt the provider's current turn. */
  interruptKeys(aiProvider: string): readonly string[];
}

/** Where an agent is about to start. */
export interface LaunchPlace {
  readonly isolated: boolean;
  /** Absent where the runtime places no files. */
  readonly agentFolder: string | undefined;
  /** The folder it works in: an absolute path in the place. */
  readonly workspace: string;
  /** See `AgentRuntime.keptHome`. */
  readonly keptHome: string | undefined;
}

/** The parts of an AgentConfig that a provider fills in. */
export interface Launch {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: readonly AgentFile[];
  readonly homeFiles?: readonly AgentFile[];
  readonly hookKey?: string;
  readonly conversation?: string;
  readonly home?: KeptHome;
  /** The hosts its API needs. */
  readonly providerHosts?: readonly string[];
  readonly inherits?: readonly string[];
}

export interface RuntimeManagerOptions {
  readonly providers?: ProviderPort;
  /** The rules of agents that are given none. */
  readonly policy?: PolicySpec | undefined;
  /** Milliseconds a runtime has to list its agents before the others go on without it. Default 5,000. */
  readonly listTimeoutMs?: number;
}

/** One runtime's answer: its agents, or the last known ones and why it did not answer. */
export interface RuntimeListing {
  readonly runtimeId: string;
  readonly type: string;
  readonly agents: readonly AgentInfo[];
  readonly error?: AgentsError;
}

/** An agent that was just started, and all that it was started with; `config.env` may hold secrets. */
export interface SpawnedAgent {
  readonly agent: AgentInfo;
  readonly config: AgentConfig;
}

export interface RuntimeHealth {
  readonly runtimeId: string;
  /** Why the runtime cannot be used; undefined when it can. */
  readonly error: AgentsError | undefined;
}

interface Registration extends Disposable {
  readonly runtime: AgentRuntime;
  readonly owned: DisposableStore;
  watch?: Disposable;
}

/** Milliseconds that whoever is called before a kill may take. */
const BEFORE_KILL_MS = 2_000;

/** Milliseconds between two keys of an interrupt. */
const KEY_GAP_MS = 400;

export class RuntimeManager implements Disposable {
  readonly #runtimes = new Map<string, Registration>();
  readonly #directory = new AgentDirectory();
  readonly #healthChanged = new Emitter<RuntimeHealth>();
  readonly #runtimesChanged = new Emitter<void>();
  readonly #spawned = new Emitter<SpawnedAgent>();
  readonly #egressDenied = new Emitter<DeniedEgress & { readonly runtimeId: string }>();
  readonly #beforeKill = new Set<(agent: AgentInfo) => Promise<void>>();
  readonly #options: RuntimeManagerOptions;
  #watchers = 0;

  constructor(options: RuntimeManagerOptions = {}) {
    this.#options = options;
  }

  /** Agents that appeared, changed or went. Complete only while `watch()` is held. */
  readonly onDidChangeAgents: Event<AgentChange> = this.#directory.onDidChange;
  readonly onDidChangeHealth: Event<RuntimeHealth> = this.#healthChanged.event;
  readonly onDidChangeRuntimes: Event<void> = this.#runtimesChanged.event;
  /** Fires before `spawnAgent` resolves. */
  readonly onDidSpawnAgent: Event<SpawnedAgent> = this.#spawned.event;

  /** An agent tried to reach what it may not. Fires only while `watch()` is held. */
  readonly onDidDenyEgress: Event<DeniedEgress & { readonly runtimeId: string }> = this.#egressDenied.event;

  get runtimeIds(): readonly string[] {
    return [...this.#runtimes.keys()];
  }

  get(runtimeId: string): AgentRuntime | undefined {
    return this.#runtimes.get(runtimeId)?.runtime;
  }

  /** Adds a runtime under an id of the caller's choice. Dispose the result to take it away: its agents go on. Throws `name-taken`. */
  register(runtimeId: string, runtime: AgentRuntime): Disposable {
    if (this.#runtimes.has(runtimeId)) throw new AgentsError('name-taken', `A runtime "${runtimeId}" is registered already.`);
    const owned = new DisposableStore();
    const registration: Registration = { runtime, owned, dispose: () => this.#unregister(runtimeId, registration) };
    runtime.setRuntimeId?.(runtimeId);
    this.#runtimes.set(runtimeId, registration);
    if (runtime.onDidChangeAgents) {
      owned.add(runtime.onDidChangeAgents(({ type, agent }) => this.#directory.apply(runtimeId, { type, agent: ownedBy(runtimeId, agent) })));
    }
    if (runtime.onDidChangeHealth) owned.add(runtime.onDidChangeHealth((error) => this.#healthChanged.fire({ runtimeId, error })));
    if (runtime.onDidDenyEgress) owned.add(runtime.onDidDenyEgress((denied) => this.#egressDenied.fire({ runtimeId, ...denied })));
    if (this.#watchers > 0) this.#follow(registration);
    this.#runtimesChanged.fire();
    return registration;
  }

  /** Spawns an agent. Its progress shows as `starting`; a failed or cancelled spawn leaves nothing behind. */
  async spawnAgent(runtimeId: string, config: AgentConfig, options: SpawnOptions = {}): Promise<AgentHandle> {
    const runtime = this.#runtime(runtimeId);
    const parsed = parseAgentConfig(config);
    if (runtime.restrictsNetwork !== true) refuseRestricted(parsed);
    const policy = parsed.policy ?? this.#options.policy;
    const complete = await this.#launchable(policy === undefined ? parsed : { ...parsed, policy }, runtime);
    const started = this.#directory.starting(runtimeId, runtime.type, complete);
    try {
      const handle = { ...(await runtime.spawnAgent(complete, options)), runtimeId };
      await this.#relist(runtimeId, runtime);
      const agent = this.#directory.find(handle.agentId);
      if (agent !== undefined) this.#spawned.fire({ agent, config: complete });
      return handle;
    } finally {
      started.dispose();
    }
  }

  /** Ends an agent and removes what it ran in. Ending one that is gone is no error. */
  async killAgent(handle: AgentHandle, options: KillOptions = {}): Promise<void> {
    const [runtimeId, runtime] = this.#runtimeOf(handle);
    await this.#prepareKill(handle);
    await runtime.killAgent(handle, options);
    this.#directory.remove(runtimeId, handle.agentId);
  }

  /** Calls back before an agent is killed, for what goes with it. Neither a failure nor slowness keeps it from being killed. */
  beforeKill(callback: (agent: AgentInfo) => Promise<void>): Disposable {
    this.#beforeKill.add(callback);
    return toDisposable(() => this.#beforeKill.delete(callback));
  }

  /** Stops everything the agent runs until `resumeAgent`. Fails with `unsupported` where the runtime cannot. */
  async pauseAgent(handle: AgentHandle): Promise<void> {
    const [runtimeId, runtime] = this.#runtimeOf(handle);
    if (runtime.pauseAgent === undefined) throw new AgentsError('unsupported', `Agents of the runtime "${runtimeId}" cannot be paused.`);
    // Before, so that no other face types into what is about to stand still.
    await markPaused(this, handle, true).catch((error: unknown) => {
      // A container that is frozen already answers nobody: nothing can be typed there either.
      if (runtime.isolates !== true) throw error;
    });
    try {
      await runtime.pauseAgent(handle);
    } catch (error) {
      await markPaused(this, handle, false).catch(() => undefined);
      throw error;
    }
  }

  async resumeAgent(handle: AgentHandle): Promise<void> {
    await this.#runtimeOf(handle)[1].resumeAgent?.(handle);
    await markPaused(this, handle, false);
  }

  /** Whether somebody paused it, from whichever face. Fails where its place cannot be reached. */
  isPaused(handle: AgentHandle): Promise<boolean> {
    return isMarkedPaused(this, handle);
  }

  /** All agents of all runtimes, asked at once. A runtime that fails or hangs contributes the agents it was last known to have. */
  async listAllAgents(): Promise<AgentInfo[]> {
    return (await this.listByRuntime()).flatMap((listing) => listing.agents);
  }

  /** As `listAllAgents`, by runtime, each with its own error. An agent that two runtimes see belongs to the one that made it. */
  async listByRuntime(): Promise<RuntimeListing[]> {
    const answers = await Promise.all([...this.#runtimes].map(([runtimeId, { runtime }]) => this.#relist(runtimeId, runtime)));
    // Whoever answered first has waited for the slowest: events may have told more since.
    const listings = answers.map((answer) => ({ ...answer, agents: this.#directory.agentsOf(answer.runtimeId) }));
    const claimed = new Map<string, string>();
    for (const { runtimeId, agents } of listings) {
      for (const agent of agents) if (agent.runtimeId === runtimeId || !claimed.has(placeOf(agent))) claimed.set(placeOf(agent), runtimeId);
    }
    return listings.map((listing) => ({
      ...listing,
      agents: listing.agents.filter((agent) => claimed.get(placeOf(agent)) === listing.runtimeId),
    }));
  }

  /** The agent with this id, as last known; undefined when none is. */
  find(agentId: string): AgentInfo | undefined {
    return this.#directory.find(agentId);
  }

  getTmux(handle: AgentHandle): TmuxService {
    return this.#runtimeOf(handle)[1].getTmux(handle);
  }

  /** argv that shows the agent in a terminal; `String()` of it is a line for a POSIX shell. */
  getAttachCommand(handle: AgentHandle): AttachCommand {
    const command = this.#runtimeOf(handle)[1].getAttachCommand(handle);
    return typeof command === 'string' ? attachCommand(['/bin/sh', '-c', command]) : command;
  }

  /** The pane the agent's program runs in. */
  async getPane(handle: AgentHandle): Promise<PaneTarget> {
    const runtime = this.#runtimeOf(handle)[1];
    if (runtime.getPane) return runtime.getPane(handle);
    const sessionName = this.#directory.find(handle.agentId)?.sessionName ?? 'agent';
    return { session: sessionName, window: '0', pane: '0' };
  }

  /** Pastes a prompt and submits it. Nothing in it is interpreted by a shell or by tmux. */
  async sendPrompt(handle: AgentHandle, text: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (text === '') throw new AgentsError('bad-input', 'The prompt is empty.');
    await this.getTmux(handle).sendPrompt(await this.getPane(handle), text, options);
  }

  /** Presses what interrupts the provider's current turn. */
  async interrupt(handle: AgentHandle): Promise<void> {
    const aiProvider = this.#directory.find(handle.agentId)?.aiProvider ?? '';
    const keys = this.#options.providers?.interruptKeys(aiProvider) ?? ['C-c'];
    const [tmux, pane] = [this.getTmux(handle), await this.getPane(handle)];
    for (const [index, key] of keys.entries()) {
      // Two in one go would be another key: Escape twice is Alt-Escape.
      if (index > 0) await pause(KEY_GAP_MS);
      await tmux.sendKeyNames(pane, [key]);
    }
  }

  /** The last lines of the agent's screen and scrollback, as text. */
  async readOutput(handle: AgentHandle, lines: number | 'all'): Promise<string> {
    return this.getTmux(handle).capture(await this.getPane(handle), { lines, joinWrapped: true });
  }

  async renameAgent(handle: AgentHandle, name: string): Promise<void> {
    const [runtimeId, runtime] = this.#runtimeOf(handle);
    if (name.trim() === '' || name.includes('\0')) throw new AgentsError('bad-input', 'An agent needs a name that is not blank.');
    if (!runtime.renameAgent) throw new AgentsError('unsupported', `Agents of the runtime "${runtimeId}" cannot be renamed.`);
    await runtime.renameAgent(handle, name);
    await this.#relist(runtimeId, runtime);
  }

  /** Resolves when the runtime (or, without an id, every one) can be used; fails with the reason. */
  async ping(runtimeId?: string): Promise<void> {
    const ids = runtimeId === undefined ? this.runtimeIds : [runtimeId];
    await Promise.all(ids.map((id) => this.#runtime(id).ping()));
  }

  /** Follows all runtimes by their events until disposed. Several callers may watch. */
  watch(): Disposable {
    if (this.#watchers++ === 0) {
      for (const registration of this.#runtimes.values()) this.#follow(registration);
    }
    return toDisposable(() => {
      if (--this.#watchers === 0) for (const { owned, watch } of this.#runtimes.values()) if (watch) owned.delete(watch);
    });
  }

  /** Lets go of every connection; agents go on. */
  dispose(): void {
    for (const registration of [...this.#runtimes.values()].reverse()) registration.dispose();
    this.#directory.dispose();
    this.#healthChanged.dispose();
    this.#runtimesChanged.dispose();
    this.#spawned.dispose();
    this.#egressDenied.dispose();
  }

  async #prepareKill(handle: AgentHandle): Promise<void> {
    const agent = this.#directory.find(handle.agentId);
    if (agent === undefined || this.#beforeKill.size === 0) return;
    const prepared = Promise.allSettled([...this.#beforeKill].map((callback) => callback(agent)));
    await waitFor(prepared, { timeoutMs: BEFORE_KILL_MS, what: 'what is done before a kill' }).catch(() => undefined);
  }

  #follow(registration: Registration): void {
    if (registration.runtime.watch) registration.watch = registration.owned.add(registration.runtime.watch());
  }

  #unregister(runtimeId: string, registration: Registration): void {
    if (this.#runtimes.get(runtimeId) !== registration) return;
    this.#runtimes.delete(runtimeId);
    registration.owned.dispose();
    registration.runtime.dispose?.();
    this.#directory.forget(runtimeId);
    this.#runtimesChanged.fire();
  }

  #runtime(runtimeId: string): AgentRuntime {
    const registration = this.#runtimes.get(runtimeId);
    if (registration) return registration.runtime;
    const known = this.runtimeIds.map((id) => `"${id}"`).join(', ') || 'none';
    throw new AgentsError('not-found', `There is no runtime "${runtimeId}"; registered: ${known}.`);
  }

  #runtimeOf(handle: AgentHandle): [string, AgentRuntime] {
    if (handle.runtimeId !== undefined) return [handle.runtimeId, this.#runtime(handle.runtimeId)];
    for (const [runtimeId, { runtime }] of this.#runtimes) if (runtime.type === handle.runtimeType) return [runtimeId, runtime];
    throw new AgentsError('not-found', `There is no runtime of type "${handle.runtimeType}" for the agent "${handle.agentId}".`);
  }

  async #launchable(config: AgentConfig, runtime: AgentRuntime): Promise<AgentConfig> {
    if (config.argv !== undefined || this.#options.providers === undefined) return config;
    const place = {
      isolated: runtime.isolates === true,
      agentFolder: runtime.agentFolder?.(config.agentId),
      workspace: runtime.workspacePath?.(config) ?? config.workingDirectory,
      keptHome: runtime.keptHome?.(),
    };
    const { argv, env, files, homeFiles, hookKey, conversation, home, providerHosts, inherits } = await this.#options.providers.launch(config, place);
    return {
      ...config,
      argv,
      ...(env || config.env ? { env: { ...env, ...config.env } } : {}),
      ...(files === undefined ? {} : { files: [...(config.files ?? []), ...files] }),
      ...(homeFiles === undefined ? {} : { homeFiles }),
      ...(hookKey === undefined ? {} : { hookKey }),
      ...(conversation === undefined ? {} : { conversation }),
      ...(home === undefined ? {} : { home }),
      ...(providerHosts === undefined ? {} : { providerHosts }),
      ...(inherits === undefined ? {} : { inherits }),
    };
  }

  async #relist(runtimeId: string, runtime: AgentRuntime): Promise<RuntimeListing> {
    try {
      await this.#directory.takeListing(runtimeId, async () => {
        const listed = await waitFor(runtime.listAgents(), {
          timeoutMs: this.#options.listTimeoutMs ?? 5_000,
          what: `the runtime "${runtimeId}" to list its agents`,
        });
        return listed.map((agent) => ownedBy(runtimeId, agent));
      });
      return { runtimeId, type: runtime.type, agents: this.#directory.agentsOf(runtimeId) };
    } catch (error) {
      return { runtimeId, type: runtime.type, agents: this.#directory.agentsOf(runtimeId), error: asAgentsError(error, 'runtime-unavailable') };
    }
  }
}

/** The handle leads back to the runtime that listed it; the record keeps the id of the one that made it. */
function ownedBy(runtimeId: string, agent: AgentInfo): AgentInfo {
  return agent.handle.runtimeId === runtimeId ? agent : { ...agent, handle: { ...agent.handle, runtimeId } };
}

/** Two runtimes that reach the same engine give the same place for the same agent. */
function placeOf(agent: AgentInfo): string {
  const place = agent.handle.data['containerId'] ?? agent.handle.data['socket'];
  return `${agent.runtimeType}\0${typeof place === 'string' ? place : agent.runtimeId}\0${agent.agentId}`;
}
