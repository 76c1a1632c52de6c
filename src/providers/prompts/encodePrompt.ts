// From a prompt to what is put into one CLI's input line, so that its model gets the prompt and nothing else. Pure.
import { AgentsError } from '../../base/errors.ts';
import type { Words } from '../provider.ts';
import type { PromptInput } from './promptInput.ts';

/** `text` is for the model; `command` is for the CLI itself (`/compact`), as a person would type it. */
export type PromptKind = 'text' | 'command';

export interface EncodedPrompt {
  /** Put into the input line. */
  readonly text: string;
  /** Pressed before Enter. */
  readonly keys: Words;
  readonly by: 'editor' | 'paste';
}

/** The longest prompt that is taken, in UTF-8 bytes. */
export const LONGEST_PROMPT = 1_048_576;

/** Throws `bad-input` for what cannot reach the model: nothing, blanks only where the CLI takes them off, half characters, NUL. */
export function checkPrompt(input: PromptInput, text: string, kind: PromptKind = 'text'): void {
  if (text === '') throw new AgentsError('bad-input', 'The prompt is empty.');
  if (text.includes('\0')) throw new AgentsError('bad-input', 'The prompt holds a NUL character, which no terminal program takes.');
  if (/\p{Surrogate}/u.test(text)) throw new AgentsError('bad-input', 'The prompt holds half of a character (a lone surrogate), which cannot be sent as UTF-8.');
  if (Buffer.byteLength(text) > LONGEST_PROMPT) throw new AgentsError('bad-input', 'The prompt is longer than 1 MiB.', { hint: 'Put it into a file and name that in the prompt.' });
  if (input.trims !== 'none' && text.trim() === '') throw new AgentsError('bad-input', 'The prompt holds blanks only: the CLI would send nothing.');
  if (kind === 'text' && input.reserved?.test(text) === true) {
    throw new AgentsError('bad-input', `The CLI takes "${text.trim()}" alone for a command of its own.`, { hint: 'Say more than that word, or send it as a command.' });
  }
}

export function encodePrompt(input: PromptInput, text: string, kind: PromptKind = 'text'): EncodedPrompt {
  const guard = kind === 'command' ? '' : (input.misreads?.find(({ match }) => match.test(text))?.guard ?? '');
  // A backslash at the end makes a line break of Enter, an @word opens a list; behind a blank they are text.
  const end = kind === 'text' && input.trims !== 'none' && !/\s$/.test(text) ? ' ' : '';
  const keys = kind === 'text' && input.completes?.match.test(text) === true ? input.completes.keys : [];
  const long = input.longestLine !== undefined && text.length > input.longestLine && text.split(/[\r\n]/).some((line) => line.length > (input.longestLine ?? 0));
  return { text: `${guard}${text}${end}`, keys, by: input.editor !== undefined && !long ? 'editor' : 'paste' };
}
