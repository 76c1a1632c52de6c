// The contract of a runtime: where agents run. Everything else builds on these shapes.
import type { AgentsError } from '../base/errors.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Event } from '../base/event.ts';
import type { PolicySpec } from '../protocol/sessionConfig.ts';
import type { Executor } from '../exec/executor.ts';
import type { EgressEntry, NetworkMode, NetworkWish } from '../protocol/network.ts';
import type { PaneId } from '../tmux/types.ts';
import type { TmuxService } from '../tmux/tmuxService.ts';
import type { AttachCommand } from './attachCommand.ts';
import type { ProgramFacts, ProgramQuery } from './programs.ts';
import type { KeptHome } from './keptHome.ts';

export type EnvironmentMode = 'inherit' | 'allowlist';

/** What to run and where. Parsed by `parseAgentConfig` before any runtime sees it. */
export interface AgentConfig {
  readonly agentId: string;
  /** A provider's id: `claude`, `codex`, ..., `custom`. */
  readonly aiProvider: string;
  /** What the agent is asked to do; given to the CLI as its first prompt. */
  readonly task?: string | undefined;
  /** Absolute path on the machine that the runtime runs on (the Docker host's for containers). */
  readonly workingDirectory: string;
  /** The name people see; the agent id when absent. */
  readonly name?: string | undefined;
  /** The tmux session's name; the runtime chooses one when absent. */
  readonly sessionName?: string | undefined;
  /** Lets the CLI act without asking. */
  readonly autoPilot?: boolean | undefined;
  readonly model?: string | undefined;
  readonly resources?: { readonly memory?: number | undefined; readonly cpus?: number | undefined } | undefined;
  /** The program to run, instead of what the provider would launch. Never parsed by a shell. */
  readonly argv?: readonly string[] | undefined;
  /** Added to the agent's environment. May hold secrets: reaches the agent only through memory or tmpfs. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Placed in the agent's own folder (see `AgentRuntime.agentFolder`) before its program starts, readable by its user only. */
  readonly files?: readonly AgentFile[] | undefined;
  /** Placed in the agent's home where that is its own (a container's), and only where there is no such file yet. */
  readonly homeFiles?: readonly AgentFile[] | undefined;
  /** SHA-256, in hex, of the key that the agent's hooks report with. */
  readonly hookKey?: string | undefined;
  /** The CLI's own id of its conversation, where it is known before the start. */
  readonly conversation?: string | undefined;
  /** Continues this conversation, by the CLI's own id, instead of beginning one. */
  readonly resume?: string | undefined;
  /** In the CLI's own words (`acceptEdits`, `on-request`); wins over `autoPilot`. */
  readonly permissionMode?: string | undefined;
  /** A JSON file with `mcpServers`, on the machine that spawns: absolute path. */
  readonly mcpConfig?: string | undefined;
  /** More arguments for the CLI, put before the task. */
  readonly extraArgs?: readonly string[] | undefined;
  /** `allowlist`: of this machine's environment only what programs need anywhere (`agentEnvironment.ts`), and `env`. Containers have an environment of their own anyway. As the runtime is set up when absent. */
  readonly environment?: EnvironmentMode | undefined;
  /** Its program can be stopped and continued (SIGSTOP, SIGCONT) where the runtime is this machine: see `LaunchSpec.led`. */
  readonly pausable?: boolean | undefined;
  /** Names of variables that its CLI documents, which it may have of the place's environment where that is an allowlist; `*` as the last letter for any others. */
  readonly inherits?: readonly string[] | undefined;
  /** The rules that it is under, kept where its CLI has a gate. */
  readonly policy?: PolicySpec | undefined;
  /** What of its home the CLI must write to, where `keptHome` gives it a folder for that. */
  readonly home?: KeptHome | undefined;
  /** What it may reach over the network; as the runtime's settings say when absent. */
  readonly network?: NetworkWish | undefined;
  /** Hosts that its provider's API needs: allowed, too, where the network is restricted. */
  readonly providerHosts?: readonly string[] | undefined;
}

/** A small text file of an agent's own folder. */
export interface AgentFile {
  /** Relative, of letters, digits, `_`, `.`, `-` and `/`; never upwards. */
  readonly name: string;
  readonly content: string;
}

/** A serialisable reference to an agent; `data` belongs to the runtime. */
export interface AgentHandle {
  readonly runtimeType: string;
  /** Set by the RuntimeManager: the id the runtime was registered under. */
  readonly runtimeId?: string;
  readonly agentId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is known of an agent's process. Nothing is guessed: `unknown` says that its place cannot be reached. */
export type AgentState =
  | { readonly status: 'starting' }
  | { readonly status: 'running' }
  | { readonly status: 'exited'; readonly exitCode: number | null; readonly signal?: string; readonly reason?: string }
  | { readonly status: 'failed'; readonly reason: string; readonly exitCode?: number }
  | { readonly status: 'unknown'; readonly reason: string };

export type AgentInfo = AgentState & {
  readonly agentId: string;
  readonly handle: AgentHandle;
  readonly name: string;
  readonly aiProvider: string;
  /** The task's title: its first line, at most 80 characters. */
  readonly task: string;
  readonly workingDirectory: string;
  readonly sessionName: string;
  readonly runtimeId: string;
  readonly runtimeType: string;
  readonly owner: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** True for a session that was started by hand and adopted. */
  readonly adopted?: boolean;
  /** As it was wished for at the spawn. */
  readonly autoPilot?: boolean;
  readonly model?: string;
  /** SHA-256, in hex, of the key that its hooks report with. */
  readonly hookKey?: string;
  /** The CLI's own id of its conversation, as known at the spawn. */
  readonly conversation?: string;
  /** Absent: `open`. */
  readonly network?: NetworkMode;
};

/** An attempt of an agent to reach what it may not. */
export interface DeniedEgress {
  readonly agentId: string;
  readonly entry: EgressEntry;
}

/** One step of a spawn, in order; a runtime skips the steps it does not have. */
export type SpawnStep = 'check' | 'network' | 'create' | 'start' | 'connect' | 'secrets' | 'proxy' | 'launch';

export interface SpawnOptions {
  /** Cancels the spawn; whatever it made so far is removed. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((step: SpawnStep, message: string) => void) | undefined;
}

export interface KillOptions {
  /** Milliseconds the agent has to end by itself before it is forced. Default 5,000. */
  readonly graceMs?: number | undefined;
}

export interface AgentProcesses {
  readonly kind: 'processes' | 'container';
  readonly pid: number;
}

export interface AgentChange {
  readonly type: 'appeared' | 'changed' | 'gone';
  /** As it is now; for `gone`, as it was last known. */
  readonly agent: AgentInfo;
}

export interface AgentRuntime {
  readonly type: string;
  /** True where the place itself keeps the agent from the rest of the machine: a container, a pod. */
  readonly isolates?: boolean;
  /** Resolves when the agent's program was started. Fails with an AgentsError and leaves nothing behind. */
  spawnAgent(config: AgentConfig, options?: SpawnOptions): Promise<AgentHandle>;
  /** Ends the agent gracefully within the deadline, then by force, and removes what it ran in. Killing a gone agent is no error. */
  killAgent(handle: AgentHandle, options?: KillOptions): Promise<void>;
  listAgents(): Promise<AgentInfo[]>;
  /** Stops everything the agent runs, as it is, until `resumeAgent`. Absent: not possible. Fails with `not-found` when it does not run. */
  pauseAgent?(handle: AgentHandle): Promise<void>;
  resumeAgent?(handle: AgentHandle): Promise<void>;
  getTmux(handle: AgentHandle): TmuxService;
  /** A command for a terminal: argv (see `attachCommand`), or a line that a POSIX shell understands. */
  getAttachCommand(handle: AgentHandle): AttachCommand | string;
  /** Resolves when the runtime can be used; fails with the reason and the way out. */
  ping(): Promise<void>;

  /** The pane that the agent's program runs in. Absent: window 0, pane 0 of its session. */
  getPane?(handle: AgentHandle): Promise<PaneId>;
  /** Gives the agent another name, where it runs. */
  renameAgent?(handle: AgentHandle, name: string): Promise<void>;
  /** Starts following the place; `onDidChangeAgents` and `onDidChangeHealth` fire until disposed. */
  watch?(): Disposable;
  readonly onDidChangeAgents?: Event<AgentChange>;
  /** Fires when the place becomes reachable (undefined) or unreachable (why). */
  readonly onDidChangeHealth?: Event<AgentsError | undefined>;
  /** The absolute path, in the place, of the folder that holds an agent's `files`. Nothing is touched. Absent: the runtime places no files. */
  agentFolder?(agentId: string): string;
  /** The path, in the place, of the folder that the agent works in: a container has its own. Absent: `workingDirectory` itself. */
  workspacePath?(config: Pick<AgentConfig, 'workingDirectory'>): string;
  /** The absolute path, in the place, of a folder that the CLI can write to whatever its home is, and that outlives the place where that is possible. Absent: the home itself is such. */
  keptHome?(): string;
  /** Whether what an agent kept is still there. Absent: what a CLI keeps is in the person's own home. */
  hasKeptHome?(agentId: string): Promise<boolean>;
  /** The path of what an agent kept, on this machine. */
  keptHomePath?(agentId: string): string;
  /** Removes what an agent kept; none is no error. */
  forgetHome?(agentId: string): Promise<void>;
  /** Runs programs where the agent runs, as its user. Absent: not possible. */
  getExecutor?(handle: AgentHandle): Executor;
  /** Which of these programs agents would find, and their versions; answers are remembered until the place changes. Absent: not possible. */
  findPrograms?(queries: readonly ProgramQuery[]): Promise<ProgramFacts>;
  /** True where it can keep an agent from all of the network but what is allowed. Absent: a config that asks for it is refused. */
  readonly restrictsNetwork?: boolean;
  /** What an agent tried to reach, living or gone, in the order of time. Absent: nothing is written down. */
  readAudit?(agentId: string): Promise<readonly EgressEntry[]>;
  /** Hands on each attempt once it is over; resolves when the agent's network ends, or `signal` fires. Fails with `not-found` where it is not restricted. */
  followAudit?(agentId: string, onEntry: (entry: EgressEntry) => void, options: { readonly signal: AbortSignal; readonly sinceMs?: number | undefined }): Promise<void>;
  /** Fires for each attempt that was denied, while the runtime is watched. */
  readonly onDidDenyEgress?: Event<DeniedEgress>;
  /** Tells the place from another that the same id may stand for in other settings: a socket's path, an engine's address. Absent: the id alone says it. */
  place?(): string;
  /** Where the kernel of this machine shows the agent's processes: from that process on downwards, or the container whose first one it is. Undefined where it does not. */
  processesOf?(handle: AgentHandle): Promise<AgentProcesses | undefined>;
  /** Told the id it is registered under. */
  setRuntimeId?(runtimeId: string): void;
  /** Lets go of connections and processes of ours; agents go on. */
  dispose?(): void;
}
