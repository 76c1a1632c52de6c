// Finds the line that a person types into, and what stands in it already.
import { lastMatch, linesOf, numbered, type Line } from './screenRegion.ts';
import type { InputRule, RuleSet } from './screenRules.ts';
import { withPatternsWatched } from './patternWatch.ts';
import { matchScreen } from './screenMatch.ts';
import type { InputLine, LineStyles, Screen } from './screenTypes.ts';

const none: InputLine = { found: false, draft: '', empty: false };

/** A screen that waits for an answer has no input line, whatever it looks like. Faint text is a placeholder, where the capture had escapes; else the rule's own patterns say what is one. */
export function inputLine(rules: RuleSet, screen: Screen): InputLine {
  return withPatternsWatched(rules.onRunaway, () => foundInput(rules, screen)) ?? none;
}

function foundInput(rules: RuleSet, screen: Screen): InputLine {
  if (matchScreen(rules, screen)?.claim.state === 'waiting') return none;
  const all = numbered(screen.lines);
  for (const { rule, regions } of rules.input) {
    if (screen.version !== undefined && rule.versions !== undefined && !rule.versions(screen.version)) continue;
    const lines = linesOf(all, rule.region, regions);
    const start = rule.first ? lines.findIndex(({ text }) => rule.line.test(text)) : lastMatch(lines, rule.line);
    if (start === -1 || rule.not.some((pattern) => lastMatch(lines, pattern) !== -1) || (rule.below !== undefined && lastMatch(lines.slice(start + 1), rule.below) === -1)) continue;
    const draft = draftOf(rule, lines.slice(start), screen.styles).join('\n').replace(/^(?:[\u00a0 ]*\n)+|[\u00a0\u200b\s]+$/gu, '');
    const typed = rule.placeholder.some((pattern) => pattern.test(draft.trim())) ? '' : draft;
    return { found: true, draft: typed, empty: typed.trim() === '' };
  }
  return none;
}

function draftOf(rule: InputRule, [first, ...rest]: readonly Line[], styles: readonly LineStyles[] | undefined): string[] {
  const draft = first === undefined ? [] : [typedPart(rule.line, first, styles)];
  for (const line of rest) {
    if (rule.more === undefined || !rule.more.test(line.text)) break;
    draft.push(typedPart(rule.more, line, styles));
  }
  return draft;
}

/** The group `draft` of a line, without what is drawn faint; nor the cursor's cell before it, which is drawn reversed. */
function typedPart(pattern: RegExp, { text, at }: Line, styles: readonly LineStyles[] | undefined): string {
  const draft = pattern.exec(text)?.groups?.['draft'] ?? '';
  const offset = text.endsWith(draft) ? text.length - draft.length : text.indexOf(draft);
  const { faint = [], marked = [] } = styles?.[at] ?? {};
  const isFaint = (place: number): boolean => faint.some(([from, to]) => place >= from && place < to);
  const isCursor = (place: number): boolean => isFaint(place + 1) && marked.some(([from, to, background]) => from === place && to === place + 1 && background.startsWith('reversed'));
  return [...draft].length === 0 ? '' : [...Array(draft.length).keys()].filter((index) => !isFaint(offset + index) && !isCursor(offset + index)).map((index) => draft[index] ?? '').join('').trimEnd();
}
