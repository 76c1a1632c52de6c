// What the screen rules read and what they find: the shapes that status, approvals and prompts share.
import type { ApprovalRequest, StatusClaim } from '../../protocol/agentStatus.ts';

/** One pane as it shows at one moment. Made by `readScreen`, which takes a capture with or without escapes. */
export interface Screen {
  /** Plain text, top to bottom, without trailing blanks. */
  readonly lines: readonly string[];
  /** The columns of each line that are drawn faint (placeholders) or marked (a selected option); absent where the capture had no escapes. */
  readonly styles?: readonly LineStyles[];
  readonly title?: string;
  /** The CLI's version, where it is known. */
  readonly version?: string;
}

/** Half-open ranges of indexes into the line's text. */
export interface LineStyles {
  readonly faint: readonly Range[];
  /** Runs of one background (or of reversed text); text on the default background is in none. */
  readonly marked: readonly MarkedRange[];
}
export type Range = readonly [from: number, to: number];
export type MarkedRange = readonly [from: number, to: number, background: string];

export interface DialogOption {
  /** Without its number and marker. */
  readonly label: string;
  /** The key that chooses it at once, where the CLI takes one: `1`. */
  readonly key?: string;
  /** Undefined where the capture does not tell (it needs one with escapes). */
  readonly selected: boolean | undefined;
}

/** tmux names of keys, pressed in order. Absent where the dialog offers no such answer, or none that can be given safely. */
export interface DialogAnswers {
  readonly approve?: readonly string[];
  readonly deny?: readonly string[];
  /** Allows it, and the like of it for the rest of this session or project. */
  readonly always?: readonly string[];
  /** For a question: the keys of each option, in the order of `options`. */
  readonly choose?: readonly (readonly string[] | undefined)[];
}

export interface Dialog {
  /** The same dialog gives the same one, wherever its selection stands; another dialog, or another command in it, gives another. */
  readonly fingerprint: string;
  readonly options: readonly DialogOption[];
  readonly answers: DialogAnswers;
}

export interface ScreenMatch {
  readonly claim: StatusClaim;
  /** `claude/permission-bash`. */
  readonly rule: string;
  /** Index of the line that matched, from the top; -1 for the title. */
  readonly line: number;
  /** That line, fit for people: see `evidenceOf`. */
  readonly evidence: string;
  readonly request?: ApprovalRequest;
  /** For waiting states with something to choose from. */
  readonly dialog?: Dialog;
}

/** Where a person types. */
export interface InputLine {
  /** False where the rules see no input line: nothing may be typed then. */
  readonly found: boolean;
  /** What stands in it already, placeholders left out; lines joined by newlines. */
  readonly draft: string;
  /** `found`, and nothing stands in it. */
  readonly empty: boolean;
}
