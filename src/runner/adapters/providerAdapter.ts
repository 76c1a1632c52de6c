// What a session needs of an AI CLI, whichever it is: found, started, given input, answered, stopped, and heard. The village runner's interface, and what a real life needs besides.
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { EventApproval, RunnerEventBody, UsageMetrics, Verdict } from '../../protocol/runnerEvent.ts';
import type { PolicySpec, SessionTask } from '../../protocol/sessionConfig.ts';

export interface Detection {
  readonly installed: boolean;
  readonly version?: string;
  /** For people: where it was looked for, or how to get it. */
  readonly details?: string;
}

export interface ProviderCapabilities {
  readonly ptyStreaming: boolean;
  readonly structuredEdits: 'none' | 'diff' | 'fileEvents';
  readonly supportsMCP: boolean;
  readonly supportsNonInteractive: boolean;
  readonly supportsPlanAndExecute: boolean;
  readonly supportsPRFlow: 'none' | 'draft' | 'full';
  /** Tokens. */
  readonly maxContextHint?: number;
}

export interface StartRequest {
  /** One is made when absent. */
  readonly sessionId?: string | undefined;
  /** Absolute: the folder that it works in. */
  readonly repoPath: string;
  /** What it is to do; without one it waits for input. */
  readonly task?: string | SessionTask | undefined;
  readonly policy?: PolicySpec | undefined;
  /** Where it runs, as `runtimeFor` said; the adapter's own place when absent. */
  readonly runtimeId?: string | undefined;
  /** Added to the environment of the agent, and to nobody else's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Runs instead of the provider's own command line. Never parsed by a shell. */
  readonly argv?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface StartedSession {
  /** Of the agent's first process, as the place where it runs counts. */
  readonly sessionPid: number;
  readonly sessionId: string;
}

/** What an adapter tells of a session. `exit` is the last. */
export type ProviderEvent = { readonly sessionId: string } & (
  | { readonly type: 'output'; readonly data: string; readonly stream: 'stdout' | 'stderr' }
  | { readonly type: 'status'; readonly status: AgentStatus }
  | { readonly type: 'approval'; readonly approval: EventApproval }
  /** The request is gone: answered in the terminal, by another face, or withdrawn. */
  | { readonly type: 'approval_gone'; readonly approvalId: string; readonly decision?: Verdict; readonly resolvedBy?: string }
  /** Its rules denied it before anybody was asked; `why` in words. */
  | { readonly type: 'denied'; readonly approval: EventApproval; readonly why?: string }
  | { readonly type: 'alert'; readonly alert: Extract<RunnerEventBody, { readonly type: 'ALERT_RAISED' }> }
  /** It used a tool, as the CLI's hooks tell. */
  | { readonly type: 'tool'; readonly tool?: string; readonly command?: string; readonly path?: string }
  /** `exitCode` is null after a signal, and where it is not known; `reason` says more where there is more to say. */
  | { readonly type: 'exit'; readonly exitCode: number | null; readonly signal?: string; readonly reason?: string }
);

export type ProviderListener = (event: ProviderEvent) => void;

export interface InputOptions {
  /** The session that was started last when absent. */
  readonly sessionId?: string | undefined;
  /** `line` (the default): a prompt, submitted when the CLI takes one. `raw`: keys, as they are. */
  readonly mode?: 'raw' | 'line' | undefined;
}

export interface StopOptions {
  readonly sessionId?: string | undefined;
  /** Milliseconds until it is forced. 0: at once. Default 5,000. */
  readonly graceMs?: number | undefined;
}

export interface ProviderAdapter {
  readonly id: string;
  detect(): Promise<Detection>;
  capabilities(): ProviderCapabilities;
  /** Resolves once the program was started. Fails with an AgentsError and leaves nothing behind. */
  startSession(request: StartRequest): Promise<StartedSession>;
  sendInput(data: string, options?: InputOptions): Promise<void>;
  /** Ends it and everything it started. One that has ended is no error. */
  stop(options?: StopOptions): Promise<void>;
  onEvent(listener: ProviderListener): void;
  offEvent(listener: ProviderListener): void;

  /** Answers an approval. Absent: its approvals cannot be answered from here. Fails with `answered-already` when it is gone. */
  answer?(sessionId: string, approvalId: string, decision: Verdict, note?: string): Promise<void>;
  /** Stops everything that the session runs; nothing that waits is given to it meanwhile. Absent: not possible. */
  pause?(sessionId: string): Promise<void>;
  resume?(sessionId: string): Promise<void>;
  /** The runtime that a session under these rules runs in. Absent: wherever the adapter likes. Throws `unsupported` where no place can hold it to them. */
  runtimeFor?(policy: PolicySpec): string;
  /** Takes up a session that another process began, in the runtime that it was started in. Undefined: nothing of it is left. */
  recover?(sessionId: string, options?: { readonly runtimeId?: string | undefined }): Promise<StartedSession | undefined>;
  /** What the session uses now, as far as it can be known: its processes, and the tokens and cost that its CLI tells. Absent: nothing is known. */
  measure?(sessionId: string): Promise<Partial<UsageMetrics>>;
  /** What it adds to the environment of its agents, for those who keep secrets out of what they write. */
  secrets?(): Readonly<Record<string, string>>;
  /** Lets go of everything; sessions go on. */
  dispose?(): void;
}
