// What waits for a person: one request of one agent, what it is about, how risky it is, and which answers it takes.
import type { ApprovalRequest, StatusSource, WaitingKind } from '../../protocol/agentStatus.ts';
import type { EventApprovalCategory } from '../../protocol/runnerEvent.ts';
import type { Judgement } from '../policy/spec/judgeTool.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

export type RiskLevel = 'low' | 'medium' | 'high';

/** As events name them. */
export const eventRisks = { low: 'low', medium: 'med', high: 'high' } as const satisfies Readonly<Record<RiskLevel, string>>;

export interface Risk {
  readonly level: RiskLevel;
  /** Why: half sentences for people, the worst first; never empty. */
  readonly reasons: readonly string[];
}

/** One choice of a dialog, as its CLI words it. */
export interface ApprovalOption {
  /** From 1, in the order shown. */
  readonly number: number;
  readonly label: string;
}

/** The answers that can be given from here; none for a login, which needs the terminal. */
export interface PossibleAnswers {
  readonly approve: boolean;
  readonly deny: boolean;
  /** The CLI's own "always", or a rule of this session where it has none. */
  readonly always: boolean;
  /** A question's options; empty where they are not known (yet). */
  readonly options: readonly ApprovalOption[];
  /** A note can go with a denial: through the CLI's own way, or as the next prompt. */
  readonly note: boolean;
  /** A question that also takes text. */
  readonly text: boolean;
}

export interface PendingApproval {
  /** The same request has the same id in every face, as long as the same source tells of it: `k3x9q2ab`. */
  readonly id: string;
  readonly agent: AgentInfo;
  readonly kind: WaitingKind;
  /** What it asks, for people; never empty. */
  readonly text: string;
  readonly request: ApprovalRequest;
  /** As the CLI's hook or channel told it, whole; absent where only its screen or its words for people did, which may be cut. */
  readonly told?: ApprovalRequest;
  /** Unix time in ms. */
  readonly since: number;
  readonly source: StatusSource;
  readonly risk: Risk;
  /** What it is about: by the rules of its session where those want it asked, else by the policy's tables. */
  readonly category: EventApprovalCategory;
  readonly answers: PossibleAnswers;
  /** What the rules of its session say of it, where it has any. */
  readonly rules?: Judgement;
  /** The dialog on the screen that it was described by, where there was one: the same dialog gives the same. */
  readonly fingerprint?: string;
}

/** What a person (or the policy) answers. */
export type Answer =
  | { readonly type: 'approve' }
  /** Also the next ones like it, of this agent. */
  | { readonly type: 'always' }
  | { readonly type: 'deny'; readonly note?: string }
  /** One of a question's options, by its number (from 1) or its label. */
  | { readonly type: 'option'; readonly option: number | string }
  /** A question's answer in words. */
  | { readonly type: 'text'; readonly text: string };

/** How an answer reached the CLI. */
export type AnswerWay = 'hook' | 'channel' | 'keys';

export interface Answered {
  readonly approval: PendingApproval;
  readonly answer: Answer;
  readonly way: AnswerWay;
  /** True when "always" became a rule of this session, because the CLI has none of its own. */
  readonly ruleAdded: boolean;
  /** How the note of a denial went: with it, or as a prompt after it. */
  readonly note?: 'with' | 'after';
}
