// Which files of a working tree are written or deleted, as it happens: a native watcher for each folder that git does not ignore, events gathered and ignored files left out in batches.
// A rename is told as what a watcher sees of it: the old path deleted, the new one written. Reads are invisible to watchers and are never claimed.
import { watch, type FSWatcher } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../base/disposable.ts';
import { messageOf } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { Git } from './git.ts';
import { ignoredOf } from './includedFiles.ts';

export interface TouchedFile {
  /** Below the watched folder, with `/`. */
  readonly path: string;
  readonly reason: 'write' | 'delete';
}

/** Milliseconds in which what happens to one file is told once. */
const GATHER_MS = 100;

/** Ignored folders of one level that are asked about; more than these hold no tracked files. */
const MOST_ARGUMENTS = 500;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Unix time in ms when it was first watched. */
  readonly since: number;
  /** Its files when last looked at, for a folder that goes with all that is in it. */
  readonly files: Set<string>;
}

/** Starts at once; `ready` resolves when every folder is watched. Folders that cannot be watched are logged and left out. */
export function watchTouchedFiles(folder: string, onTouch: (touched: TouchedFile) => void, log: Log = silentLog): Disposable & { readonly ready: Promise<void> } {
  const watching = new TouchedFiles(folder, onTouch, log);
  return { ready: watching.start(), dispose: () => watching.dispose() };
}

/** One per folder: recursive watching of Node on Linux holds a watcher for each file and forgets folders that are moved. */
class TouchedFiles implements Disposable {
  readonly #root: string;
  readonly #git: Git;
  readonly #onTouch: (touched: TouchedFile) => void;
  readonly #log: Log;
  readonly #folders = new Map<string, WatchedFolder>();
  /** Paths that something happened to, and whether it was to the entry itself: made, moved or deleted. */
  readonly #dirty = new Map<string, boolean>();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #disposed = false;
  #full = false;

  constructor(root: string, onTouch: (touched: TouchedFile) => void, log: Log) {
    this.#root = root;
    this.#git = new Git(root);
    this.#onTouch = onTouch;
    this.#log = log;
  }

  start(): Promise<void> {
    return this.#queue(async () => void (await this.#enter([''])));
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
    this.#dirty.clear();
  }

  /** One after the other, and never failing: what goes wrong with one batch costs the next ones nothing. */
  #queue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      if (!this.#disposed) this.#log.warn(`Watching ${this.#root}: ${messageOf(error)}`);
    });
    return this.#work;
  }

  /** Watches these folders and all below; the files in them. */
  async #enter(folders: readonly string[]): Promise<string[]> {
    const files: string[] = [];
    for (let level = [...folders]; level.length > 0 && !this.#disposed; ) {
      const ignored = await this.#ignoredFolders(level.filter((path) => path !== ''));
      const below: string[] = [];
      for (const folder of level) {
        if (ignored.has(folder) || this.#disposed) continue;
        if (!this.#folders.has(folder) && !this.#watch(folder)) continue;
        // Watched first, read then: what is made in between is seen by one of the two.
        const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch(() => []);
        for (const entry of entries) {
          const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
          if (entry.isDirectory()) {
            if (entry.name !== '.git') below.push(path);
            continue;
          }
          this.#folders.get(folder)?.files.add(entry.name);
          files.push(path);
        }
      }
      level = below;
    }
    return files;
  }

  #watch(folder: string): boolean {
    if (this.#full) return false;
    try {
      const watcher = watch(join(this.#root, folder), { persistent: false }, (event, name) => {
        if (name !== null && name !== '.git') this.#note(folder === '' ? name : `${folder}/${name}`, event === 'rename');
      });
      watcher.on('error', () => this.#leave(folder));
      this.#folders.set(folder, { watcher, since: Date.now(), files: new Set() });
      return true;
    } catch (error) {
      const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EMFILE');
      if (full) this.#log.warn(`${this.#root} has more folders than this system watches (fs.inotify.max_user_watches): some changes will not be told.`);
      this.#full ||= full;
      return false;
    }
  }

  #note(path: string, renamed: boolean): void {
    if (this.#disposed) return;
    this.#dirty.set(path, renamed || this.#dirty.get(path) === true);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const paths = new Map(this.#dirty);
      this.#dirty.clear();
      void this.#queue(() => this.#look(paths));
    }, GATHER_MS);
  }

  /** What has become of these paths, seen now. */
  async #look(paths: ReadonlyMap<string, boolean>): Promise<void> {
    const touched: TouchedFile[] = [];
    const renewed: string[] = [];
    for (const [path, renamed] of paths) {
      const { folder, name } = split(path);
      const parent = this.#folders.get(folder);
      const about = await lstat(join(this.#root, path)).catch(() => undefined);
      const isFolder = about?.isDirectory() === true;
      if ((about === undefined || isFolder) && parent?.files.delete(name)) touched.push({ path, reason: 'delete' });
      if (isFolder ? renamed || !this.#folders.has(path) : this.#folders.has(path)) renewed.push(path);
      if (about === undefined || isFolder) continue;
      parent?.files.add(name);
      touched.push({ path, reason: 'write' });
    }
    touched.push(...(await this.#renew(renewed)));
    await this.#tell(touched);
    if (touched.some(({ path }) => split(path).name === '.gitignore')) await this.#enter(['']);
  }

  /** Folders were made, went, or gave their names to others: which files went with them, and which came or were written since. */
  async #renew(folders: readonly string[]): Promise<TouchedFile[]> {
    const all = new Set(folders);
    const highest = folders.filter((folder) => !parentsOf(folder).some((parent) => all.has(parent)));
    const before = new Map<string, number>();
    for (const folder of highest) {
      const since = this.#folders.get(folder)?.since ?? 0;
      for (const path of this.#leave(folder)) before.set(path, since);
    }
    const now = new Set(await this.#enter(highest));
    const touched: TouchedFile[] = [];
    for (const path of before.keys()) if (!now.has(path)) touched.push({ path, reason: 'delete' });
    for (const path of now) {
      const since = before.get(path);
      if (since === undefined || ((await lstat(join(this.#root, path)).catch(() => undefined))?.mtimeMs ?? 0) >= since) touched.push({ path, reason: 'write' });
    }
    return touched;
  }

  /** Stops watching it and all below; the files that were known there. */
  #leave(folder: string): string[] {
    const gone: string[] = [];
    for (const [path, { watcher, files }] of [...this.#folders]) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      watcher.close();
      this.#folders.delete(path);
      for (const name of files) gone.push(path === '' ? name : `${path}/${name}`);
    }
    return gone;
  }

  async #tell(touched: readonly TouchedFile[]): Promise<void> {
    if (touched.length === 0) return;
    const ignored = new Set(await this.#ignored(touched.map(({ path }) => path)));
    for (const one of touched) if (!this.#disposed && !ignored.has(one.path)) this.#onTouch(one);
  }

  /** One with a tracked file in it is none of them. */
  async #ignoredFolders(folders: readonly string[]): Promise<ReadonlySet<string>> {
    const ignored = await this.#ignored(folders);
    if (ignored.length === 0) return new Set();
    const tracked = await this.#git.parts(['--literal-pathspecs', 'ls-files', '-z', '--', ...ignored.slice(0, MOST_ARGUMENTS)], { maxBytes: 512 * 1024 * 1024 });
    return new Set(ignored.filter((folder) => !tracked.some((path) => path.startsWith(`${folder}/`))));
  }

  /** A folder without a repository ignores nothing. */
  async #ignored(paths: readonly string[]): Promise<string[]> {
    if (paths.length === 0 || this.#disposed) return [];
    try {
      return await ignoredOf(this.#git, paths);
    } catch (error) {
      this.#log.debug(`git check-ignore in ${this.#root}: ${messageOf(error)}`);
      return [];
    }
  }
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const at = path.lastIndexOf('/');
  return at < 0 ? { folder: '', name: path } : { folder: path.slice(0, at), name: path.slice(at + 1) };
}

/** The folders above it, the nearest first. */
function parentsOf(path: string): string[] {
  const above: string[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) above.push(path.slice(0, at));
  return above;
}
