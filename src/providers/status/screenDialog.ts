// Reads a dialog: its options, which one is selected, and the keys that give each answer. Whatever is in doubt has no keys.
import { createHash } from 'node:crypto';
import { lastMatch, type Line } from './screenRegion.ts';
import type { Choice, DialogRule } from './screenRules.ts';
import type { Dialog, DialogAnswers, DialogOption, LineStyles, MarkedRange } from './screenTypes.ts';

/** A numbered line of a list, with or without a selection marker and a frame. */
const LIST_OPTION = /^[\s│┃|]*(?<marker>[❯›●▸►→>]\s*)?(?<key>\d{1,2})[.)]\s+(?<label>\S.*?)[\s│┃█|]*$/u;
const FRAME_AND_SPINNERS = /[\s\u2500-\u259f\u2800-\u28ff❯›●○◉▸►→◐◑◒◓✳✻✽✶✢·∗*>]+/gu;

interface FoundOption extends DialogOption {
  readonly at: number;
}

/** From where the dialog begins, as far as it is on the screen. */
export function dialogLines(rule: DialogRule, region: readonly Line[]): readonly Line[] {
  return rule.from === undefined ? region : region.slice(Math.max(0, lastMatch(region, rule.from)));
}

export function readDialog(rule: DialogRule, lines: readonly Line[], styles: readonly LineStyles[] | undefined): Dialog {
  const options = rule.layout === 'row' ? rowOptions(rule, lines, styles) : listOptions(rule, lines);
  const last = options.at(-1)?.at ?? lines.at(-1)?.at ?? -1;
  return {
    fingerprint: fingerprintOf(lines.filter((line) => line.at <= last && !(rule.ignore?.test(line.text) ?? false))),
    options: options.map(({ at: _, ...option }) => option),
    answers: answersOf(rule, options),
  };
}

/** The last list that counts up from 1 without a gap: text above it that looks like options is not part of it. */
function listOptions(rule: DialogRule, lines: readonly Line[]): readonly FoundOption[] {
  let run: FoundOption[] = [];
  let marked = false;
  for (const { text, at } of lines) {
    const groups = (rule.option ?? LIST_OPTION).exec(text)?.groups;
    if (groups === undefined) continue;
    const { marker, key, label = '' } = groups;
    if (key === '1' || (run.length === 0 && key === undefined)) {
      run = [];
      marked = false;
    } else if (key !== undefined && key !== String(run.length + 1)) {
      // A gap: no list that could be answered by its numbers.
      return [];
    }
    const selected = (marker ?? '').trim() !== '';
    if (selected && marked) return [];
    marked ||= selected;
    run.push({ label: label.trim(), ...(key === undefined ? {} : { key }), selected, at });
  }
  return run;
}

/** Options side by side, two blanks or more between them; which one is selected only its colours tell. */
function rowOptions(rule: DialogRule, lines: readonly Line[], styles: readonly LineStyles[] | undefined): readonly FoundOption[] {
  const line = rule.option === undefined ? undefined : lines[lastMatch(lines, rule.option)];
  const row = rule.option?.exec(line?.text ?? '')?.groups?.['row'];
  if (line === undefined || row === undefined) return [];
  const offset = line.text.indexOf(row);
  const found = [...row.matchAll(/\S+(?: \S+)*/gu)].map((match) => ({ label: match[0], from: offset + match.index, to: offset + match.index + match[0].length }));
  const marked = styles?.[line.at]?.marked ?? [];
  const backgrounds = found.map(({ from, to }) => marked.find(([start, end]) => start <= from && end >= to)?.[2] ?? '');
  // The one that stands on another background than the row itself.
  const usual = rowBackground(marked, line.text.length);
  const chosen = backgrounds.filter((background) => background !== usual);
  const known = styles !== undefined && chosen.length === 1;
  return found.map(({ label }, index) => ({ label, selected: known ? backgrounds[index] !== usual : undefined, at: line.at }));
}

/** The background that takes most of a line's columns. */
function rowBackground(marked: readonly MarkedRange[], width: number): string {
  const columns = new Map<string, number>([['', width]]);
  for (const [from, to, background] of marked) {
    columns.set(background, (columns.get(background) ?? 0) + to - from);
    columns.set('', (columns.get('') ?? 0) - (to - from));
  }
  return [...columns].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function answersOf(rule: DialogRule, options: readonly FoundOption[]): DialogAnswers {
  const keysOf = (choice: Choice | undefined): readonly string[] | undefined => {
    if (choice === undefined) return undefined;
    if ('keys' in choice) return choice.keys;
    const index = options.findIndex((option) => choice.option.test(option.label));
    return index === -1 ? undefined : keysTo(rule, options, index);
  };
  const { approve, deny, always } = rule.answers;
  const answers = { approve: keysOf(approve), deny: keysOf(deny), always: keysOf(always), choose: options.length === 0 ? undefined : options.map((_, index) => keysTo(rule, options, index)) };
  return Object.fromEntries(Object.entries(answers).filter(([, keys]) => keys !== undefined));
}

function keysTo(rule: DialogRule, options: readonly FoundOption[], wanted: number): readonly string[] | undefined {
  const key = options[wanted]?.key;
  if (rule.select !== 'arrows' && key !== undefined) return key.length !== 1 ? undefined : rule.select === 'digits' ? [key] : [key, 'Enter'];
  const selected = options.findIndex((option) => option.selected === true);
  if (selected === -1) return undefined;
  const [forward, back] = rule.layout === 'row' ? ['Right', 'Left'] : ['Down', 'Up'];
  const steps = Array.from({ length: Math.abs(wanted - selected) }, () => (wanted > selected ? forward : back));
  return [...steps, 'Enter'];
}

/** Without frames, blanks, markers, spinners and running times: the same for the same dialog at any width. */
function fingerprintOf(lines: readonly Line[]): string {
  const text = lines.map((line) => line.text.replace(/\b\d+(?:\.\d+)?s\b/gu, '').replace(FRAME_AND_SPINNERS, '')).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
