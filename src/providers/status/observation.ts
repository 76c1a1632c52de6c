// What one source says at one moment. Sources make these; the reducer alone decides what they mean together.
import type { ApprovalRequest, StatusClaim, StatusSource, StatusState } from '../../protocol/agentStatus.ts';

export interface Observation {
  readonly source: StatusSource;
  /** Unix time in ms. */
  readonly at: number;
  /** What the source says; null when it has nothing to say (any more), which is no evidence of anything. */
  readonly claim: StatusClaim | null;
  /** The line, title or event that says so, at most 200 characters, without control characters. */
  readonly evidence: string;
  readonly rule?: string;
  readonly request?: ApprovalRequest;
  /** The CLI's own id of its conversation, where the source tells it. */
  readonly conversation?: string;
}

/** What a CLI's sources are worth: part of its provider's record. */
export interface ProviderSignals {
  /** The sources that this CLI has, besides `process`, `screen` and `remembered`, which every one has. */
  readonly sources: readonly StatusSource[];
  /** The states that a source may fail to leave (Claude's hooks are silent after Esc): newer, positive, stable evidence of a lower source then overrules it. */
  readonly blind?: Partial<Readonly<Record<StatusSource, readonly StatusState[]>>>;
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/** Makes evidence of any text: one line, no control characters, at most 200 characters. */
export function evidenceOf(text: string): string {
  const line = text.replace(CONTROL, ' ').trim();
  const characters = [...line.slice(0, 400)];
  return characters.length > 200 ? `${characters.slice(0, 199).join('')}…` : characters.join('');
}
