// Patterns of a PolicySpec: a name alone means every use of the program; with words, an allowlist takes them exactly and a denylist finds them anywhere.
import { posix } from 'node:path';
import { isLong } from '../dangers.ts';
import { matchesPattern, matchesWord, parsePattern } from '../commandPattern.ts';
import type { Run } from './runs.ts';
import { bareWords, subcommandPlaces } from './subcommand.ts';
import { MOVED_ONTO_NOTHING, SHORT_OPTIONS, spellingsOf } from './spellings.ts';
import { movedTo } from './writtenWords.ts';

/** Folders whose programs are what their names say. */
const SYSTEM = /^(?:\/usr)?\/s?bin\/(?=[^/]+$)/;

/** Whether an allowlist that holds this pattern allows the command: by a name alone, or by all of its words. In doubt it does not. */
export function allows(pattern: string, { command }: Run): boolean {
  const [name, ...rest] = command.words;
  if (name?.plain !== true) return false;
  const called = name.text.replace(SYSTEM, '');
  const parsed = parsePattern(pattern);
  const [program = ''] = parsed.words;
  if (parsed.words.length === 1) return matchesWord(program, called) && !(program.includes('*') && called.includes('/'));
  return matchesPattern(parsed, { ...command, words: [{ ...name, text: called }, ...rest] });
}

export type Denial = 'yes' | 'maybe' | 'no';

/** Whether a denylist that holds this pattern denies the command, under any spelling of it; `maybe` where words that are not certain may be it. */
export function denies(pattern: string, run: Run): Denial {
  const found = spellingsOf(pattern).map((spelling) => deniesSpelling(spelling, run));
  return found.includes('yes') ? 'yes' : found.includes('maybe') ? 'maybe' : 'no';
}

/** Whether the text names a program that the pattern denies: for what cannot be read otherwise. */
export function names(pattern: string, text: string): boolean {
  const bare = text.replace(/[\\'"]/g, '').toLowerCase();
  return spellingsOf(pattern).some((spelling) => {
    const [program = '', ...words] = spelling.toLowerCase().trim().split(/\s+/);
    if (program.replaceAll('*', '') === '') return true;
    const needed = [program, ...words.filter((word) => word !== '*' && !word.startsWith('-'))];
    return needed.every((word) => new RegExp(`(?<![\\w-])${word.split('*').map(escaped).join('[\\w.-]*')}(?![\\w-])`).test(bare));
  });
}

function deniesSpelling(pattern: string, run: Run): Denial {
  const { program, args, command, open } = run;
  if (pattern === MOVED_ONTO_NOTHING) return movesOntoNothing(run);
  const [name = '', ...words] = pattern.trim().split(/\s+/);
  if (program === '' || !(matchesWord(posix.basename(name).toLowerCase(), program.toLowerCase()) || matchesWord(name, command.words[0]?.text ?? ''))) return 'no';
  const wanted = words.length === 1 && words[0] === '*' ? [] : words;
  if (hasAll(wanted, args)) return 'yes';
  return wanted.length > 0 && (open || command.words.slice(1).some(({ plain }) => !plain)) ? 'maybe' : 'no';
}

/** Only where it moves to matters: what it moves may be any pattern. */
function movesOntoNothing({ program, command, open }: Run): Denial {
  if (program.toLowerCase() !== 'mv') return 'no';
  const to = movedTo(command);
  if (to === undefined) return open ? 'maybe' : 'no';
  if (posix.normalize(to.path) === '/dev/null') return 'yes';
  return (open && !to.isFolder) || /[$`]/.test(to.path) || (!to.plain && /^[/~]|\.\./.test(to.path)) ? 'maybe' : 'no';
}

/** Options in any order, spelling and company; the first other word where the subcommand stands, the rest in their order, whatever is between. */
function hasAll(words: readonly string[], args: readonly string[]): boolean {
  const options = words.filter((word) => word.startsWith('-'));
  const [first, ...rest] = words.filter((word) => !word.startsWith('-'));
  if (!options.every((option) => hasOption(option, args))) return false;
  if (first === undefined) return true;
  const bare = bareWords(args);
  const starts = first === '*' ? bare.map((_, index) => index - 1) : [...subcommandPlaces(args), ...args.flatMap((arg, index) => (arg === '--' && index < 3 ? [bare.indexOf(args[index + 1] ?? '')] : []))];
  return starts.some((start) => (first === '*' || matchesWord(first, bare[start] ?? '')) && inOrder(rest, bare.slice(start + 1)));
}

function inOrder(wanted: readonly string[], words: readonly string[]): boolean {
  let from = 0;
  for (const word of wanted) {
    if (word === '*') continue;
    const found = words.findIndex((other, index) => index >= from && matchesWord(word, other));
    if (found === -1) return false;
    from = found + 1;
  }
  return true;
}

function hasOption(option: string, args: readonly string[]): boolean {
  const letters = /^-[A-Za-z0-9]+$/.exec(option) === null ? undefined : [...option.slice(1)];
  if (letters === undefined) {
    const short = SHORT_OPTIONS.get(option);
    return args.some((arg) => matchesWord(option, arg) || (option.startsWith('--') && !option.includes('*') && arg.startsWith('--') && isLong(arg, option)) || (short !== undefined && hasLetter(short, arg)));
  }
  // `-chdir` is one word in Terraform, and letters elsewhere: either way it is found.
  return args.includes(option) || letters.every((letter) => args.some((arg) => hasLetter(letter, arg) || longOf(letter, arg)));
}

function hasLetter(letter: string, arg: string): boolean {
  if (!/^-[A-Za-z0-9]+/.test(arg)) return false;
  return arg.includes(letter) || (letter === 'r' && arg.includes('R'));
}

function longOf(letter: string, arg: string): boolean {
  return arg.startsWith('--') && [...SHORT_OPTIONS].some(([long, short]) => short === letter.toLowerCase() && isLong(arg, long));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
