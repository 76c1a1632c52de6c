// What the floors above see of the status engine: the status of every agent, its changes, and why.
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import type { Observation } from './observation.ts';

export interface StatusChange {
  readonly agent: AgentInfo;
  readonly status: AgentStatus;
  readonly before: AgentStatus | undefined;
}

/** The CLI told (or changed) the id of its conversation. */
export interface ConversationChange {
  readonly agent: AgentInfo;
  readonly conversation: string;
  /** Unix time in ms. */
  readonly at: number;
}

export interface Explanation {
  readonly agent: AgentInfo;
  readonly status: AgentStatus;
  /** The latest of every source that has spoken, the deciding one first. */
  readonly observations: readonly Observation[];
  /** One sentence for each step of the decision: who was believed, who was not, and why. */
  readonly reasons: readonly string[];
}

export interface StatusPort {
  readonly onDidChangeStatus: Event<StatusChange>;
  readonly onDidTellConversation: Event<ConversationChange>;
  /** As last decided; undefined for an agent that is not followed. */
  statusOf(agent: AgentHandle): AgentStatus | undefined;
  /** Follows every agent of the manager until disposed. Several callers may follow. */
  follow(): Disposable;
  /** Looks once at these agents, with every source that can be asked; for commands that do not stay. */
  look(agents: readonly AgentInfo[]): Promise<ReadonlyMap<AgentInfo, AgentStatus>>;
  explain(agent: AgentInfo): Promise<Explanation>;
  /** The screen as the rules see it, taken now. */
  screen(agent: AgentInfo): Promise<string>;
}
