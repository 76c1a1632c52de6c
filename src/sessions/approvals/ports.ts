// What approvals need of the floors below: the ways to a CLI, each behind a small door.
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { HookDecision } from '../../providers/hooks/hookDecision.ts';
import type { ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

/** A CLI's own hook that waits for a decision, while its dialog is on the screen or not. */
export interface HookAnswers {
  /** True while a hook of this agent waits for a decision about this request. */
  waits(agent: AgentInfo, request: ApprovalRequest): boolean;
  /** Resolves with true once the hook has taken the decision, false when it waits no more. */
  answer(agent: AgentInfo, request: ApprovalRequest, decision: HookDecision): Promise<boolean>;
  /** Fires when a hook began to wait. */
  readonly onDidChange: Event<AgentInfo>;
  /** Keeps hooks waiting for an answer until disposed: only for those who stay to give one. */
  follow(): Disposable;
}

export type ChannelReply = 'once' | 'always' | 'reject';

/** A CLI's own interface for programs, such as opencode's HTTP. */
export interface ChannelAnswers {
  /** True where this agent's permission can be answered so. */
  takes(agent: AgentInfo, request: ApprovalRequest): boolean;
  /** True where this agent's question can be answered so: by an option's words, or any others. */
  takesWords(agent: AgentInfo, request: ApprovalRequest): boolean;
  /** Resolves with false when the request is not there any more. */
  reply(agent: AgentInfo, request: ApprovalRequest, reply: ChannelReply, note?: string): Promise<boolean>;
  /** As `reply`, to a question. Fails with `unsupported` for one of several parts. */
  answer(agent: AgentInfo, request: ApprovalRequest, words: string): Promise<boolean>;
}

/** An agent's terminal. */
export interface AgentScreen {
  /** What the screen shows this moment, by the provider's rules; undefined where no rule matches. */
  look(agent: AgentInfo): Promise<ScreenMatch | undefined>;
  /** Presses keys, by tmux's names. */
  press(agent: AgentInfo, keys: readonly string[]): Promise<void>;
  /** Types text as it is, without Enter. */
  type(agent: AgentInfo, text: string): Promise<void>;
  /** Calls back with each piece of output, until disposed. */
  onOutput(agent: AgentInfo, listener: () => void): Promise<Disposable>;
}

/** Gives an agent a prompt; the promise may wait for its turn. */
export type SendPrompt = (agent: AgentInfo, text: string) => Promise<void>;
