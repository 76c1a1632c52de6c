// Judges one use of a tool against a PolicySpec: deny before ask before allow; what cannot be read for certain passes no allowlist.
import { posix } from 'node:path';
import type { PolicySpec } from '../../../protocol/sessionConfig.ts';
import type { EventApprovalCategory } from '../../../protocol/runnerEvent.ts';
import { startingFolders, type PlaceFiles } from '../decide.ts';
import { absolutePath, isSink, isWithin, pathIn } from '../places.ts';
import type { ShellReader } from '../shellReading.ts';
import { categoriesOf, categoryNamed, graver, type CommandCategory } from './commandCategories.ts';
import { dependenciesOf, secretsOf } from './fileCategories.ts';
import { runsOf, type Run } from './runs.ts';
import { allows, denies, names } from './specPattern.ts';
import type { ToolUse } from './toolUse.ts';
import { writtenWords } from './writtenWords.ts';

export interface Judgement {
  readonly verdict: 'allow' | 'deny' | 'ask';
  readonly category: EventApprovalCategory;
  /** What decided: `denylist rm`, `allowlist`, `approval merge`, `network`, `workspace`. */
  readonly rule: string;
  /** A sentence, for the agent and for people. */
  readonly reason: string;
}

/** The files of the agent's place, and what else keeps it in. */
export interface JudgedPlace extends PlaceFiles {
  /** What a text file holds; undefined where that cannot be told. */
  readText?(path: string): Promise<string | undefined>;
  /** Folders that hold the gate itself: nobody is asked about them. */
  readonly gateFolders?: readonly string[];
  /** The agent's home, where it is known. */
  readonly home?: string;
  /** True where the place's own egress control keeps the network out: then the gate need not. */
  readonly controlsEgress?: boolean;
}

/** What is no command and no file of note: it changes nothing outside of the agent's own conversation. */
const ALLOWED: Judgement = { verdict: 'allow', category: 'shell', rule: 'nothing', reason: 'No rule speaks of it.' };
const UNREADABLE = '/unreadable';
/** Doubts about what is read all the same: they hide nothing from a denylist. */
const SEEN = /^it (?:defines a function|calculates|holds a test expression|asks at the terminal)$/;
/** Programs whose bare words are seldom files. */
const SAYS_WORDS: ReadonlySet<string> = new Set(['grep', 'egrep', 'fgrep', 'rg', 'ag', 'echo', 'printf', 'git', 'npm', 'pnpm', 'yarn', 'bun', 'make', 'test', '[', 'kubectl', 'docker', 'gh']);

/** Never throws: what cannot be judged is denied. */
export async function judgeTool(policy: PolicySpec, use: ToolUse, place: JudgedPlace, read: ShellReader): Promise<Judgement> {
  try {
    return await new Judge(policy, place, read).judge(use);
  } catch {
    return { verdict: 'deny', category: 'shell', rule: 'unreadable', reason: 'The policy could not judge it.' };
  }
}

class Judge {
  readonly #policy: PolicySpec;
  readonly #place: JudgedPlace;
  readonly #read: ShellReader;

  constructor(policy: PolicySpec, place: JudgedPlace, read: ShellReader) {
    this.#policy = policy;
    this.#place = place;
    this.#read = read;
  }

  async judge(use: ToolUse): Promise<Judgement> {
    const all = [use.command === undefined ? (use.kind === 'shell' ? unknownCommand() : undefined) : await this.#line(use.command, use.folder), ...(await Promise.all(use.paths.map((path) => this.#file(path, use)))), this.#tool(use)];
    return worst(all.filter((one) => one !== undefined)) ?? ALLOWED;
  }

  /** A tool that reaches the network by itself, or one of an MCP server, whose effect nobody knows. */
  #tool({ tool, kind }: ToolUse): Judgement | undefined {
    if (kind === 'network') return this.#about([{ category: 'network', reason: 'it reaches the network' }]);
    if (kind !== 'other' || tool === undefined || !/^mcp_|^mcp-|__/i.test(tool)) return undefined;
    const { shellAllowlist, shellDenylist, requiresApprovalFor } = this.#policy;
    const open = all(shellAllowlist) || shellAllowlist.length === 0;
    return open && shellDenylist.length === 0 && requiresApprovalFor.length === 0 ? undefined : { verdict: 'ask', category: 'shell', rule: 'unknown tool', reason: `What the tool ${tool} does is not known.` };
  }

  async #line(line: string, folder: string | undefined): Promise<Judgement> {
    const { shellAllowlist, shellDenylist } = this.#policy;
    if (all(shellDenylist)) return denied('denylist *', 'The policy denies every command.');
    const reading = this.#read(line);
    const { runs, doubts } = runsOf(reading, this.#read);
    for (const pattern of shellDenylist) {
      const hit = runs.find((run) => denies(pattern, run) === 'yes');
      if (hit !== undefined) return denied(`denylist ${pattern}`, `The policy denies "${pattern}": ${shown(hit)}.`);
    }
    const opaque = runs.find((run) => run.opaque !== undefined);
    const unclear = doubts.find((doubt) => !SEEN.test(doubt)) ?? opaque?.opaque;
    if (unclear !== undefined || doubts.length > 0) {
      const pattern = shellDenylist.find((one) => names(one, line));
      if (pattern !== undefined) return denied(`denylist ${pattern}`, `The policy denies "${pattern}", which is named where what runs is not certain: ${unclear ?? doubts[0] ?? ''}.`);
    }
    const judgements: (Judgement | undefined)[] = [];
    if (shellAllowlist.length > 0 && !all(shellAllowlist)) judgements.push(allowlisted(shellAllowlist, runs, doubts));
    const maybe = shellDenylist.find((pattern) => runs.some((run) => denies(pattern, run) === 'maybe'));
    if (maybe !== undefined) judgements.push(asked('shell', `denylist ${maybe}`, `Whether it is "${maybe}", which the policy denies, is not certain.`));
    if (unclear !== undefined && shellDenylist.length > 0) judgements.push(asked('shell', 'unreadable', `What it runs is not certain: ${unclear}.`));
    judgements.push(this.#about(runs.flatMap(categoriesOf)));
    if (unclear !== undefined) judgements.push(this.#hidden(line, runs, doubts.find((doubt) => !SEEN.test(doubt))));
    const folders = startingFolders({ commands: runs.map(({ command }) => command), doubts: [] }, folder === undefined ? this.#place.workspace : absolutePath(folder, this.#place.workspace));
    for (const run of runs) judgements.push(...(await this.#paths(run, [...new Set([this.#place.workspace, ...folders])])));
    return worst(judgements.filter((one) => one !== undefined)) ?? { ...ALLOWED, rule: shellAllowlist.length > 0 ? 'allowlist' : 'nothing', reason: 'The policy allows it.' };
  }

  /** What cannot be read may be about what needs an approval. */
  #hidden(line: string, runs: readonly Run[], doubt: string | undefined): Judgement | undefined {
    const wanted = this.#wanted();
    const known = new Set(runs.map(({ program }) => program));
    for (const category of wanted) {
      const program = categoryNamed(category, line, known);
      if (program !== undefined) return asked(category, `approval ${category}`, `It names ${program} where what runs is not certain.`);
    }
    return doubt === undefined || wanted.length === 0 ? undefined : asked('shell', 'unreadable', `What it runs is not certain: ${doubt}.`);
  }

  /** The words and redirections of one command that lead to files. */
  async #paths({ command, program }: Run, folders: readonly string[]): Promise<Judgement[]> {
    const found: Judgement[] = [];
    const words = command.words.slice(1).flatMap(({ text }) => (SAYS_WORDS.has(program) && !/[./~$]/.test(text) ? [] : [...new Set([text, pathIn(text) ?? text])]));
    for (const text of words) found.push(...(await this.#leadsTo(text, folders, false)));
    for (const text of writtenWords(program.toLowerCase(), command)) if (!isSink(text)) found.push(...(await this.#leadsTo(text, folders, true)));
    for (const { operator, target } of command.redirects) {
      if (target === undefined || (/&$/.test(operator) && /^(?:\d+|-)$/.test(target.text)) || isSink(target.text)) continue;
      found.push(...(await this.#leadsTo(target.text, folders, operator !== '<')));
    }
    // A link that leads out, made now, would make a path of the workspace of what is none.
    if ((program === 'ln' || program === 'mount') && found.length > 0) return found.map((one) => ({ ...one, reason: `${one.reason} (by a link)` }));
    return found;
  }

  async #leadsTo(path: string, folders: readonly string[], writes: boolean): Promise<Judgement[]> {
    const { workspace } = this.#place;
    if (path === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return [];
    const written = secretsOf(path, workspace);
    const found = [written === undefined ? undefined : this.#about([written])];
    for (const folder of folders) {
      const real = await this.#real(path, folder, writes);
      if (this.#isGate(real, path)) return [denied('gate', `${path} belongs to what keeps this policy.`)];
      const secret = secretsOf(real, workspace);
      if (secret !== undefined) found.push(this.#about([secret]));
      if (writes && !(await this.#isInside(real))) found.push(asked('shell', 'workspace', `${path} leads out of the workspace.`));
      if (writes) found.push(this.#manifest(real, undefined, undefined));
    }
    return found.filter((one) => one !== undefined);
  }

  /** A file that a tool names itself. */
  async #file(path: string, { kind, change, folder }: ToolUse): Promise<Judgement | undefined> {
    if (kind !== 'read' && kind !== 'write') return undefined;
    const writes = kind === 'write';
    const start = folder === undefined ? this.#place.workspace : absolutePath(folder, this.#place.workspace);
    const judgements = await this.#leadsTo(path, [start], false);
    const real = await this.#real(path, start, writes);
    if (writes && !(await this.#isInside(real))) judgements.push(asked('shell', 'workspace', `${path} leads out of the workspace.`));
    const manifest = writes ? this.#manifest(real, change, await this.#place.readText?.(real)) : undefined;
    return worst(manifest === undefined ? judgements : [...judgements, manifest]);
  }

  #manifest(path: string, change: ToolUse['change'], present: string | undefined): Judgement | undefined {
    const found = dependenciesOf(path, change, present);
    return found === undefined ? undefined : this.#about([found]);
  }

  /** With every link followed; a path whose real one cannot be told counts as one that leads out. */
  async #real(path: string, folder: string, writes: boolean): Promise<string> {
    const home = this.#place.home ?? '/home/~';
    const named = path.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/|$)/, () => home);
    if (writes && /[$`]|^~/.test(named)) return UNREADABLE;
    const absolute = absolutePath(named, folder);
    return (await this.#place.realPath(absolute).catch(() => undefined)) ?? posix.join(UNREADABLE, absolute);
  }

  async #isInside(real: string): Promise<boolean> {
    const root = await this.#place.realPath(this.#place.workspace).catch(() => undefined);
    return root !== undefined && isWithin(real, root);
  }

  #isGate(real: string, path: string): boolean {
    return (this.#place.gateFolders ?? []).some((folder) => isWithin(real, folder) || path.includes(folder)) || /\bTMUX_AGENTS_FOLDER\b/.test(path);
  }

  #wanted(): readonly EventApprovalCategory[] {
    const { requiresApprovalFor, networkMode } = this.#policy;
    return networkMode === 'restricted' && this.#place.controlsEgress !== true ? [...requiresApprovalFor, 'network'] : requiresApprovalFor;
  }

  #about(found: readonly CommandCategory[]): Judgement | undefined {
    const wanted = this.#wanted();
    const hits = found.filter(({ category }) => wanted.includes(category)).sort((one, other) => graver(one.category, other.category));
    const [first] = hits;
    return first === undefined ? undefined : asked(first.category, first.category === 'network' ? 'network restricted' : `approval ${first.category}`, `The policy wants an approval (${first.category}): ${first.reason}.`);
  }
}

/** Every command of the line by the allowlist; undefined where it passes. */
function allowlisted(allowlist: readonly string[], runs: readonly Run[], doubts: readonly string[]): Judgement | undefined {
  const [doubt] = doubts;
  if (doubt !== undefined) return denied('allowlist', `The policy allows only what is listed, and what runs is not certain: ${doubt}.`);
  const missing = runs.find((run) => run.program !== '' && !run.seenThrough && !allowlist.some((pattern) => allows(pattern, run)));
  if (missing !== undefined) return denied('allowlist', `The policy allows only what is listed, and "${shown(missing)}" is not.`);
  return runs.length === 0 ? denied('allowlist', 'It runs nothing.') : undefined;
}

function all(list: readonly string[]): boolean {
  return list.some((pattern) => pattern.trim() === '*');
}

function unknownCommand(): Judgement {
  return denied('unreadable', 'Its command is not known.');
}

function denied(rule: string, reason: string): Judgement {
  return { verdict: 'deny', category: 'shell', rule, reason };
}

function asked(category: EventApprovalCategory, rule: string, reason: string): Judgement {
  return { verdict: 'ask', category, rule, reason };
}

function worst(judgements: readonly Judgement[]): Judgement | undefined {
  return judgements.find(({ verdict }) => verdict === 'deny') ?? judgements.find(({ verdict, category }) => verdict === 'ask' && category !== 'shell') ?? judgements.find(({ verdict }) => verdict === 'ask');
}

function shown({ command }: Run): string {
  const line = command.words.map(({ text }) => text).join(' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
