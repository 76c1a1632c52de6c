// Finds what a screen or a title says, by a provider's rules. Pure: no match is no evidence of anything.
import { createHash } from 'node:crypto';
import type { ApprovalRequest, StatusClaim } from '../../protocol/agentStatus.ts';
import { evidenceOf } from './observation.ts';
import { withPatternsWatched } from './patternWatch.ts';
import { dialogLines, readDialog } from './screenDialog.ts';
import { findLine, linesOf, LONGEST_LINE, numbered, type Line, type Regions } from './screenRegion.ts';
import type { Rule, RuleSet, Take, TitleRule } from './screenRules.ts';
import type { Dialog, Screen, ScreenMatch } from './screenTypes.ts';

export type { Dialog, DialogAnswers, DialogOption, InputLine, Screen, ScreenMatch } from './screenTypes.ts';

const MAX_TEXT = 2000;

/** The lines of a region of the screen at hand. */
type LinesIn = (region: Rule['region']) => readonly Line[];

/** The first rule, by priority, that matches the screen. */
export function matchScreen(rules: RuleSet, screen: Screen): ScreenMatch | undefined {
  return withPatternsWatched(rules.onRunaway, () => firstMatch(rules, screen));
}

function firstMatch(rules: RuleSet, screen: Screen): ScreenMatch | undefined {
  const all = numbered(screen.lines);
  for (const { rule, regions } of rules.rules) {
    if (!inVersions(rule, screen.version) || (rule.untitled && screen.title !== undefined)) continue;
    const own = linesOf(all, rule.region, regions);
    const seen = evidenceLine(rule, own, all, regions);
    if (seen !== undefined) return matchOf(rules.provider, rule, own, seen, screen, (region) => linesOf(all, region, regions));
  }
  return undefined;
}

/** Two screens with the same key say the same thing: the same rule of the same dialog or request. Empty where no rule matches. */
export function screenKey(match: ScreenMatch | undefined): string {
  return match === undefined ? '' : [match.claim.state, match.rule, match.dialog?.fingerprint ?? match.request?.id ?? ''].join('\0');
}

/** What the title alone says, by the rules for titles. */
export function matchTitle(rules: RuleSet, title: string, version?: string): ScreenMatch | undefined {
  const text = title.trim().slice(0, LONGEST_LINE);
  const rule = withPatternsWatched(rules.onRunaway, () => rules.titles.find((candidate) => inVersions(candidate, version) && candidate.match.test(text)));
  if (rule === undefined) return undefined;
  return { claim: claimOf(rule, ''), rule: `${rules.provider}/title-${rule.id}`, line: -1, evidence: evidenceOf(text) };
}

function inVersions(rule: Rule | TitleRule, version: string | undefined): boolean {
  return version === undefined || rule.versions === undefined || rule.versions(version);
}

/** The line that proves the rule, or undefined when it does not match. */
function evidenceLine(rule: Rule, own: readonly Line[], all: readonly Line[], regions: Regions): Line | undefined {
  if (own.length === 0) return undefined;
  const every = rule.all.map((condition) => findLine(condition, own, all, regions));
  if (every.some((line) => line === undefined)) return undefined;
  const some = rule.any.map((condition) => findLine(condition, own, all, regions)).find((line) => line !== undefined);
  if (rule.any.length > 0 && some === undefined) return undefined;
  if (rule.not.some((condition) => findLine(condition, own, all, regions) !== undefined)) return undefined;
  return every[0] ?? some;
}

function matchOf(provider: string, rule: Rule, own: readonly Line[], seen: Line, screen: Screen, linesIn: LinesIn): ScreenMatch {
  const scope = rule.dialog === undefined ? own : dialogLines(rule.dialog, own);
  const text = taken(rule.text, scope, linesIn) ?? seen.text;
  const dialog = rule.dialog === undefined ? undefined : readDialog(rule.dialog, scope, screen.styles);
  const request = rule.kind === 'permission' ? requestOf(rule, scope, own, dialog, linesIn) : undefined;
  return {
    claim: claimOf(rule, withSubject(oneLine(text), request)),
    rule: `${provider}/${rule.id}`,
    line: seen.at,
    evidence: evidenceOf(seen.text),
    ...(request === undefined ? {} : { request }),
    ...(dialog === undefined ? {} : { dialog }),
  };
}

function claimOf(rule: Pick<Rule, 'state' | 'kind'>, text: string): StatusClaim {
  switch (rule.state) {
    case 'waiting':
      return { state: 'waiting', kind: rule.kind ?? 'other', text };
    case 'error':
      return { state: 'error', message: text };
    case 'starting':
    case 'working':
    case 'idle':
      return { state: rule.state };
  }
}

/**
 * The id is made of the dialog, so that the same request keeps it while the selection moves. A screen on which the dialog could
 * begin in two places tells neither command nor path: a command that shows the first lines of another dialog must not hide behind it.
 */
function requestOf(rule: Rule, scope: readonly Line[], own: readonly Line[], dialog: Dialog | undefined, linesIn: LinesIn): ApprovalRequest {
  const from = rule.dialog?.from;
  const isClear = from === undefined || rule.dialog?.anchored === true || own.filter(({ text }) => from.test(text)).length < 2;
  const tool = taken(rule.request?.tool, scope, linesIn);
  const command = isClear ? taken(rule.request?.command, scope, linesIn) : undefined;
  const path = isClear ? taken(rule.request?.path, scope, linesIn) : undefined;
  const id = dialog?.fingerprint ?? createHash('sha256').update(JSON.stringify([rule.id, tool, command, path])).digest('hex').slice(0, 16);
  return { id: `screen-${id}`, ...(tool === undefined ? {} : { tool }), ...(command === undefined ? {} : { command }), ...(path === undefined ? {} : { path }) };
}

function taken(takes: readonly Take[] | undefined, lines: readonly Line[], linesIn: LinesIn): string | undefined {
  for (const take of takes ?? []) {
    const text = takeOne(take, lines, linesIn)?.slice(0, MAX_TEXT).trim();
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}

function takeOne(take: Take, lines: readonly Line[], linesIn: LinesIn): string | undefined {
  if (take instanceof RegExp) {
    for (const { text } of lines) {
      const found = take.exec(text);
      if (found !== null) return found[1] ?? found[0];
    }
    return undefined;
  }
  if ('is' in take) return take.is;
  if ('match' in take) return takeOne(take.match, linesIn(take.in), linesIn);
  const start = lines.findIndex(({ text }) => take.after.test(text));
  if (start === -1) return undefined;
  const below = lines.slice(start + 1);
  const { until, skip, strip } = take;
  const end = until === undefined ? -1 : below.findIndex(({ text }) => until.test(text));
  const between = (end === -1 ? below : below.slice(0, end)).map(({ text }) => text).filter((text) => !(skip?.test(text) ?? false));
  return between.map((text) => (strip === undefined ? text : text.replace(new RegExp(strip.source, 'gu'), '')).trim()).filter((text) => text !== '').join(take.join);
}

/** "Do you want to proceed?" alone says nothing: what it is about is added. */
function withSubject(text: string, request: ApprovalRequest | undefined): string {
  const subject = oneLine(request?.command ?? request?.path ?? '');
  return subject === '' || text.includes(subject) ? text : `${text} ${subject}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}
