// The format of a rule file: what a CLI's screen and title say, as data. docs/status-rules.md explains it to people.
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { WaitingKind } from '../../protocol/agentStatus.ts';
import { runaways, watchedPatterns, type OnRunaway, type Runaway } from './patternWatch.ts';
import { versionRange, type VersionRange } from './versionRange.ts';

/** A regular expression (with the flag `u`), tried on each line by itself. */
const Pattern = z.string().min(1).transform((text, context) => {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is no regular expression: ${error instanceof Error ? error.message : String(error)}` });
    return z.NEVER;
  }
});

const Versions = z.string().transform((text, context): VersionRange => {
  const range = versionRange(text);
  if (range !== undefined) return range;
  context.addIssue({ code: 'custom', message: `"${text}" is no range of versions, such as ">=2.1.0 <3"` });
  return z.NEVER;
});

/** A part of the screen. Cut in this order: `before`, `last`, `from` or `after`, `until`. A pattern that is not found makes the region empty. */
const Region = z.strictObject({
  /** The lines above the last one that matches. */
  before: Pattern.optional(),
  /** The last lines that are not blank, this many. */
  last: z.int().min(1).max(200).optional(),
  /** From the last line that matches, with it. */
  from: Pattern.optional(),
  /** What stands below the last line that matches. */
  after: Pattern.optional(),
  /** Up to the first line that matches, without it. */
  until: Pattern.optional(),
});
export type Region = z.infer<typeof Region>;

const RegionName = z.union([z.string().min(1), Region]);

const Condition = z.union([Pattern, z.strictObject({ match: Pattern, in: RegionName })]);

/** How a text is taken: the first group (or the whole) of a line that matches, the lines between two, a fixed word, or a line of another region. The first that yields something counts. */
const Take = z.union([
  Pattern,
  z.strictObject({ is: z.string() }),
  z.strictObject({ match: Pattern, in: RegionName }),
  z.strictObject({ after: Pattern, until: Pattern.optional(), skip: Pattern.optional(), strip: Pattern.optional(), join: z.enum(['\n', ' ', '']).default('\n') }),
]);
export type Take = z.infer<typeof Take>;
const Takes = z.union([Take.transform((take) => [take]), z.array(Take).min(1)]);

const Keys = z.array(z.string().regex(/^[A-Za-z0-9-]{1,12}$/, 'is no name of a key, such as "Escape" or "C-c"')).min(1);
const Choice = z.union([z.strictObject({ option: Pattern }), z.strictObject({ keys: Keys })]);
export type Choice = z.infer<typeof Choice>;

const DialogRule = z.strictObject({
  /** The dialog begins at the last line of the region that matches; without it, with the region. */
  from: Pattern.optional(),
  /** True where no text inside of the dialog can look like its first line: it is indented, or framed. */
  anchored: z.boolean().default(false),
  /** One line of a list (groups `marker`, `key`, `label`), or with `layout: row` the one line that holds all options. */
  option: Pattern.optional(),
  layout: z.enum(['list', 'row']).default('list'),
  /** `digits`: the key of an option chooses it at once. `lines`: its key is typed, then Enter. `arrows`: the selection is moved, then Enter. */
  select: z.enum(['digits', 'lines', 'arrows']).default('arrows'),
  /** Lines that come and go while the dialog stays: not part of its fingerprint. */
  ignore: Pattern.optional(),
  answers: z.strictObject({ approve: Choice.optional(), deny: Choice.optional(), always: Choice.optional() }).default({}),
});
export type DialogRule = z.infer<typeof DialogRule>;

const State = z.enum(['starting', 'working', 'waiting', 'idle', 'error']);

/** The order in which states are tried, the first that matches counts. A rule's own `priority` goes before. */
const PRIORITY = { waiting: 400, working: 300, error: 200, idle: 100, starting: 50 } as const;

const Rule = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'is made of small letters, digits and "-"'),
    state: State,
    kind: WaitingKind.optional(),
    region: RegionName.default({}),
    all: z.array(Condition).default([]),
    any: z.array(Condition).default([]),
    not: z.array(Condition).default([]),
    text: Takes.optional(),
    request: z.strictObject({ tool: Takes.optional(), command: Takes.optional(), path: Takes.optional() }).optional(),
    dialog: DialogRule.optional(),
    priority: z.int().min(0).max(1000).optional(),
    /** True: only where the terminal's title is not known, because a title tells it better. */
    untitled: z.boolean().default(false),
    versions: Versions.optional(),
  })
  .refine((rule) => rule.all.length + rule.any.length > 0, { path: ['all'], message: 'a rule needs something that must be seen: "all" or "any"' })
  .refine((rule) => rule.state === 'waiting' || rule.kind === undefined, { path: ['kind'], message: 'only "waiting" has a kind' })
  .transform((rule) => ({ ...rule, priority: rule.priority ?? PRIORITY[rule.state] }));
export type Rule = z.infer<typeof Rule>;

const TitleRule = z.strictObject({
  id: z.string().min(1),
  state: State,
  kind: WaitingKind.optional(),
  match: Pattern,
  versions: Versions.optional(),
});

const InputRule = z.strictObject({
  region: RegionName.default({}),
  /** The first line of the input, the last one of the region that matches; group `draft` holds what is typed. */
  line: Pattern,
  /** Takes the first line of the region that matches instead. */
  first: z.boolean().default(false),
  /** Further lines of it, with the group `draft` too; the first that does not match ends it. */
  more: Pattern.optional(),
  /** Must stand below it. */
  below: Pattern.optional(),
  /** None of these may be seen in the region. */
  not: z.array(Pattern).default([]),
  /** Texts that are no draft. */
  placeholder: z.array(Pattern).default([]),
  versions: Versions.optional(),
});
export type InputRule = z.infer<typeof InputRule>;

export const RuleFile = z
  .strictObject({
    $schema: z.string().optional(),
    provider: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    /** What the rules were made from, for people: versions seen, or that only documentation was at hand. */
    seen: z.string().optional(),
    /** `replace`: instead of the built-in rules; `extend`: before them. For files of the user's own. */
    mode: z.enum(['extend', 'replace']).default('extend'),
    regions: z.record(z.string(), Region).default({}),
    rules: z.array(Rule).default([]),
    titles: z.array(TitleRule).default([]),
    input: z.array(InputRule).default([]),
  })
  .superRefine((file, context) => {
    const check = (name: unknown, path: (string | number)[]): void => {
      if (typeof name !== 'string' || Object.hasOwn(file.regions, name)) return;
      context.addIssue({ code: 'custom', path, message: `there is no region "${name}" in "regions"` });
    };
    file.rules.forEach((rule, index) => {
      check(rule.region, ['rules', index, 'region']);
      for (const group of ['all', 'any', 'not'] as const) rule[group].forEach((condition, at) => condition instanceof RegExp || check(condition.in, ['rules', index, group, at, 'in']));
    });
    file.input.forEach((input, index) => check(input.region, ['input', index, 'region']));
    const ids = file.rules.map((rule) => rule.id);
    ids.forEach((id, index) => {
      if (ids.indexOf(id) !== index) context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: `there are two rules "${id}"` });
    });
  });
export type RuleFile = z.infer<typeof RuleFile>;
export type TitleRule = RuleFile['titles'][number];
export type Condition = Rule['all'][number];

/** The rules of one provider, ready to be matched: a user's own before the built-in ones, sorted by priority. */
export interface RuleSet {
  readonly provider: string;
  /** Where rules of the user's own are among them: told of a pattern that does not come to an end. */
  readonly onRunaway?: OnRunaway | undefined;
  readonly rules: readonly Scoped<Rule>[];
  readonly titles: readonly TitleRule[];
  readonly input: readonly Scoped<InputRule>[];
}

/** A rule, with the named regions of the file that it came from. */
export interface Scoped<T> {
  readonly rule: T;
  readonly regions: Readonly<Record<string, Region>>;
}

/** Reads the content of a rule file. Throws `bad-input` with the file's name and the key at fault. */
export function parseRuleFile(content: unknown, name: string): RuleFile {
  const parsed = RuleFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(clearest).slice(0, 3).map(({ path, message }) => `${keyPath(path)} ${lowered(message)}`);
  throw new AgentsError('bad-input', `The status rules in ${name} are not right: ${faults.join('; ')}.`, { hint: 'Correct the file; it is read again when it is saved. docs/status-rules.md has the format.' });
}

/** As `parseRuleFile`, of a file of the user's own: its patterns are tried first, and watched afterwards. */
export function parseOwnRuleFile(content: unknown, path: string): RuleFile {
  const file = watchedPatterns(parseRuleFile(content, path), path);
  const [runaway] = runaways(file);
  if (runaway !== undefined) throw runawayFault(runaway);
  return file;
}

export function runawayFault({ file, key }: Runaway): AgentsError {
  return new AgentsError('bad-input', `The status rules in ${file} are not right: the pattern "${key}" does not come to an end on some lines.`, {
    hint: 'Write it so that no repetition stands in another one, as in "(a+)+", and no two alternatives of one begin alike. The file is read again when it is saved.',
  });
}

/** Files of one provider, those that count first at the front. */
export function ruleSet(provider: string, files: readonly RuleFile[], onRunaway?: OnRunaway): RuleSet {
  const replaced = files.findIndex((file) => file.mode === 'replace');
  const counted = replaced === -1 ? files : files.slice(0, replaced + 1);
  const scoped = <T>(pick: (file: RuleFile) => readonly T[]): Scoped<T>[] => counted.flatMap((file) => pick(file).map((rule) => ({ rule, regions: file.regions })));
  return {
    provider,
    onRunaway,
    rules: scoped((file) => file.rules).sort((one, other) => other.rule.priority - one.rule.priority),
    titles: counted.flatMap((file) => file.titles),
    input: scoped((file) => file.input),
  };
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Of something that may be written in several ways: what is wrong with the way that fits best. */
function clearest(issue: z.core.$ZodIssue): Fault {
  if (issue.code !== 'invalid_union') return issue;
  const ways = issue.errors.flatMap((way) => way.map((inner) => clearest({ ...inner, path: [...issue.path, ...inner.path] })));
  const own = issue.errors.flatMap((way) => way.filter((inner) => inner.code === 'custom').map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  return own[0] ?? ways.find(({ path }) => path.length > issue.path.length) ?? issue;
}

function keyPath(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('').replace(/^\./, '');
  return text === '' ? 'the file' : `"${text}"`;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
