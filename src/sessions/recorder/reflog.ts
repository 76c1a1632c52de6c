// The commits of a folder as git itself writes them down, in HEAD's reflog: read and watched as a file, so that no git has to run.
import { watch, type FSWatcher } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { toDisposable, type Disposable } from '../../base/disposable.ts';

export interface ReflogEntry {
  readonly before: string;
  readonly sha: string;
  /** Unix time in ms. */
  readonly at: number;
  /** What moved HEAD: `commit`, `commit (amend)`, `merge topic`, `checkout`. */
  readonly action: string;
  readonly subject: string;
}

/** Bytes of the end that are read at a time; a longer reflog's older lines are of no interest. */
const TAIL_BYTES = 64 * 1024;

const LINE = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) .*> (\d+) [+-]\d{4}\t([^:]*): (.*)$/;

/** Undefined for what is no line of a reflog. */
export function parseReflogLine(line: string): ReflogEntry | undefined {
  const [, before, sha, seconds, action, subject] = LINE.exec(line) ?? [];
  if (before === undefined || sha === undefined || action === undefined || subject === undefined) return undefined;
  return { before, sha, at: Number(seconds) * 1000, action, subject };
}

/** Those that made a commit, and not merely went to one. */
export function isCommit({ action }: ReflogEntry): boolean {
  return /^(?:commit|merge|cherry-pick|revert|pull|am)\b/.test(action) || /^rebase\b.*\((?:pick|squash|fixup|reword|edit)\)/.test(action);
}

/** One folder's reflog of HEAD. */
export class Reflog {
  readonly #path: string;
  readonly #head: string;

  private constructor(gitFolder: string) {
    this.#path = join(gitFolder, 'logs', 'HEAD');
    this.#head = join(gitFolder, 'HEAD');
  }

  /** Undefined where the folder is in no repository of this machine. */
  static async of(folder: string): Promise<Reflog | undefined> {
    const git = await gitFolderOf(resolve(folder));
    return git === undefined ? undefined : new Reflog(git);
  }

  /** The latest entries, the newest last; none where git keeps none. */
  async latest(): Promise<readonly ReflogEntry[]> {
    const file = await open(this.#path, 'r').catch(() => undefined);
    if (file === undefined) return [];
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead).split('\n').flatMap((line) => parseReflogLine(line) ?? []);
    } finally {
      await file.close();
    }
  }

  /** HEAD's commit, as far as its reflog tells. */
  async head(): Promise<string | undefined> {
    return (await this.latest()).at(-1)?.sha;
  }

  /** Calls back when HEAD may have moved. A folder that cannot be watched never calls. */
  watch(onChange: () => void): Disposable {
    const watchers: FSWatcher[] = [];
    // git replaces HEAD and appends to its log: the folders tell of both.
    for (const folder of new Set([dirname(this.#path), dirname(this.#head)])) {
      try {
        watchers.push(watch(folder, { persistent: false }, (_event, name) => (name === null || name === 'HEAD' ? onChange() : undefined)).on('error', () => undefined));
      } catch {
        // It has no log yet: the first commit makes it, and HEAD's folder tells.
      }
    }
    return toDisposable(() => watchers.forEach((watcher) => watcher.close()));
  }
}

/** The folder that holds HEAD: `.git`, or what a worktree's `.git` file names. */
async function gitFolderOf(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const git = join(at, '.git');
    const about = await stat(git).catch(() => undefined);
    if (about?.isDirectory() === true) return git;
    if (about?.isFile() === true) {
      const named = /^gitdir: (.+)$/m.exec(await readFile(git, 'utf8').catch(() => ''))?.[1];
      return named === undefined ? undefined : resolve(at, named.trim());
    }
    if (dirname(at) === at) return undefined;
  }
}
