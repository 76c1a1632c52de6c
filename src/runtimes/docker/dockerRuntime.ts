// Agents in Docker containers: one container each, with tmux in it, found again by its labels and followed by the engine's events.
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import type { AgentRecord } from '../../protocol/agentRecord.ts';
import type { EgressEntry } from '../../protocol/network.ts';
import { sessionName } from '../../tmux/commandLine.ts';
import { DockerExecutor } from '../../exec/dockerExecutor.ts';
import type { Executor } from '../../exec/executor.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId } from '../../tmux/types.ts';
import { recordOf } from '../agentConfig.ts';
import { diffAgents } from '../agentDiff.ts';
import { AGENT_OPTION, agentInfo, findAgentPane, terminatePane } from '../agentPanes.ts';
import { attachCommand, type AttachCommand } from '../attachCommand.ts';
import type { ProgramFacts, ProgramQuery } from '../programs.ts';
import { KEPT_HOME } from '../keptHome.ts';
import type { AgentChange, AgentConfig, AgentHandle, AgentInfo, AgentProcesses, AgentRuntime, DeniedEgress, KillOptions, SpawnOptions } from '../types.ts';
import { AgentLinks } from './agentLinks.ts';
import { pauseContainer, unpauseContainer } from './containerPause.ts';
import { removeContainer, stopContainer } from './containerRemoval.ts';
import { agentState, isRunning, parseContainers, type AgentContainer, LAUNCH_WINDOW_MS } from './containerState.ts';
import { AGENT_FOLDER, caller, containerUser, WORKSPACE } from './containerSpec.ts';
import { DockerEngine } from './engine.ts';
import { EgressWatch } from './egress/egressWatch.ts';
import { Egress } from './egress/egress.ts';
import { EventFeed } from './eventFeed.ts';
import { handleData, type DockerHandleData } from './handleData.ts';
import { processesOfContainer } from './containerProcess.ts';
import { KeptHomes } from './keptHomes.ts';
import { ImagePrograms } from './imagePrograms.ts';
import { labelFilter } from './labels.ts';
import { AgentNetwork } from './network.ts';
import { parseDockerOptions, type DockerRuntimeOptions, type DockerSettings } from './options.ts';
import { spawnContainer } from './spawnContainer.ts';

const GRACE_MS = 5_000;

/** Milliseconds a listing may take: an engine that hangs is named before anybody gives up on the runtime. */
const LIST_TIMEOUT_MS = 4_000;

/** Milliseconds a kill waits for tmux to answer before the engine's force is used. */
const KILL_ANSWER_MS = 1_500;

/** Milliseconds beyond its grace that an agent has to die of a signal that it cannot refuse. */
const TERMINATE_SLACK_MS = 3_000;

export class DockerRuntime implements AgentRuntime {
  readonly type = 'docker';
  readonly isolates = true;
  readonly restrictsNetwork = true;
  readonly #settings: DockerSettings;
  readonly #log: Log;
  readonly #engine: DockerEngine;
  readonly #network: AgentNetwork;
  readonly #egress: Egress;
  readonly #egressWatch: EgressWatch;
  readonly #links: AgentLinks;
  readonly #programs: ImagePrograms;
  readonly #changed = new Emitter<AgentChange>();
  readonly #healthChanged = new Emitter<AgentsError | undefined>();
  readonly #spawning = new Set<string>();
  readonly #killing = new Set<string>();
  #known = new Map<string, AgentInfo>();
  #runtimeId = 'docker';
  #feed: EventFeed | undefined;
  #watchers = 0;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  #swept = false;
  #launchTimer: NodeJS.Timeout | undefined;
  #health: AgentsError | undefined;
  #rootless: Promise<boolean> | undefined;

  /** Connects to nothing yet. Throws `bad-input` when an option is wrong. */
  constructor(options: DockerRuntimeOptions = {}) {
    this.#settings = parseDockerOptions(options);
    this.#log = options.log ?? silentLog;
    const { socketPath, host, context, network } = this.#settings;
    this.#engine = new DockerEngine({ socketPath, host, context });
    this.#network = new AgentNetwork(this.#engine, network);
    this.#egress = new Egress(this.#engine, this.#network, this.#settings, this.#log);
    this.#egressWatch = new EgressWatch(this.#egress, this.#log);
    this.onDidDenyEgress = this.#egressWatch.onDidDeny;
    this.#programs = new ImagePrograms(this.#engine, this.#settings, this.#log);
    this.#links = new AgentLinks(this.#engine, this.#log, () => this.#refresh());
  }

  readonly onDidChangeAgents: Event<AgentChange> = this.#changed.event;
  readonly onDidChangeHealth: Event<AgentsError | undefined> = this.#healthChanged.event;
  readonly onDidDenyEgress: Event<DeniedEgress>;

  setRuntimeId(runtimeId: string): void {
    this.#runtimeId = runtimeId;
  }

  /** Fails with `docker-unavailable` when no engine answers. */
  async ping(): Promise<void> {
    await this.#reaching(this.#engine.call({ what: 'answer', timeoutMs: LIST_TIMEOUT_MS }, (docker) => docker.ping() as Promise<unknown>));
  }

  async spawnAgent(config: AgentConfig, options: SpawnOptions = {}): Promise<AgentHandle> {
    // As tmux would rename it: the labels are written before tmux is asked.
    const record: AgentRecord = {
      ...recordOf({ ...config, network: config.network ?? this.#settings.egress }, { sessionName: sessionName(config.sessionName ?? 'agent'), runtimeId: this.#runtimeId }),
      ...(this.#settings.owner === undefined ? {} : { owner: this.#settings.owner }),
    };
    this.#spawning.add(config.agentId);
    try {
      const spawned = await this.#reaching(
        spawnContainer(
          {
            engine: this.#engine,
            network: this.#network,
            egress: this.#egress,
            settings: this.#settings,
            log: this.#log,
            isRootless: () => this.#isRootless(),
            link: (containerId) => this.#links.get(containerId, config.agentId),
            unlink: (containerId) => this.#links.delete(containerId),
          },
          config,
          record,
          options,
        ),
      );
      return this.#handle(record, spawned);
    } finally {
      this.#spawning.delete(config.agentId);
      this.#refresh();
    }
  }

  async killAgent(handle: AgentHandle, { graceMs = GRACE_MS }: KillOptions = {}): Promise<void> {
    const { containerId, restricted } = handleData(handle);
    this.#killing.add(handle.agentId);
    try {
      const ended = await this.#terminate(handle, containerId, graceMs);
      this.#links.delete(containerId);
      // With the agent ended, only `tail` and tmux are left in there: nothing that a gentle stop would matter to.
      if (!ended) await stopContainer(this.#engine, containerId, Math.min(1, Math.ceil(graceMs / 1000)));
      // An open one has no proxy and no network of its own: nobody is asked for them.
      if (restricted === false) return await removeContainer(this.#engine, containerId);
      await Promise.all([removeContainer(this.#engine, containerId), this.#egress.retireProxies(handle.agentId)]);
      await this.#egress.removeNetworks(handle.agentId);
    } finally {
      this.#killing.delete(handle.agentId);
      this.#refresh();
    }
  }

  async pauseAgent(handle: AgentHandle): Promise<void> {
    await this.#reaching(pauseContainer(this.#engine, handleData(handle).containerId));
  }

  async resumeAgent(handle: AgentHandle): Promise<void> {
    await this.#reaching(unpauseContainer(this.#engine, handleData(handle).containerId));
  }

  /** One call to the engine; tmux in the containers is asked only where it told of a change. */
  async listAgents(): Promise<AgentInfo[]> {
    // A link made while the engine answers is to a container that the answer may not know as running yet.
    const before = this.#links.ids();
    const listing = await this.#reaching(
      this.#engine.call({ what: 'list containers', timeoutMs: LIST_TIMEOUT_MS }, (docker, abortSignal) =>
        docker.listContainers({ all: true, filters: { label: labelFilter(this.#settings.owner) }, abortSignal }),
      ),
    );
    this.#sweepOnce();
    const containers = parseContainers(listing, (id, fault) => this.#log.warn(`docker: container ${id.slice(0, 12)} is skipped, its labels are broken: ${fault}`));
    this.#links.keep(new Set(containers.filter(isRunning).map((container) => container.id)), this.#spawning, before);
    return Promise.all(containers.map((container) => this.#info(container)));
  }

  getTmux(handle: AgentHandle): TmuxService {
    return this.#links.get(handleData(handle).containerId, handle.agentId).tmux;
  }

  getAttachCommand(handle: AgentHandle): AttachCommand {
    const { containerId, sessionName: name } = handleData(handle);
    return attachCommand([this.#settings.dockerPath, ...this.#engine.endpoint.cliFlags, 'exec', '-it', containerId, 'tmux', 'attach', '-t', `=${name}`]);
  }

  agentFolder(): string {
    return AGENT_FOLDER;
  }

  readAudit(agentId: string): Promise<readonly EgressEntry[]> {
    return this.#egress.readAudit(agentId);
  }

  followAudit(agentId: string, onEntry: (entry: EgressEntry) => void, options: { readonly signal: AbortSignal; readonly sinceMs?: number | undefined }): Promise<void> {
    return this.#egress.followAudit(agentId, onEntry, options);
  }

  keptHome(): string {
    return KEPT_HOME;
  }

  hasKeptHome(agentId: string): Promise<boolean> {
    return this.#engine.isLocal ? new KeptHomes().exists(agentId) : Promise.resolve(false);
  }

  keptHomePath(agentId: string): string {
    return new KeptHomes().path(agentId);
  }

  async forgetHome(agentId: string): Promise<void> {
    if (this.#engine.isLocal) await new KeptHomes().remove(agentId);
  }

  workspacePath(): string {
    return WORKSPACE;
  }

  async findPrograms(queries: readonly ProgramQuery[]): Promise<ProgramFacts> {
    const rootless = this.#settings.user === undefined && (await this.#isRootless());
    return this.#reaching(this.#programs.find(queries, containerUser(this.#settings, caller(), rootless)));
  }

  place(): string {
    return this.#engine.endpoint.url;
  }

  processesOf(handle: AgentHandle): Promise<AgentProcesses | undefined> {
    return this.#engine.isLocal ? processesOfContainer(this.#engine, handleData(handle).containerId) : Promise.resolve(undefined);
  }

  getExecutor(handle: AgentHandle): Executor {
    return new DockerExecutor(() => this.#engine.docker(), handleData(handle).containerId);
  }

  async getPane(handle: AgentHandle): Promise<PaneId> {
    const pane = await this.#links.get(handleData(handle).containerId, handle.agentId).pane();
    if (pane === undefined) throw new AgentsError('not-found', `The agent "${handle.agentId}" has no tmux session any more.`);
    return pane;
  }

  async renameAgent(handle: AgentHandle, name: string): Promise<void> {
    const link = this.#links.get(handleData(handle).containerId, handle.agentId);
    const [pane, view] = [await this.getPane(handle), await link.look()];
    if (view.found !== true) throw new AgentsError('not-found', `The agent "${handle.agentId}" cannot be renamed: its tmux session is not there.`);
    await link.tmux.setOption('pane', pane, AGENT_OPTION, JSON.stringify({ ...view.record, name }));
    // The option alone tells nobody; the window's new name reaches every face as a notification.
    const window = (await link.tmux.listPanes()).find((candidate) => candidate.id === pane);
    link.forget();
    if (window !== undefined) await link.tmux.renameWindow(window.sessionId, window.windowId, name);
    this.#refresh();
  }

  watch(): Disposable {
    if (this.#watchers++ === 0) {
      const feed = new EventFeed(this.#engine, this.#settings.owner);
      feed.onDidHappen(() => this.#refresh());
      feed.onDidConnect(() => this.#refresh());
      feed.onDidLose((error) => this.#setHealth(error));
      this.#feed = feed;
      this.#egressWatch.start();
      feed.start();
    }
    return toDisposable(() => {
      if (--this.#watchers > 0) return;
      this.#feed?.dispose();
      this.#feed = undefined;
      this.#egressWatch.follow([]);
    });
  }

  dispose(): void {
    clearTimeout(this.#launchTimer);
    this.#feed?.dispose();
    this.#feed = undefined;
    this.#egressWatch.dispose();
    this.#links.dispose();
    this.#changed.dispose();
    this.#healthChanged.dispose();
  }

  async #info(container: AgentContainer): Promise<AgentInfo> {
    const { id, record } = container;
    const launching = this.#spawning.has(record.agentId);
    const view = isRunning(container) ? await this.#links.get(id, record.agentId).look() : undefined;
    const state = agentState(container, view, { nowMs: Date.now(), launching });
    const current = view?.found === true ? view.record : record;
    // The labels alone say whether it is restricted: what is in its container it may write itself.
    return agentInfo({ ...current, network: record.network }, state, this.#handle(record, { containerId: id, sessionName: current.sessionName }));
  }

  /** Lets the agent end by itself; true when it did. What cannot be reached is left to the engine's force. */
  async #terminate(handle: AgentHandle, containerId: string, graceMs: number): Promise<boolean> {
    const link = this.#links.get(containerId, handle.agentId);
    try {
      if (!link.isConnected) await link.tmux.connect({ timeoutMs: KILL_ANSWER_MS });
      // Where tmux does not even list (a paused container, a stopped server) there is nobody to be gentle with.
      const panes = await waitFor(link.tmux.listPanes(), { timeoutMs: KILL_ANSWER_MS, what: 'tmux in the container' });
      const pane = findAgentPane(panes, handle.agentId);
      if (pane !== undefined) await waitFor(terminatePane(link.tmux, pane.id, graceMs), { timeoutMs: graceMs + TERMINATE_SLACK_MS, what: 'the agent to end' });
      return true;
    } catch (error) {
      this.#log.info(`docker: ${handle.agentId} is ended without its grace: ${messageOf(error)}`);
      return false;
    }
  }

  /** With the first listing: what was left behind while nobody looked. */
  #sweepOnce(): void {
    if (this.#swept) return;
    this.#swept = true;
    this.#sweep();
  }

  #sweep(): void {
    const agents = async (): Promise<ReadonlySet<string>> => {
      const listing = await this.#engine.call({ what: 'list containers' }, (docker, abortSignal) => docker.listContainers({ all: true, filters: { label: labelFilter(this.#settings.owner) }, abortSignal }));
      return new Set(listing.map(({ Labels }) => Labels['tmux-agents.agent-id'] ?? ''));
    };
    const busy = (agentId: string): boolean => this.#spawning.has(agentId) || this.#killing.has(agentId);
    this.#egress.sweep(agents, busy).catch((error: unknown) => this.#log.info(`docker: restricted networks of agents that are gone could not be removed: ${messageOf(error)}`));
  }

  /** That a launch never came to its end nobody tells: it is looked at once more when its time is over. */
  #lookAfterLaunch(agents: readonly AgentInfo[]): void {
    clearTimeout(this.#launchTimer);
    if (!agents.some(({ status }) => status === 'starting')) return;
    this.#launchTimer = setTimeout(() => this.#refresh(), LAUNCH_WINDOW_MS);
    this.#launchTimer.unref();
  }

  /** Lists again and fires what changed, while somebody watches; calls during one listing make one more, not many. */
  #refresh(): void {
    if (this.#watchers === 0) return;
    if (this.#refreshing !== undefined) {
      this.#refreshAgain = true;
      return;
    }
    this.#refreshing = this.listAgents()
      .then(
        (agents) => {
          this.#apply(agents);
          this.#lookAfterLaunch(agents);
        },
        (error: unknown) => this.#log.warn(`docker: agents cannot be listed: ${messageOf(error)}`),
      )
      .finally(() => {
        this.#refreshing = undefined;
        if (!this.#refreshAgain) return;
        this.#refreshAgain = false;
        this.#refresh();
      });
  }

  #apply(agents: readonly AgentInfo[]): void {
    // An agent that is being killed shows as it was until it is gone.
    const shown = agents.map((agent) => (this.#killing.has(agent.agentId) ? (this.#known.get(agent.agentId) ?? agent) : agent));
    const changes = diffAgents(this.#known, shown);
    this.#known = new Map(shown.map((agent) => [agent.agentId, agent]));
    this.#egressWatch.follow(shown.filter((agent) => agent.network === 'restricted' && agent.status === 'running').map((agent) => agent.agentId));
    // Whoever removed its container may know nothing of its proxy.
    if (changes.some(({ type, agent }) => type === 'gone' && agent.network === 'restricted')) this.#sweep();
    for (const change of changes) this.#changed.fire(change);
  }

  /** Notes on the way whether the engine could be reached. */
  async #reaching<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#setHealth(undefined);
      return result;
    } catch (error) {
      if (isAgentsError(error, 'docker-unavailable')) this.#setHealth(error);
      throw asAgentsError(error);
    }
  }

  #setHealth(error: AgentsError | undefined): void {
    if (this.#health?.message === error?.message) return;
    this.#health = error;
    this.#healthChanged.fire(error);
  }

  /** Asked once, and only where it matters: a rootless engine's root is the caller. */
  #isRootless(): Promise<boolean> {
    if (process.getuid?.() === 0 || !this.#engine.isLocal) return Promise.resolve(false);
    this.#rootless ??= this.#engine
      .call({ what: 'tell about itself' }, (docker) => docker.info() as Promise<{ readonly SecurityOptions?: readonly string[] }>)
      .then((info) => info.SecurityOptions?.some((option) => option.includes('rootless')) ?? false);
    this.#rootless.catch(() => (this.#rootless = undefined));
    return this.#rootless;
  }

  #handle({ agentId, network }: AgentRecord, data: Omit<DockerHandleData, 'restricted'>): AgentHandle {
    return { runtimeType: this.type, runtimeId: this.#runtimeId, agentId, data: { ...data, restricted: network === 'restricted' } };
  }
}
