// Whether a policy allows a request: every command of its line, every path it names, every file it writes. In doubt it does not.
import type { ApprovalPolicy } from '../../protocol/approvalPolicy.ts';
import type { ApprovalRequest, WaitingKind } from '../../protocol/agentStatus.ts';
import { buildsProject, reads, testsProject } from './categories.ts';
import { isExact, matchesPattern, parsePattern } from './commandPattern.ts';
import { dangersOf } from './dangers.ts';
import { absolutePath, dotPart, isSink, isWithin, pathIn, secretPart } from './places.ts';
import type { ShellCommand, ShellReader, ShellReading, ShellRedirect } from './shellReading.ts';
import { toolKind } from './tools.ts';

export type Verdict =
  /** `rule` names what allows it: `read`, `command npm test`. */
  | { readonly allowed: true; readonly rule: string }
  | { readonly allowed: false; readonly why: string };

/** The files of the place where the agent runs. */
export interface PlaceFiles {
  /** Absolute. */
  readonly workspace: string;
  /** The path with every link followed; what does not exist yet is judged by the folder that it would be in. Undefined where that cannot be told. */
  realPath(path: string): Promise<string | undefined>;
}

/** Variables that change no more than a program's looks. */
const SAFE_VARIABLES = /^(?:CI|NO_COLOR|FORCE_COLOR|COLUMNS|LINES|LANG|LC_ALL|LC_CTYPE|TZ|TERM|NODE_ENV|RUST_BACKTRACE|RUST_LOG|DEBUG|VERBOSE|GOFLAGS_NONE)$/;

/** Where relative paths may start: a `cd` may or may not have happened before. */
export function startingFolders(reading: ShellReading, workspace: string): readonly string[] {
  const moves = reading.commands.flatMap(({ words }) => (words[0]?.text === 'cd' ? [absolutePath(words.slice(1).map(({ text }) => text).find((text) => text !== '--') ?? '/', workspace)] : []));
  return [workspace, ...moves];
}

class NotAllowed extends Error {}
const refuse = (why: string): never => {
  throw new NotAllowed(why);
};

/** Never throws: what cannot be judged is not allowed. */
export async function decide(policy: ApprovalPolicy, kind: WaitingKind, request: ApprovalRequest, place: PlaceFiles, read: ShellReader): Promise<Verdict> {
  if (policy.categories.length === 0 && policy.commands.length === 0) return { allowed: false, why: 'no policy was chosen' };
  if (kind !== 'permission') return { allowed: false, why: `a ${kind} is for a person to answer` };
  try {
    return { allowed: true, rule: await new Judge(policy, place, read).request(request) };
  } catch (error) {
    return { allowed: false, why: error instanceof NotAllowed ? error.message : 'it could not be judged' };
  }
}

class Judge {
  readonly #policy: ApprovalPolicy;
  readonly #place: PlaceFiles;
  readonly #read: ShellReader;

  constructor(policy: ApprovalPolicy, place: PlaceFiles, read: ShellReader) {
    this.#policy = policy;
    this.#place = place;
    this.#read = read;
  }

  /** The rules that allow it; throws NotAllowed. */
  async request(request: ApprovalRequest): Promise<string> {
    await this.#startsHere(request);
    const tool = toolKind(request);
    switch (tool) {
      case 'shell':
        return this.#line(request.command ?? refuse('its command is not known'));
      case 'read':
      case 'write': {
        const category = tool === 'read' ? 'read' : 'edit';
        if (!this.#policy.categories.includes(category)) refuse(`"${category}" is not allowed`);
        await this.#path(request.path ?? refuse('its path is not known'), tool === 'write', [this.#place.workspace]);
        return category;
      }
      case 'network':
        return this.#policy.categories.includes('network') ? 'network' : refuse('"network" is not allowed');
      case 'other':
        return refuse('what it does is not known');
    }
  }

  /** Relative paths are judged from the workspace: what runs elsewhere is not judged at all. */
  async #startsHere({ folder }: ApprovalRequest): Promise<void> {
    const { workspace } = this.#place;
    if (folder === undefined || folder === workspace) return;
    const [there, here] = await Promise.all([absolutePath(folder, workspace), workspace].map((path) => this.#place.realPath(path)));
    if (there === undefined || there !== here) refuse(`it runs in ${folder}, not in the workspace`);
  }

  async #line(line: string): Promise<string> {
    const reading = this.#read(line);
    const [doubt] = reading.doubts;
    if (doubt !== undefined) refuse(`what runs is not certain: ${doubt}`);
    if (reading.commands.length === 0) refuse('it runs nothing');
    const folders = startingFolders(reading, this.#place.workspace);
    const rules = new Set<string>();
    for (const command of reading.commands) rules.add(await this.#command(command, folders));
    rules.delete('');
    return rules.size === 0 ? refuse('no rule speaks of it') : [...rules].join(', ');
  }

  /** The rule that allows one simple command; empty for what needs none. */
  async #command(command: ShellCommand, folders: readonly string[]): Promise<string> {
    for (const name of command.assigns) if (!SAFE_VARIABLES.test(name)) refuse(`it sets ${name}`);
    for (const redirect of command.redirects) await this.#redirect(redirect, folders);
    const [name, ...args] = command.words;
    if (name === undefined) return '';
    const unclear = command.words.find(({ plain }) => !plain);
    if (unclear !== undefined) refuse(`what "${unclear.text}" becomes is not certain`);
    const exact = this.#patterns().find((pattern) => isExact(pattern) && matchesPattern(pattern, command));
    if (exact !== undefined) return `command ${exact.text}`;
    // A program that looks may write too, by an option: `sort -o`.
    const looks = reads(command);
    const end = args.findIndex(({ text }) => text === '--');
    for (const [index, { text }] of args.entries()) {
      // Behind `--` nothing is an option, whatever it begins with.
      const paths = end !== -1 && index > end ? [text, pathIn(text)] : [pathIn(text)];
      for (const path of paths) if (path !== undefined) await this.#path(path, !looks, folders);
    }
    if (name.text === 'cd') return args.length === 1 ? '' : refuse('where its "cd" leads is not certain');
    return this.#category(command);
  }

  #category(command: ShellCommand): string {
    const { categories } = this.#policy;
    const serious = dangersOf({ commands: [command], doubts: [] }, this.#read, this.#place.workspace).filter(({ level }) => level === 'high');
    const [worst] = serious.filter(({ kind }) => kind !== 'network' || !categories.includes('network'));
    if (worst !== undefined) refuse(worst.reason);
    if (serious.length > 0) return 'network';
    const pattern = this.#patterns().find((candidate) => matchesPattern(candidate, command));
    if (pattern !== undefined) return `command ${pattern.text}`;
    if (categories.includes('read') && reads(command)) return 'read';
    if (categories.includes('test') && testsProject(command)) return 'test';
    if (categories.includes('build') && buildsProject(command)) return 'build';
    if (categories.includes('run')) return 'run';
    return refuse(`no rule allows "${command.words.map(({ text }) => text).join(' ').slice(0, 80)}"`);
  }

  async #redirect({ operator, target }: ShellRedirect, folders: readonly string[]): Promise<void> {
    if (target === undefined) return refuse('a redirection of it leads nowhere');
    if (operator.endsWith('&') && /^(?:\d+|-)$/.test(target.text)) return;
    if (!target.plain) refuse(`where "${target.text}" leads is not certain`);
    if (isSink(target.text)) return;
    const writes = operator !== '<';
    if (writes && !this.#policy.categories.includes('edit')) refuse(`it writes to ${target.text}, and "edit" is not allowed`);
    await this.#path(target.text, writes, folders);
  }

  /** Refuses what leads out of the allowed folders, in fact and not only by its looks, and what is sensitive. */
  async #path(path: string, writes: boolean, folders: readonly string[]): Promise<void> {
    const { workspace } = this.#place;
    if (path === '' || path === '--' || isSink(path)) return;
    if (/^[~]|\$/.test(path)) refuse(`where ${path} leads is not certain`);
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return;
    const secret = secretPart(path, workspace);
    if (secret !== undefined) refuse(`${secret} may hold secrets`);
    const dot = writes ? dotPart(path, workspace) : undefined;
    if (dot !== undefined) refuse(`${dot} configures tools or shells`);
    const roots = await Promise.all([workspace, ...this.#policy.paths].map((root) => this.#place.realPath(root)));
    for (const folder of folders) {
      const real = await this.#place.realPath(absolutePath(path, folder));
      if (real === undefined) refuse(`where ${path} leads cannot be told`);
      else if (!roots.some((root) => root !== undefined && isWithin(real, root))) refuse(`${path} leads out of the workspace`);
      else if (secretPart(real, workspace) !== undefined) refuse(`${path} leads to what may hold secrets`);
      else if (writes && dotPart(real, roots[0] ?? workspace) !== undefined) refuse(`${path} leads to what configures tools or shells`);
    }
  }

  #patterns(): ReturnType<typeof parsePattern>[] {
    return this.#policy.commands.map(parsePattern);
  }
}
