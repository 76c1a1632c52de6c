// Bare caches of remote repositories: every branch and tag, fetched under a lock, replaced when damaged, deleted when nothing needs them.
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentsError, messageOf } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { ownFolder } from './containment.ts';
import { Git } from './git.ts';
import { failureKind } from './gitFailure.ts';
import type { WorkspaceLocks } from './locks.ts';
import { remoteRepository, type RemoteRef, type RemoteRepository } from './remoteRepository.ts';

export interface CacheLimits {
  /** Milliseconds for which a fetch counts as fresh. Default 60,000. */
  readonly freshMs: number;
  /** Milliseconds after its last use that one is deleted. Default 30 days. */
  readonly keptMs: number;
  /** How many are kept at most, the least used go first. Default 20. */
  readonly keptCount: number;
}

export interface OpenCache {
  readonly label: string;
  /** The bare repository. */
  readonly folder: string;
  readonly defaultBranch: string | undefined;
}

export interface CacheOptions {
  readonly signal?: AbortSignal | undefined;
  /** What is being done, for people. */
  readonly say?: (message: string) => void;
}

const FETCHED = 'tmux-agents-fetched';
const USED = 'tmux-agents-used';
const DAMAGED = 'tmux-agents-damaged';
const FETCH_MS = 60 * 60_000;
/** One that was just used is left alone whatever the limits are: its worktree is about to be made. */
const BUSY_MS = 10 * 60_000;

export class RepositoryCache {
  readonly #folder: string;
  readonly #locks: WorkspaceLocks;
  readonly #limits: CacheLimits;
  readonly #log: Log;

  constructor(folder: string, locks: WorkspaceLocks, { limits = {}, log = silentLog }: { readonly limits?: Partial<CacheLimits> | undefined; readonly log?: Log } = {}) {
    this.#folder = folder;
    this.#locks = locks;
    this.#limits = { freshMs: 60_000, keptMs: 30 * 24 * 3_600_000, keptCount: 20, ...limits };
    this.#log = log;
  }

  /** Ready and fresh; an older state where the network is away. Throws `bad-input`, `git-failed`, `cancelled`, `timeout`. */
  async open(ref: RemoteRef, options: CacheOptions = {}): Promise<OpenCache> {
    const remote = remoteRepository(ref);
    return this.#locks.hold(lockOf(remote.folder), () => this.#open(remote, ref.defaultBranch, options), { signal: options.signal });
  }

  /** Puts a damaged one aside, so that the next `open` fetches anew. What worktrees use of it stays where it is. */
  async retire(ref: RemoteRef, folder: string): Promise<void> {
    await this.#locks.hold(lockOf(remoteRepository(ref).folder), () => Promise.resolve(retire(folder)));
  }

  /** Deletes those that are too old or too many and that no worktree, branch or rescued work needs; their folders. */
  async prune(): Promise<string[]> {
    const all = cachesIn(this.#folder).sort((a, b) => b.usedAt - a.usedAt);
    const gone: string[] = [];
    for (const [place, { name, path, usedAt }] of all.entries()) {
      const age = Date.now() - usedAt;
      if (age < BUSY_MS || (age < this.#limits.keptMs && place < this.#limits.keptCount)) continue;
      await this.#locks.tryHold(lockOf(name.replace(/(?:\.\d+)?\.git$/, '')), async () => {
        if (isNeeded(path)) return;
        await rm(path, { recursive: true, force: true });
        gone.push(path);
      });
    }
    return gone;
  }

  async #open(remote: RemoteRepository, namedDefault: string | undefined, options: CacheOptions, again = true): Promise<OpenCache> {
    const folder = this.#current(remote);
    try {
      if (!existsSync(folder)) await this.#create(remote, folder, options);
      else await this.#refresh(remote, folder, options);
      touch(join(folder, USED));
      const head = await new Git(folder).run(['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'], { accept: [0, 1], signal: options.signal });
      const found = head.stdout.toString('utf8').trim().replace(/^origin\//, '');
      return { label: remote.label, folder, defaultBranch: namedDefault ?? (found === '' ? undefined : found) };
    } catch (error) {
      if (!again || failureKind(error) !== 'damage' || !existsSync(folder)) throw error;
      this.#log.warn(`The cache of ${remote.label} is damaged and is fetched anew: ${messageOf(error)}`);
      options.say?.(`The cache of ${remote.label} is damaged: fetching it anew`);
      retire(folder);
      return this.#open(remote, namedDefault, options, false);
    }
  }

  /** The first of its folders that is not put aside. */
  #current({ folder }: RemoteRepository): string {
    const base = ownFolder(this.#folder);
    for (let generation = 1; ; generation++) {
      const path = join(base, `${folder}${generation === 1 ? '' : `.${generation}`}.git`);
      if (!existsSync(join(path, DAMAGED))) return path;
    }
  }

  async #create(remote: RemoteRepository, folder: string, options: CacheOptions): Promise<void> {
    options.say?.(`Fetching ${remote.label} for the first time`);
    const draft = `${folder}.new`;
    rmSync(draft, { recursive: true, force: true });
    const git = new Git(draft);
    try {
      await new Git(this.#folder).run(['init', '--quiet', '--bare', '--template=', '--', draft], { signal: options.signal });
      await git.run(['remote', 'add', 'origin', remote.url], { signal: options.signal });
      await fetchAll(git, options.signal);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      throw explained(remote, error);
    }
    renameSync(draft, folder);
  }

  async #refresh(remote: RemoteRepository, folder: string, options: CacheOptions): Promise<void> {
    const git = new Git(folder);
    if ((await git.text(['rev-parse', '--is-bare-repository', '--absolute-git-dir'], { signal: options.signal })) !== `true\n${folder}`) throw new AgentsError('git-failed', `${folder} is not a git repository any more.`);
    if (Date.now() - timeOf(join(folder, FETCHED)) < this.#limits.freshMs) return;
    options.say?.(`Fetching ${remote.label}`);
    try {
      await fetchAll(git, options.signal);
    } catch (error) {
      if (failureKind(error) !== 'away') throw explained(remote, error);
      this.#log.warn(`${remote.label} cannot be reached, its last known state is used: ${messageOf(error)}`);
      options.say?.(`${remote.label} cannot be reached: its last known state is used`);
    }
  }
}

/** Branches that vanished go; tags stay, as an agent's own are among them. */
async function fetchAll(git: Git, signal: AbortSignal | undefined): Promise<void> {
  await git.run(['-c', 'gc.autoDetach=false', 'fetch', '--quiet', '--prune', '--tags', '--force', '--no-write-fetch-head', '--no-recurse-submodules', 'origin', '+refs/heads/*:refs/remotes/origin/*'], { signal, timeoutMs: FETCH_MS });
  await git.run(['remote', 'set-head', 'origin', '--auto'], { signal, timeoutMs: 120_000, accept: [0, 1] });
  touch(join(git.folder, FETCHED));
}

function explained(remote: RemoteRepository, error: unknown): unknown {
  if (failureKind(error) !== 'refused') return error;
  return new AgentsError('git-failed', `${remote.label} cannot be fetched: ${messageOf(error)}`, { hint: `See whether "git ls-remote ${remote.url}" works in a terminal: git's own credentials are used.`, cause: error });
}

function retire(folder: string): void {
  if (isNeeded(folder)) writeFileSync(join(folder, DAMAGED), '');
  else rmSync(folder, { recursive: true, force: true });
}

/** Whether a worktree, a branch of a workspace or rescued work lives in it. Looks at files only: git may be unable to read it. */
function isNeeded(folder: string): boolean {
  const packed = textOf(join(folder, 'packed-refs'));
  return hasEntries(join(folder, 'worktrees')) || hasEntries(join(folder, 'refs/heads')) || hasEntries(join(folder, 'refs/tmux-agents/rescue')) || / refs\/(?:heads|tmux-agents\/rescue)\//.test(packed);
}

function cachesIn(folder: string): { readonly name: string; readonly path: string; readonly usedAt: number }[] {
  return namesIn(folder).flatMap((name) => (name.endsWith('.git') ? [{ name, path: join(folder, name), usedAt: timeOf(join(folder, name, USED)) }] : []));
}

function lockOf(folder: string): string {
  return `the cache ${folder}`;
}

/** A branch's folder may stay when the branch has gone. */
function hasEntries(folder: string): boolean {
  return namesIn(folder).some((name) => {
    const path = join(folder, name);
    return !statSync(path, { throwIfNoEntry: false })?.isDirectory() || folder.endsWith('worktrees') || hasEntries(path);
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function touch(path: string): void {
  writeFileSync(path, '');
  const now = new Date();
  utimesSync(path, now, now);
}
