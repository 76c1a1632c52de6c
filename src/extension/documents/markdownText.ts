// Text of programs, agents and paths inside a report in Markdown: shown as it is.
import { oneLine } from '../shownText.ts';

/** Text within a paragraph. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/&(?=[#\w])/g, '&amp;');
}

/** One cell of a table. */
export function cell(text: string, length = 200): string {
  return escapeMarkdown(oneLine(text, length));
}

/** A table; the cells are Markdown already. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
