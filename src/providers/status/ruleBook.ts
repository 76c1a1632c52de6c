// The screen rules of every provider: the built-in ones, and those of the user's own files, read again when they change.
import { existsSync, readdirSync, readFileSync, statSync, watch, type FSWatcher } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { builtInRules } from './builtInRules.ts';
import type { Runaway } from './patternWatch.ts';
import { parseOwnRuleFile, parseRuleFile, ruleSet, runawayFault, type RuleFile, type RuleSet } from './screenRules.ts';

const MAX_FILE_BYTES = 512 * 1024;
const MAX_FILES = 200;
/** Milliseconds between a change of the folder and the reading of it: editors write in several steps. */
const SETTLE_MS = 100;

export interface RuleBookOptions {
  /** The folder of the user's own files (`*.json`); undefined: only the built-in rules. */
  readonly folder?: string | undefined;
}

/** `$XDG_CONFIG_HOME/tmux-agents/rules`, or below `~/.config`. */
export function userRulesFolder(env: Readonly<Record<string, string | undefined>> = process.env, home: string = homedir()): string {
  const base = env['XDG_CONFIG_HOME'];
  return join(base === undefined || !base.startsWith('/') ? join(home, '.config') : base, 'tmux-agents', 'rules');
}

export class RuleBook implements Disposable {
  readonly #folder: string | undefined;
  readonly #changed = new Emitter<void>();
  readonly #sets = new Map<string, RuleSet | undefined>();
  readonly #builtIn = new Map<string, RuleFile | undefined>();
  readonly #owned = new DisposableStore();
  /** What the user's files hold, as last read. */
  readonly #texts = new Map<string, string>();
  readonly #parsed = new Map<string, { readonly text: string; readonly file: RuleFile }>();
  readonly #out = new Map<string, { readonly text: string; readonly error: AgentsError }>();
  #own: readonly RuleFile[] | undefined;
  #errors: readonly AgentsError[] = [];
  #watchers = 0;
  #watching: Disposable | undefined;

  constructor({ folder }: RuleBookOptions = {}) {
    this.#folder = folder;
    this.#owned.add(this.#changed);
  }

  /** Fires when the user's files were read again, after a change of them. */
  readonly onDidChange: Event<void> = this.#changed.event;

  /** One for each file of the user's that is not right; the others count all the same. */
  get errors(): readonly AgentsError[] {
    this.#ownFiles();
    return this.#errors;
  }

  /** Undefined where nothing is known of this provider's screen. The same object as long as nothing changed. */
  rulesOf(provider: string): RuleSet | undefined {
    if (!this.#sets.has(provider)) this.#sets.set(provider, this.#make(provider));
    return this.#sets.get(provider);
  }

  /** Reads the files again whenever they change, until disposed. Several may watch. */
  watch(): Disposable {
    this.#watchers += 1;
    this.#watching ??= this.#folder === undefined ? toDisposable(() => undefined) : watchFolder(this.#folder, () => this.reload());
    return toDisposable(() => {
      this.#watchers -= 1;
      if (this.#watchers > 0) return;
      this.#watching?.dispose();
      this.#watching = undefined;
    });
  }

  reload(): void {
    this.#own = undefined;
    this.#sets.clear();
    this.#changed.fire();
  }

  dispose(): void {
    this.#watching?.dispose();
    this.#owned.dispose();
  }

  #make(provider: string): RuleSet | undefined {
    const own = this.#ownFiles().filter((file) => file.provider === provider);
    const files = [...own, ...this.#builtInOf(provider)];
    return files.length === 0 ? undefined : ruleSet(provider, files, own.length === 0 ? undefined : (runaway) => this.#putOut(runaway));
  }

  /** A file with a pattern that does not come to an end counts no more until it is changed. */
  #putOut(runaway: Runaway): void {
    const text = this.#texts.get(runaway.file);
    if (text === undefined || this.#out.get(runaway.file)?.text === text) return;
    this.#out.set(runaway.file, { text, error: runawayFault(runaway) });
    // In the middle of a look by these very rules.
    queueMicrotask(() => this.reload());
  }

  #builtInOf(provider: string): readonly RuleFile[] {
    if (!this.#builtIn.has(provider)) {
      const content = builtInRules.get(provider);
      this.#builtIn.set(provider, content === undefined ? undefined : parseRuleFile(content, `the built-in rules of ${provider}`));
    }
    const file = this.#builtIn.get(provider);
    return file === undefined ? [] : [file];
  }

  #parse(path: string, text: string): RuleFile {
    this.#texts.set(path, text);
    const out = this.#out.get(path);
    if (out?.text === text) throw out.error;
    const known = this.#parsed.get(path);
    // To be tried anew each pattern takes its time: a file that has not changed is right as before.
    if (known?.text === text) return known.file;
    const file = parseOwnRuleFile(jsonOf(path, text), path);
    this.#parsed.set(path, { text, file });
    return file;
  }

  #ownFiles(): readonly RuleFile[] {
    if (this.#own !== undefined) return this.#own;
    const errors: AgentsError[] = [];
    this.#texts.clear();
    this.#own = this.#folder === undefined ? [] : readFolder(this.#folder, errors, (path, text) => this.#parse(path, text));
    this.#errors = errors;
    return this.#own;
  }
}

/** In the order of their names. A missing folder holds none. */
function readFolder(folder: string, errors: AgentsError[], parse: (path: string, text: string) => RuleFile): RuleFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json')).sort().slice(0, MAX_FILES);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const path = join(folder, name);
      return [parse(path, readRuleFile(path))];
    } catch (error) {
      errors.push(asAgentsError(error, 'bad-input'));
      return [];
    }
  });
}

/** Throws `bad-input` with the file's name and what is wrong with it. */
function readRuleFile(path: string): string {
  const about = statSync(path);
  if (!about.isFile() || about.size > MAX_FILE_BYTES) throw new AgentsError('bad-input', `The status rules in ${path} cannot be read: they are no regular file of at most ${MAX_FILE_BYTES / 1024} KB.`);
  return readFileSync(path, 'utf8');
}

/** Throws `bad-input` too. */
function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new AgentsError('bad-input', `The status rules in ${path} are no JSON: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}

/** Watches a folder that may come and go: as long as it is missing, the nearest one above it. */
function watchFolder(folder: string, changed: () => void): Disposable {
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const arm = (): void => {
    watcher?.close();
    watcher = undefined;
    const existing = [folder, dirname(folder), dirname(dirname(folder))].find((path) => existsSync(path));
    if (ended || existing === undefined) return;
    try {
      watcher = watch(existing, { persistent: false }, () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          arm();
          changed();
        }, SETTLE_MS);
        timer.unref();
      });
      watcher.on('error', () => watcher?.close());
    } catch {
      // A place that cannot be watched: its rules are those of the start.
    }
  };
  arm();
  return toDisposable(() => {
    ended = true;
    clearTimeout(timer);
    watcher?.close();
  });
}
