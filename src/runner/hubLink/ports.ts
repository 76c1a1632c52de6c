// What the connection to a hub needs of whoever shares agents: the daemon's RunnerService, or the editor's recorder.
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { SessionRequest } from '../../protocol/hubWire/extension.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { TaskConfig, TaskResult } from '../../protocol/hubWire/sibylFrames.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';

/** The agents that are shared. */
export interface SharedFleet {
  list(): readonly SharedSession[];
  /** A new session, or one whose row changed. */
  readonly onDidChange: Event<SharedSession>;
  readonly onDidGo: Event<string>;
  /** Live events, once on disk. */
  readonly onEvent: Event<RunnerEvent>;
  /** From the journal: what the hub missed. */
  readEvents(sessionId: string, fromSeq: number): AsyncIterable<RunnerEvent>;
  /** A person's act at the hub. Throws AgentsErrors, which go back as they are. */
  request(sessionId: string, request: SessionRequest, by: string): Promise<unknown>;
  /** Undefined where the terminal is not shared. */
  openTerminal(sessionId: string, show: TerminalSink): Promise<TerminalTap | undefined>;
}

export interface TerminalSink {
  /** `reset`: the whole screen, on a fresh terminal of that size. */
  data(data: string, options?: { readonly reset?: boolean; readonly columns?: number; readonly rows?: number }): void;
  ended(reason: string): void;
}

export interface TerminalTap extends Disposable {
  write(data: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
}

export interface AssignedTask {
  readonly taskId: string;
  readonly agentId: string;
  readonly projectId: string | undefined;
  readonly config: TaskConfig;
}

/** What executes a hub's tasks; an editor has none. Every accepted task ends in exactly one result, which waits on disk until the hub has it. */
export interface TaskPort {
  /** Resolves once the task is on disk: `accepted` also for one that is known already, which does not run again. */
  assign(task: AssignedTask): Promise<{ readonly accepted: true } | { readonly accepted: false; readonly reason: string }>;
  cancel(taskId: string): Promise<void>;
  status(): { readonly status: 'online' | 'busy' | 'draining'; readonly agentCount: number };
  readonly onDidChangeStatus: Event<void>;
  readonly onDidProgress: Event<{ readonly agentId: string; readonly status: 'running' | 'completed' | 'failed' | 'cancelled'; readonly progress: number | null; readonly activity: string | null }>;
  readonly onDidUseProject: Event<{ readonly projectId: string; readonly worktreePath: string; readonly worktreeBranch: string }>;
  /** Results that the hub does not have yet, the oldest first. */
  results(): readonly { readonly taskId: string; readonly result: TaskResult }[];
  readonly onDidFinish: Event<string>;
  /** Tasks that were accepted and have no result yet. */
  open(): readonly string[];
  /** The hub has it. */
  delivered(taskId: string): void;
}

/** How the connection is, for people and `status`. */
export type HubLinkState =
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'connected'; readonly since: number; readonly extension: boolean }
  | { readonly state: 'waiting'; readonly retryAt: number; readonly reason: string }
  /** It stays so until a person acts: a refused token, another daemon with this id. */
  | { readonly state: 'refused'; readonly reason: string };
