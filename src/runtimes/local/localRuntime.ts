// Agents on this machine: each a session of the project's own tmux server, plus the adopted ones of the user's.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { throwIfCancelled } from '../../base/wait.ts';
import type { Executor } from '../../exec/executor.ts';
import { LocalExecutor } from '../../exec/localExecutor.ts';
import { TmuxService } from '../../tmux/tmuxService.ts';
import { HOW_TO_INSTALL_TMUX } from '../../tmux/tmuxVersion.ts';
import type { PaneId, SessionId, TmuxPane, TmuxSession } from '../../tmux/types.ts';
import { recordOf, refuseRestricted } from '../agentConfig.ts';
import { diffAgents } from '../agentDiff.ts';
import { AGENT_OPTION, agentInfo, cannotStart, findAgentPane, readLaunchFailure, recordOfPane, stateOfPane, terminatePane } from '../agentPanes.ts';
import { attachCommand, type AttachCommand } from '../attachCommand.ts';
import { launcherArgv } from '../launcher.ts';
import type { ProgramFacts, ProgramQuery } from '../programs.ts';
import type { AgentChange, AgentConfig, AgentHandle, AgentInfo, AgentProcesses, AgentRuntime, EnvironmentMode, KillOptions, SpawnOptions } from '../types.ts';
import { checkWorkspaceFolder } from '../workspaceFolder.ts';
import { FOLDER_VARIABLE } from '../agentFiles.ts';
import { agentEnvironment } from './agentEnvironment.ts';
import { AdoptedSessions } from './adoptedSessions.ts';
import { AdoptedStore, adoptedStorePath } from './adoptedStore.ts';
import { AgentFolders } from './agentFolders.ts';
import { withEnvironmentFile } from './environmentFile.ts';
import { freshEnvironment, hostEnvironment } from './hostEnvironment.ts';
import { logoutProof } from './logoutProof.ts';
import { LocalPrograms } from './localPrograms.ts';
import { continueBelow, hangUpStopped, killSurvivors, processTree, stopBelow } from './processTree.ts';
import { isListening, tmuxSocketPath, watchSocket } from './tmuxSocket.ts';

export interface LocalRuntimeOptions {
  /** The tmux server's socket name. Default `tmux-agents`. */
  readonly socketName?: string | undefined;
  /** tmux's path or name. Default `tmux`. */
  readonly tmuxPath?: string | undefined;
  /** What agents get, where their config does not say: the tmux server's whole environment (`inherit`, the default), or of this process's what they need. */
  readonly environment?: EnvironmentMode | undefined;
  /** More names for the allowlist. */
  readonly environmentNames?: readonly string[] | undefined;
  /** The file that remembers adopted sessions. */
  readonly adoptedStorePath?: string | undefined;
  /** Where systemd says that it is there. */
  readonly systemdFolder?: string | undefined;
  readonly log?: Log | undefined;
}

const GRACE_MS = 5_000;

export class LocalRuntime implements AgentRuntime {
  readonly type = 'local';
  readonly #executor = new LocalExecutor();
  readonly #socketName: string;
  readonly #socketPath: string;
  readonly #tmuxPath: string;
  readonly #tmux: TmuxService;
  readonly #adopted: AdoptedSessions;
  readonly #environment: EnvironmentMode;
  readonly #log: Log;
  readonly #environmentNames: readonly string[];
  readonly #changed = new Emitter<AgentChange>();
  readonly #healthChanged = new Emitter<AgentsError | undefined>();
  readonly #failures = new Map<PaneId, string>();
  readonly #folders: AgentFolders;
  readonly #programs: LocalPrograms;
  #known = new Map<string, AgentInfo>();
  #runtimeId = 'local';
  #tmuxFound = false;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;
  #health: AgentsError | undefined;

  constructor(options: LocalRuntimeOptions = {}) {
    this.#socketName = options.socketName ?? 'tmux-agents';
    this.#socketPath = tmuxSocketPath(this.#socketName);
    this.#folders = new AgentFolders(options.socketName);
    this.#tmuxPath = options.tmuxPath ?? 'tmux';
    this.#environment = options.environment ?? 'inherit';
    this.#log = options.log ?? silentLog;
    this.#environmentNames = options.environmentNames ?? [];
    this.#programs = new LocalPrograms(this.#executor, this.#log);
    const shared = { tmuxPath: this.#tmuxPath, env: hostEnvironment(), log: this.#log };
    this.#tmux = new TmuxService(this.#executor, {
      ...shared,
      socketName: this.#socketName,
      configFile: '/dev/null',
      mode: 'own',
      startWith: async () => ((await isListening(this.#socketPath)) ? [] : logoutProof(this.#executor, { systemdFolder: options.systemdFolder, env: hostEnvironment() })),
    });
    this.#adopted = new AdoptedSessions({
      store: new AdoptedStore(options.adoptedStorePath ?? adoptedStorePath()),
      tmux: new TmuxService(this.#executor, { ...shared, socketName: 'default', mode: 'guest' }),
      socketPath: tmuxSocketPath('default'),
      runtimeType: this.type,
      log: this.#log,
    });
  }

  readonly onDidChangeAgents: Event<AgentChange> = this.#changed.event;
  readonly onDidChangeHealth: Event<AgentsError | undefined> = this.#healthChanged.event;

  setRuntimeId(runtimeId: string): void {
    this.#runtimeId = runtimeId;
  }

  /** Fails with `unsupported` on Windows, `tmux-missing` without tmux. */
  async ping(): Promise<void> {
    if (process.platform === 'win32') {
      throw new AgentsError('unsupported', 'Local agents need tmux, which Windows does not have.', {
        hint: 'Open the folder in WSL, or spawn agents in Docker.',
      });
    }
    if (this.#tmuxFound) return;
    await this.#executor.run([this.#tmuxPath, '-V'], { timeoutMs: 5_000, env: hostEnvironment() }).catch((error: unknown) => {
      if (!isAgentsError(error, 'command-not-found')) throw error;
      throw new AgentsError('tmux-missing', 'tmux was not found on this machine.', {
        hint: HOW_TO_INSTALL_TMUX,
        cause: error,
      });
    });
    this.#tmuxFound = true;
  }

  async spawnAgent(config: AgentConfig, { signal, onProgress }: SpawnOptions = {}): Promise<AgentHandle> {
    const { argv } = config;
    if (argv === undefined) throw new AgentsError('bad-input', 'The agent cannot be spawned: argv: names no program.');
    refuseRestricted(config);
    throwIfCancelled(signal);
    onProgress?.('check', 'Checking the folder and tmux');
    await Promise.all([this.ping(), checkWorkspaceFolder(config.workingDirectory)]);
    throwIfCancelled(signal);
    onProgress?.('connect', 'Connecting to tmux');
    await this.#tmux.connect(signal ? { signal } : {});
    throwIfCancelled(signal);
    onProgress?.('launch', `Starting ${config.aiProvider}`);
    const record = recordOf(config, { sessionName: config.sessionName ?? config.agentId, runtimeId: this.#runtimeId });
    await this.#refuseTaken(config.agentId);
    try {
      const folder = config.files === undefined || config.files.length === 0 ? undefined : await this.#folders.place(config.agentId, config.files);
      const clean = (config.environment ?? this.#environment) === 'allowlist';
      const env = { ...(clean ? agentEnvironment({ own: config.inherits, extra: this.#environmentNames }) : {}), ...config.env, ...(folder === undefined ? {} : { [FOLDER_VARIABLE]: folder }) };
      // Not by tmux's own means: those would show it to every program that can talk to the server.
      const session = await withEnvironmentFile(env, (envFile) =>
        this.#tmux.newSession({
          name: record.sessionName,
          windowName: record.name,
          argv: launcherArgv({ cwd: config.workingDirectory, argv, clean, led: config.pausable === true, ...(envFile === undefined ? {} : { envFile }) }),
          cwd: config.workingDirectory,
          env: freshEnvironment(),
          paneOptions: { [AGENT_OPTION]: JSON.stringify(record) },
        }),
      );
      if (signal?.aborted) {
        await this.#tmux.killSession(session.sessionId);
        throwIfCancelled(signal);
      }
      return this.#handle(config.agentId, { session: session.name, sessionId: session.sessionId, paneId: session.paneId });
    } catch (error) {
      await this.#folders.remove(config.agentId).catch((fault: unknown) => this.#log.warn(`local: the folder of ${config.agentId} cannot be removed: ${messageOf(fault)}`));
      throw error;
    }
  }

  async killAgent(handle: AgentHandle, { graceMs = GRACE_MS }: KillOptions = {}): Promise<void> {
    if (isAdopted(handle)) {
      await this.#adopted.kill(handle.agentId, sessionIdOf(handle));
      return;
    }
    const pane = (await this.#serverRuns()) ? findAgentPane(await this.#tmux.listPanes(), handle.agentId) : undefined;
    if (pane !== undefined) await this.#end(pane, graceMs);
    // It has ended, whatever becomes of its folder: the next sweep tries again.
    await this.#folders.remove(handle.agentId).catch((fault: unknown) => this.#log.warn(`local: the folder of ${handle.agentId} cannot be removed: ${messageOf(fault)}`));
  }

  /** Only of an agent that was spawned `pausable`. */
  async pauseAgent(handle: AgentHandle): Promise<void> {
    await stopBelow((await this.#livePane(handle)).pid);
  }

  async resumeAgent(handle: AgentHandle): Promise<void> {
    await continueBelow((await this.#livePane(handle)).pid);
  }

  async #livePane(handle: AgentHandle): Promise<TmuxPane> {
    const pane = isAdopted(handle) || !(await this.#serverRuns()) ? undefined : findAgentPane(await this.#tmux.listPanes(), handle.agentId);
    if (pane === undefined || pane.dead !== undefined) throw new AgentsError('not-found', `The agent "${handle.agentId}" does not run on this machine.`);
    return pane;
  }

  async #end(pane: TmuxPane, graceMs: number): Promise<void> {
    const tree = pane.dead ? [] : await processTree(pane.pid);
    hangUpStopped(tree);
    await terminatePane(this.#tmux, pane.id, graceMs);
    await this.#tmux.killSession(pane.sessionId);
    await killSurvivors(tree);
    this.#failures.delete(pane.id);
  }

  async listAgents(): Promise<AgentInfo[]> {
    await this.ping();
    const [own, adopted] = await Promise.all([this.#listOwn(), this.#adopted.list()]);
    return [...own, ...adopted];
  }

  getTmux(handle: AgentHandle): TmuxService {
    return isAdopted(handle) ? this.#adopted.tmux : this.#tmux;
  }

  getAttachCommand(handle: AgentHandle): AttachCommand {
    const server = isAdopted(handle) ? [] : ['-L', this.#socketName];
    return attachCommand([this.#tmuxPath, ...server, 'attach', '-t', attachTarget(handle)]);
  }

  agentFolder(agentId: string): string {
    return this.#folders.path(agentId);
  }

  async findPrograms(queries: readonly ProgramQuery[]): Promise<ProgramFacts> {
    return this.#programs.find(queries);
  }

  getExecutor(): Executor {
    return this.#executor;
  }

  async getPane(handle: AgentHandle): Promise<PaneId> {
    if (isAdopted(handle)) return this.#adopted.paneOf(sessionIdOf(handle));
    const pane = (await this.#serverRuns()) ? findAgentPane(await this.#tmux.listPanes(), handle.agentId) : undefined;
    if (!pane) throw new AgentsError('not-found', `The agent "${handle.agentId}" is gone.`);
    return pane.id;
  }

  place(): string {
    return this.#socketPath;
  }

  async processesOf(handle: AgentHandle): Promise<AgentProcesses | undefined> {
    if (isAdopted(handle) || !(await this.#serverRuns())) return undefined;
    const pane = findAgentPane(await this.#tmux.listPanes(), handle.agentId);
    return pane === undefined ? undefined : { kind: 'processes', pid: pane.pid };
  }

  async renameAgent(handle: AgentHandle, name: string): Promise<void> {
    if (isAdopted(handle)) {
      this.#adopted.rename(handle.agentId, name);
      return;
    }
    const pane = findAgentPane(await this.#tmux.listPanes(), handle.agentId);
    const record = pane && recordOfPane(pane);
    if (!pane || !record) throw new AgentsError('not-found', `The agent "${handle.agentId}" is gone.`);
    await this.#tmux.setOption('pane', pane.id, AGENT_OPTION, JSON.stringify({ ...record, name }));
    // The option alone tells nobody; the window's new name reaches every face as a notification.
    await this.#tmux.renameWindow(pane.sessionId, pane.windowId, name);
  }

  /** Sessions of the user's own tmux server that could be adopted. */
  async listAdoptable(): Promise<TmuxSession[]> {
    await this.ping();
    return this.#adopted.listAdoptable();
  }

  /** Makes an agent of a session that was started by hand. Nothing is written into the user's tmux server. */
  async adopt(sessionId: SessionId, about: { readonly name?: string; readonly aiProvider?: string } = {}): Promise<AgentInfo> {
    const agent = await this.#adopted.adopt(sessionId, { ...about, runtimeId: this.#runtimeId });
    this.#refresh();
    return agent;
  }

  /** Forgets an adopted session; the session itself goes on. */
  release(handle: AgentHandle): void {
    this.#adopted.release(handle.agentId);
    this.#refresh();
  }

  /** Follows tmux's own notifications. No server is started for it: the socket's directory tells when one appears. */
  watch(): Disposable {
    const store = new DisposableStore();
    if (process.platform === 'win32') return store;
    store.add(this.#tmux.onDidChangeTree(() => this.#refresh()));
    store.add(this.#tmux.onDidChangeConnection(() => this.#refresh()));
    store.add(watchSocket(this.#socketPath, () => this.#refresh()));
    store.add(this.#adopted.onDidChange(() => this.#refresh()));
    store.add(this.#adopted.watch());
    this.#refresh();
    return toDisposable(() => store.dispose());
  }

  dispose(): void {
    this.#tmux.dispose();
    this.#adopted.dispose();
    this.#changed.dispose();
    this.#healthChanged.dispose();
  }

  async #listOwn(): Promise<AgentInfo[]> {
    if (!(await this.#serverRuns())) return [];
    const panes = await this.#tmux.listPanes();
    const agents: AgentInfo[] = [];
    for (const pane of panes) {
      const record = recordOfPane(pane);
      if (!record) continue;
      const state = stateOfPane(pane, cannotStart(pane) ? await this.#failure(pane) : undefined);
      const handle = this.#handle(record.agentId, { session: pane.sessionName, sessionId: pane.sessionId, paneId: pane.id });
      agents.push(agentInfo({ ...record, sessionName: pane.sessionName }, state, handle));
    }
    return agents;
  }

  async #failure(pane: TmuxPane): Promise<string> {
    const known = this.#failures.get(pane.id);
    if (known !== undefined) return known;
    const failure = await readLaunchFailure(this.#tmux, pane);
    this.#failures.set(pane.id, failure);
    return failure;
  }

  async #serverRuns(): Promise<boolean> {
    return this.#tmux.connection.state === 'connected' || isListening(this.#socketPath);
  }

  async #refuseTaken(agentId: string): Promise<void> {
    const panes = await this.#tmux.listPanes();
    if (findAgentPane(panes, agentId)) {
      throw new AgentsError('name-taken', `There is an agent "${agentId}" on this machine already.`, { hint: 'Choose another id, or kill that agent first.' });
    }
    const living = new Set(panes.flatMap((pane) => recordOfPane(pane)?.agentId ?? []));
    this.#folders.sweep(living).catch((fault: unknown) => this.#log.warn(`local: old folders of agents cannot be removed: ${messageOf(fault)}`));
  }

  /** Lists again and fires what changed; calls while one listing is under way make one more, not many. */
  #refresh(): void {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    this.#refreshing = this.listAgents()
      .then(
        (agents) => {
          const changes = diffAgents(this.#known, agents);
          this.#known = new Map(agents.map((agent) => [agent.agentId, agent]));
          for (const change of changes) this.#changed.fire(change);
          this.#setHealth(undefined);
        },
        (error: unknown) => {
          this.#log.warn(`local: agents cannot be listed: ${messageOf(error)}`);
          this.#setHealth(asAgentsError(error));
        },
      )
      .finally(() => {
        this.#refreshing = undefined;
        if (!this.#refreshAgain) return;
        this.#refreshAgain = false;
        this.#refresh();
      });
  }

  #setHealth(error: AgentsError | undefined): void {
    if (this.#health?.message === error?.message) return;
    this.#health = error;
    this.#healthChanged.fire(error);
  }

  #handle(agentId: string, data: Readonly<Record<string, string>>): AgentHandle {
    return { runtimeType: this.type, runtimeId: this.#runtimeId, agentId, data: { socket: this.#socketPath, ...data } };
  }
}

function isAdopted(handle: AgentHandle): boolean {
  return handle.data['adopted'] === true;
}

function sessionIdOf(handle: AgentHandle): SessionId {
  const id = handle.data['sessionId'];
  if (typeof id === 'string' && /^\$\d+$/.test(id)) return id as SessionId;
  throw new AgentsError('bad-input', `The handle of the agent "${handle.agentId}" names no tmux session.`);
}

/** The session's name, exactly, where tmux reads it as a name; its id where the name could be read as something else. */
function attachTarget(handle: AgentHandle): string {
  const { session } = handle.data;
  return typeof session === 'string' && /^\w[\w-]*$/.test(session) ? `=${session}` : sessionIdOf(handle);
}
