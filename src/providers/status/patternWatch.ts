// Keeps a person's own patterns from holding the process: they run under a deadline, and the one that misses it is named and put out of use.
import { createContext, Script, type Context } from 'node:vm';

/** Milliseconds for all that one look at a screen does with patterns, which otherwise takes a few: also on a machine that is busy with others. */
const LOOK_MS = 1_000;
/** Milliseconds in which a pattern must be through with the lines that it is tried on, and once more where it was not: the machine may have been busy with others. */
const TRY_MS = [250, 1_000];
/** Characters of the lines that each pattern is tried on before it is used: a pattern that backtracks exponentially does not come to their end. */
const TRIED = 400;
/** What hardly any pattern takes for the end of a line. */
const ENDS = ['\u0001', '  \u0001', 'a-0'];

/** A pattern of a file of the user's own, which knows where it stands. */
class OwnPattern extends RegExp {
  /** The file's path. */
  readonly file: string;
  /** As errors name it: `rules[0].all[1]`. */
  readonly key: string;
  /** It matches nothing any more: whoever still looks by its rules is not held again. */
  isOut = false;

  constructor(pattern: RegExp, file: string, key: string) {
    super(pattern.source, pattern.flags);
    this.file = file;
    this.key = key;
  }

  override exec(text: string): RegExpExecArray | null {
    if (this.isOut) return null;
    begun.use = { pattern: this, text };
    return super.exec(text);
  }
}

interface Use {
  readonly pattern: OwnPattern;
  readonly text: string;
}

/** The pattern that was begun last, and the line: where a look is cut off, it is the one that takes so long. */
const begun: { use: Use | undefined } = { use: undefined };
let place: { readonly script: Script; readonly context: Context } | undefined;
let isWatched = false;

/** A pattern that does not come to an end. */
export interface Runaway {
  readonly file: string;
  readonly key: string;
}

/** Told of a pattern of a file that is in use, once; the looks of before go without what they were about. */
export type OnRunaway = (runaway: Runaway) => void;

/** The file's content with patterns that can be watched in the place of its own; `path` names it. */
export function watchedPatterns<T>(content: T, path: string, key = ''): T {
  const copy = (value: unknown, at: string): unknown => {
    if (value instanceof RegExp) return new OwnPattern(value, path, at);
    if (Array.isArray(value)) return value.map((one, index) => copy(one, `${at}[${index}]`));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, copy(one, at === '' ? name : `${at}.${name}`)]));
  };
  return copy(content, key) as T;
}

/** The patterns in `content` that cannot be used, found by trying each on lines that make bad ones backtrack. */
export function runaways(content: unknown): readonly Runaway[] {
  if (content instanceof OwnPattern) {
    const { file, key } = content;
    return isEndless(content, trials(content.source)) ? [{ file, key }] : [];
  }
  return typeof content === 'object' && content !== null ? Object.values(content).flatMap(runaways) : [];
}

/** What `work` gives; undefined where one of the person's patterns takes too long, which is told. Without `onRunaway` there are none, and it costs nothing. */
export function withPatternsWatched<T>(onRunaway: OnRunaway | undefined, work: () => T): T | undefined {
  if (onRunaway === undefined || isWatched) return work();
  begun.use = undefined;
  isWatched = true;
  try {
    const result = within(LOOK_MS, work);
    if (result === undefined) blame(begun.use, onRunaway);
    return result?.value;
  } finally {
    isWatched = false;
  }
}

function blame(use: Use | undefined, onRunaway: OnRunaway): void {
  if (use === undefined || !isEndless(use.pattern, [use.text])) return;
  use.pattern.isOut = true;
  onRunaway({ file: use.pattern.file, key: use.pattern.key });
}

function isEndless(pattern: OwnPattern, lines: readonly string[]): boolean {
  return TRY_MS.every((timeoutMs) => within(timeoutMs, () => lines.forEach((line) => pattern.test(line))) === undefined);
}

/** Undefined when the time is over: V8 stops even a regular expression then, which nothing else can. */
function within<T>(timeoutMs: number, work: () => T): { readonly value: T } | undefined {
  place ??= { script: new Script('work()'), context: createContext({}) };
  let result: { readonly value: T } | undefined;
  place.context['work'] = (): void => {
    result = { value: work() };
  };
  try {
    place.script.runInContext(place.context, { timeout: timeoutMs });
    return result;
  } catch (error) {
    // An error of that other context: no instance of our Error.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  } finally {
    place.context['work'] = undefined;
  }
}

/** Lines of one or two characters over and over, behind the words that the pattern begins with, and at the end something that nothing expects. */
function trials(source: string): readonly string[] {
  const start = /^\^?((?:[^\\^$.*+?()[\]{}|]|\\[^\p{L}\d])*)/u.exec(source)?.[1]?.replace(/\\(.)/gu, '$1') ?? '';
  const own = [...new Set(source.replace(/\\[\p{L}\d]|[\\^$*+?()[\]{}|]/gu, ''))].slice(0, 12);
  const alone = [...new Set(['a', '0', ' ', '-', ...own])];
  const pairs = own.slice(0, 6).flatMap((one) => own.slice(0, 6).flatMap((other) => (one === other ? [] : [`${one}${other}`])));
  const long = [...alone, ...pairs].map((piece) => piece.repeat(Math.ceil(TRIED / piece.length)));
  return long.flatMap((text) => [...new Set(['', start])].flatMap((before) => ENDS.map((end) => `${before}${text}${end}`)));
}
