// Comments on an agent's work as one prompt: each with its file, lines, what stands there, and what the person says. Pure.
import { excerpt } from '../prompts/contextText.ts';

export interface Comment {
  /** Relative to the agent's folder. */
  readonly path: string;
  /** From 1; undefined for the file as a whole. */
  readonly lines: readonly [first: number, last: number] | undefined;
  /** VS Code's language id. */
  readonly language: string;
  /** What stands in those lines now. */
  readonly code: string;
  readonly text: string;
}

/** In the order of the files and lines. */
export function commentsPrompt(comments: readonly Comment[]): string {
  const sorted = comments.toSorted((a, b) => (a.path === b.path ? (a.lines?.[0] ?? 0) - (b.lines?.[0] ?? 0) : a.path < b.path ? -1 : 1));
  const parts = sorted.map(({ path, lines, language, code, text }, index) => {
    const number = sorted.length === 1 ? '' : `${index + 1}. `;
    const place = code === '' ? `${number}\`${path}\`:` : `${number}${excerpt({ path, ...(lines === undefined ? {} : { lines }), language, text: code })}`;
    return `${place}\n${text.trim()}`;
  });
  const opening = sorted.length === 1 ? 'A comment on your changes. Please address it:' : `${sorted.length} comments on your changes. Please address each:`;
  return `${opening}\n\n${parts.join('\n\n')}`;
}
