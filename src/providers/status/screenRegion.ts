// The part of a screen that a rule looks at: lines with their places.
import type { Condition, Region, Rule } from './screenRules.ts';

export interface Line {
  readonly text: string;
  /** Index from the top of the screen. */
  readonly at: number;
}

export type Regions = Readonly<Record<string, Region>>;

/** The lines of a region, top to bottom. A region whose pattern is not on the screen has none. */
export function linesOf(all: readonly Line[], region: Rule['region'], regions: Regions): readonly Line[] {
  const wanted = typeof region === 'string' ? regions[region] : region;
  if (wanted === undefined) return [];
  let lines = all;
  if (wanted.before !== undefined) {
    const end = lastMatch(lines, wanted.before);
    lines = end === -1 ? [] : lines.slice(0, end);
  }
  if (wanted.last !== undefined) lines = lastLines(lines, wanted.last);
  if (wanted.from !== undefined) {
    const start = lastMatch(lines, wanted.from);
    lines = start === -1 ? [] : lines.slice(start);
  }
  if (wanted.after !== undefined) {
    const start = lastMatch(lines, wanted.after);
    lines = start === -1 ? [] : lines.slice(start + 1);
  }
  if (wanted.until !== undefined) {
    const { until } = wanted;
    const end = lines.findIndex((line) => until.test(line.text));
    if (end !== -1) lines = lines.slice(0, end);
  }
  return lines;
}

/** Characters of a line that patterns see: more than any terminal has columns. Some patterns take the square of it. */
export const LONGEST_LINE = 2_000;

export function numbered(lines: readonly string[]): readonly Line[] {
  return lines.map((text, at) => ({ text: text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) : text, at }));
}

export function lastMatch(lines: readonly Line[], pattern: RegExp): number {
  for (let index = lines.length - 1; index >= 0; index -= 1) if (pattern.test(lines[index]?.text ?? '')) return index;
  return -1;
}

/** The lowest line of its region that a condition matches. */
export function findLine(condition: Condition, own: readonly Line[], all: readonly Line[], regions: Regions): Line | undefined {
  const [pattern, lines] = condition instanceof RegExp ? [condition, own] : [condition.match, linesOf(all, condition.in, regions)];
  return lines[lastMatch(lines, pattern)];
}

/** From the one with which the wanted number of lines that are not blank is reached, to the end. */
function lastLines(lines: readonly Line[], wanted: number): readonly Line[] {
  let seen = 0;
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    if (lines[index]?.text.trim() !== '') seen += 1;
    if (seen === wanted) return lines.slice(index);
  }
  return lines;
}
