// A command as one text, split into its words: at blanks outside quotes. No shell ever sees it, so nothing else in it means anything.
import { AgentsError } from '../../../base/errors.ts';

/** `'...'` is taken as it is; in `"..."` and outside, a backslash takes the next character as it is (in `"..."` only `"` and `\`). Throws `bad-input` for a quote without an end. */
export function commandWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const { content, end } = quoted(text, at);
      word = (word ?? '') + content;
      at = end;
    } else if (char === '\\' && at + 1 < text.length) {
      word = (word ?? '') + text.charAt(++at);
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What stands between the quote at `from` and its other one. */
function quoted(text: string, from: number): { readonly content: string; readonly end: number } {
  const quote = text.charAt(from);
  let content = '';
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) return { content, end: at };
    const next = text.charAt(at + 1);
    if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
      content += next;
      at++;
    } else {
      content += char;
    }
  }
  throw new AgentsError('bad-input', `The command has a ${quote} without its other one.`, { hint: 'Give the command as a list of words.' });
}
