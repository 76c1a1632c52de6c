// Patterns of commands, matched word by word on what the shell's grammar says: never on the text of a line.
import type { ShellCommand } from './shellReading.ts';

/** The words of a pattern; see `CommandPattern` in the protocol. */
export interface ParsedPattern {
  readonly text: string;
  readonly words: readonly string[];
  /** Any further words may follow. */
  readonly open: boolean;
}

export function parsePattern(text: string): ParsedPattern {
  const words = text.trim().split(/\s+/);
  const open = words.length > 1 && words.at(-1) === '*';
  return { text: words.join(' '), words: open ? words.slice(0, -1) : words, open };
}

/** True without any `*`: it names one command exactly. */
export function isExact(pattern: ParsedPattern): boolean {
  return !pattern.open && pattern.words.every((word) => !word.includes('*'));
}

/** Every word must be certain, and match; nothing but the words is looked at. */
export function matchesPattern(pattern: ParsedPattern, command: ShellCommand): boolean {
  const { words } = command;
  if (words.length < pattern.words.length || (words.length > pattern.words.length && !pattern.open)) return false;
  return words.every(({ plain }) => plain) && pattern.words.every((expected, index) => matchesWord(expected, words[index]?.text ?? ''));
}

/** A `*` stands for any letters. */
export function matchesWord(pattern: string, word: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return word === pattern;
  if (!word.startsWith(first) || !word.endsWith(last) || word.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = word.indexOf(part, at);
    if (found === -1 || found + part.length > word.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
