// How each CLI takes a prompt, as data: by its editor's key or by a paste, what it trims, and what it would take for a command. Observed with the versions in docs/prompts.md.
import type { Words } from '../provider.ts';

/** A prompt that a CLI would take for something else than text, and what is put in front of it so that it does not. */
export interface Misreading {
  readonly match: RegExp;
  readonly guard: string;
}

export interface PromptInput {
  /** tmux names of the keys that open the person's editor on the input line. Several are only pressed on an empty line: where the first goes astray, the others would be typed. Absent: prompts are pasted. */
  readonly editor?: Words;
  /** A prompt with a longer line (in UTF-16 units) is pasted: the CLI takes very long to draw it. */
  readonly longestLine?: number;
  /** The blanks that it takes off a prompt. What it takes off at the end may be added there, to close a list of completions or to hide a backslash. */
  readonly trims: 'none' | 'end' | 'both';
  readonly misreads?: readonly Misreading[];
  /** Words that it takes for a command however they are written. */
  readonly reserved?: RegExp;
  /** Prompts after which a list of completions is open that would take the Enter, and the keys that close it. */
  readonly completes?: { readonly match: RegExp; readonly keys: Words };
}

/** A character without ink that no CLI takes for a blank: what begins with it is text. */
const BLANK_SIGN = '\u2800';

/** `/clear`, `/project:review all`; no path and no comment. */
const SLASH_COMMAND = /^\s*\/(?:\?|[A-Za-z][\w:.-]*)(?=\s|$)/;

const inputs: Readonly<Record<string, PromptInput>> = {
  claude: {
    editor: ['C-g'],
    trims: 'end',
    misreads: [
      { match: SLASH_COMMAND, guard: BLANK_SIGN },
      { match: /^\s*(?:exit|quit|:q|:q!|:wq|:wq!)\s*$/, guard: BLANK_SIGN },
    ],
  },
  codex: {
    editor: ['C-g'],
    trims: 'both',
    // It takes the blank off again: the model gets the text as it is.
    misreads: [{ match: /^\s*[/!]/, guard: ' ' }],
    completes: { match: /(?:^|\s)[@$]\S*\s*$/, keys: ['Space'] },
  },
  gemini: {
    editor: ['C-g'],
    longestLine: 8_000,
    trims: 'both',
    misreads: [{ match: SLASH_COMMAND, guard: BLANK_SIGN }],
  },
  opencode: {
    editor: ['C-x', 'e'],
    trims: 'none',
    misreads: [{ match: SLASH_COMMAND, guard: BLANK_SIGN }],
    reserved: /^\s*(?:exit|quit|:q)\s*$/,
    completes: { match: /(?:^|\s)@\S*$/, keys: ['Escape'] },
  },
};

const others: PromptInput = { trims: 'none' };

/** What is known of a provider's input; the plainest where nothing is. */
export function promptInputOf(aiProvider: string): PromptInput {
  return inputs[aiProvider] ?? others;
}
