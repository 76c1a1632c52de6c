// Workspaces from their making to their end: which steps, in which order, under which locks. What each step does is in the files beside.
import { existsSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { AgentsError, messageOf } from '../base/errors.ts';
import type { Disposable } from '../base/disposable.ts';
import { silentLog, type Log } from '../base/log.ts';
import { stateFolder } from '../base/stateFolder.ts';
import { throwIfCancelled } from '../base/wait.ts';
import type { ProjectFile } from '../protocol/projectFile.ts';
import type { DiffTotals } from '../protocol/runnerEvent.ts';
import { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { recordOf } from './adoptWorkspace.ts';
import { isThere, ownFolder, realPathOf } from './containment.ts';
import { diffTotals } from './diffTotals.ts';
import { copyIncluded } from './includedFiles.ts';
import { WorkspaceLocks } from './locks.ts';
import { makePlace } from './makeWorkspace.ts';
import { findOrphans, strayIn, whyNoWorktree, type Orphan } from './orphans.ts';
import { PendingPlaces, type PendingPlace } from './pendingPlaces.ts';
import { freeRange, type PortRange } from './portRanges.ts';
import { runScript, type ScriptDescriptors } from './projectScripts.ts';
import { readProject } from './readProject.ts';
import { checkRefName } from './refNames.ts';
import { removeCopy } from './removeCopy.ts';
import { removeWorktree, type RemovalOptions } from './removeWorktree.ts';
import { RepositoryCache, type CacheLimits } from './repositoryCache.ts';
import { watchTouchedFiles, type TouchedFile } from './touchedFiles.ts';
import type { PrepareOptions, RemovalReport, Workspace, WorkspaceRequest } from './types.ts';
import { undoPlace } from './undoPlace.ts';
import type { WorkspaceStore } from './workspaceStore.ts';

export interface WorkspaceManagerOptions {
  /** Where worktrees and copies are made. Default: `$XDG_STATE_HOME/tmux-agents/worktrees`. */
  readonly base?: string | undefined;
  /** Where bare caches of remote repositories lie. Default: `$XDG_STATE_HOME/tmux-agents/repositories`. */
  readonly cache?: string | undefined;
  readonly cacheLimits?: Partial<CacheLimits> | undefined;
  readonly store: WorkspaceStore;
  readonly log?: Log | undefined;
}

export interface RemoveOptions extends RemovalOptions {
  /** Whether the project's teardown script may run. Default false. */
  readonly runScripts?: boolean | undefined;
}

export class WorkspaceManager {
  readonly #base: string;
  readonly #store: WorkspaceStore;
  readonly #log: Log;
  readonly #locks: WorkspaceLocks;
  readonly #pending: PendingPlaces;
  readonly #cache: RepositoryCache;
  #recovered: Promise<void> | undefined;

  constructor({ base = stateFolder(process.env, 'worktrees'), cache = stateFolder(process.env, 'repositories'), cacheLimits, store, log = silentLog }: WorkspaceManagerOptions) {
    this.#base = base;
    this.#store = store;
    this.#log = log;
    this.#locks = new WorkspaceLocks(join(base, '.locks'));
    this.#pending = new PendingPlaces(join(base, '.pending'));
    this.#cache = new RepositoryCache(cache, this.#locks, { limits: cacheLimits, log });
  }

  /** Makes it ready to work in, or leaves nothing behind. Throws `bad-input`, `name-taken`, `not-found`, `folder-missing`, `git-failed`, `limit-reached`, `unsupported`, `cancelled`, `timeout`, and what the setup script's end gives. */
  async prepare(request: WorkspaceRequest, options: PrepareOptions = {}): Promise<Workspace> {
    throwIfCancelled(options.signal);
    if (!WorkspaceRecord.shape.id.safeParse(request.id).success) throw new AgentsError('bad-input', `${JSON.stringify(request.id)} cannot name a workspace: up to 100 letters, digits, "_", "." and "-", a letter or digit first.`);
    checkRefName(request.branch ?? `tmux-agents/${request.id}`, 'branch');
    await (this.#recovered ??= this.recover());
    return this.#locks.hold(`workspace ${request.id}`, () => this.#prepare(request, options), { signal: options.signal });
  }

  /** Ends a workspace without losing its work: see the report. The user's own folder is only forgotten. Throws `cancelled` and `timeout`. */
  async remove(record: WorkspaceRecord, options: RemoveOptions = {}): Promise<RemovalReport> {
    return this.#locks.hold(`workspace ${record.id}`, () => this.#remove(record, options), { signal: options.signal });
  }

  /** The oldest first. */
  list(): WorkspaceRecord[] {
    return this.#store.list();
  }

  /** What lies around without a record or a living owner. Nothing is changed. */
  orphans({ ownerLives = () => true }: { readonly ownerLives?: (owner: string) => boolean | Promise<boolean> } = {}): Promise<Orphan[]> {
    const begun = new Set(this.#pending.list().flatMap(({ path }) => path ?? []));
    return findOrphans({ base: this.#base, records: this.#store.list(), begun, ownerLives });
  }

  /** The real path of what lies directly among the workspaces, finished or not, without a record; undefined for anything else. */
  strayAt(path: string): string | undefined {
    return strayIn(this.#base, path, this.#store.list());
  }

  /** Ends what `strayAt` finds, as `remove` does; what is no worktree has no repository that could keep its work, and stays unless it is empty. Throws `not-found`, `cancelled`, `timeout`. */
  async removeStray(path: string, options: RemovalOptions = {}): Promise<RemovalReport> {
    const stray = this.strayAt(path);
    if (stray === undefined) throw new AgentsError('not-found', `${path} is nothing that was left among the workspaces in ${this.#base}.`, { hint: 'See those with: tmux-agents workspaces orphans' });
    if (this.#pending.list().some((place) => place.path === stray)) {
      await this.recover();
      return isThere(stray) ? { removed: false, reason: 'It was kept: it is still being made, or cannot be taken back yet.' } : { removed: true };
    }
    const why = whyNoWorktree(stray);
    if (why === 'empty') {
      rmdirSync(stray);
      return { removed: true };
    }
    if (why !== undefined) return { removed: false, reason: `It was kept: ${why}.` };
    let record: WorkspaceRecord;
    try {
      record = await recordOf(stray, (id) => this.#store.read(id) !== undefined);
    } catch (error) {
      return { removed: false, reason: `It was kept: ${messageOf(error).replace(/\.$/, '')}.` };
    }
    if (record.kind !== 'worktree') return { removed: false, reason: 'It was kept: it is a repository of its own.' };
    return this.#locks.hold(`workspace ${record.id}`, () => this.#end(record, options), { signal: options.signal });
  }

  /** Makes a record for a working tree that has none. Throws `folder-missing`, `bad-input`. */
  async adopt(path: string, { owner }: { readonly owner?: string | undefined } = {}): Promise<WorkspaceRecord> {
    return this.#locks.hold('adopting', async () => {
      const known = this.#store.at(path);
      if (known) return known;
      const record = await recordOf(path, (id) => this.#store.read(id) !== undefined, owner);
      this.#store.write(record);
      return record;
    });
  }

  /** What was changed since its base: committed, uncommitted and untracked. Throws `git-failed`. */
  diffTotals(record: WorkspaceRecord, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<DiffTotals> {
    return diffTotals(record, options);
  }

  /** Tells of files that are written or deleted, ignored ones aside, from the moment that `ready` resolves. Reads cannot be seen. */
  watchFiles(record: WorkspaceRecord, onTouch: (touched: TouchedFile) => void): Disposable & { readonly ready: Promise<void> } {
    return watchTouchedFiles(record.path, onTouch, this.#log);
  }

  /** Runs the project's `run` script until it ends or the signal fires; false where there is none. Only for trusted folders. Its output goes to the log, or is shown. */
  async runProject(record: WorkspaceRecord, { signal, show }: { readonly signal?: AbortSignal | undefined; readonly show?: ScriptDescriptors | undefined } = {}): Promise<boolean> {
    return this.#script('run', record, signal, show);
  }

  /** The file that the output of its scripts is appended to. */
  scriptLog(id: string): string {
    return join(this.#base, '.logs', `${id}.log`);
  }

  /** Undoes what preparations that died left behind. Done once before the first `prepare`; those still at work are left alone. */
  async recover(): Promise<void> {
    for (const place of this.#pending.list()) {
      await this.#locks.tryHold(`workspace ${place.id}`, async () => {
        const base = realPathOf(this.#base) ?? this.#base;
        const left = this.#pending.read(place.id);
        if (left === undefined) return;
        if (this.#store.read(place.id)) this.#pending.remove(place.id);
        else await this.#undo(left, base);
      });
    }
  }

  async #prepare(request: WorkspaceRequest, options: PrepareOptions): Promise<Workspace> {
    if (this.#store.read(request.id)) throw new AgentsError('name-taken', `There is a workspace ${request.id} already.`);
    const base = ownFolder(this.#base);
    const before = this.#pending.read(request.id);
    if (before) await undoPlace(before, base, this.#locks);
    let place: PendingPlace = { id: request.id, kind: request.kind };
    const note = (more: Partial<PendingPlace>): void => this.#pending.write((place = { ...place, ...more }));
    try {
      note({});
      const made = await makePlace(request, { locks: this.#locks, cache: this.#cache, base, note }, options);
      const project = readProject(made.source ?? made.path);
      await this.#include(request, made, project, options);
      options.onProgress?.('ports', 'Choosing ports');
      const ports = await this.#ports(project.ports.count, note);
      const record: WorkspaceRecord = { v: 1, id: request.id, kind: request.kind, ...made, ...(ports === undefined ? {} : { ports }), ...(request.owner === undefined ? {} : { owner: request.owner }), createdAt: new Date().toISOString() };
      if (request.runScripts === true && request.kind !== 'folder' && project.setup !== undefined) {
        options.onProgress?.('setup', "Running the project's setup script");
        await this.#script('setup', record, options.signal);
      }
      throwIfCancelled(options.signal);
      this.#store.write(record);
      this.#pending.remove(request.id);
      if (request.repo.provider !== 'local') await this.#cache.prune();
      return { record, env: environmentOf(record) };
    } catch (error) {
      await this.#undo(place, base);
      throw error;
    }
  }

  /** A worktree of a local repository gets what git ignores and the work needs; a copy has it, a cache has none. */
  async #include(request: WorkspaceRequest, { path, source }: { readonly path: string; readonly source?: string | undefined }, project: ProjectFile, { signal, onProgress }: PrepareOptions): Promise<void> {
    if (request.kind !== 'worktree' || source === undefined) return;
    const { copied, skipped } = await copyIncluded({ source, target: path, patterns: project.include, globs: request.includeFiles ?? [], signal });
    if (copied.length > 0) onProgress?.('include', `Copied ${copied.length} ignored files`);
    for (const { path: name, why } of skipped) onProgress?.('include', `Not copied: ${name}, as ${why}`);
  }

  #ports(count: number, note: (more: Partial<PendingPlace>) => void): Promise<PortRange | undefined> {
    return this.#locks.hold('ports', async () => {
      const taken = [...this.#store.list(), ...this.#pending.list()].flatMap(({ ports }) => ports ?? []);
      const ports = await freeRange(count, taken);
      note({ ports });
      return ports;
    });
  }

  async #remove(record: WorkspaceRecord, options: RemoveOptions): Promise<RemovalReport> {
    if (options.runScripts === true && record.kind !== 'folder' && existsSync(record.path)) {
      await this.#script('teardown', record, options.signal).catch((error: unknown) => {
        throwIfCancelled(options.signal);
        this.#log.warn(`Workspace ${record.id}: ${messageOf(error)}`);
      });
    }
    const report = await this.#end(record, options);
    if (report.removed) {
      this.#store.remove(record.id);
      rmSync(this.scriptLog(record.id), { force: true });
    }
    return report;
  }

  async #end(record: WorkspaceRecord, options: RemovalOptions): Promise<RemovalReport> {
    switch (record.kind) {
      case 'folder':
        return { removed: true, reason: 'It is your own folder, which was left as it is.' };
      case 'copy':
        return removeCopy(record, realPathOf(this.#base) ?? this.#base, options.signal);
      case 'worktree':
        return removeWorktree(record, this.#locks, options);
    }
  }

  async #script(name: 'setup' | 'run' | 'teardown', record: WorkspaceRecord, signal: AbortSignal | undefined, show?: ScriptDescriptors): Promise<boolean> {
    const { [name]: script, timeouts } = readProject(record.source !== undefined && existsSync(record.source) ? record.source : record.path);
    if (script === undefined) return false;
    const seconds = timeouts[name];
    await runScript({ name, script, folder: record.path, env: environmentOf(record), logFile: this.scriptLog(record.id), show, timeoutMs: seconds === undefined ? undefined : seconds * 1_000, signal });
    return true;
  }

  async #undo(place: PendingPlace, base: string): Promise<void> {
    try {
      await undoPlace(place, base, this.#locks);
      this.#pending.remove(place.id);
    } catch (error) {
      this.#log.warn(`What was begun of workspace ${place.id} could not be taken back yet: ${messageOf(error)}`);
    }
  }
}

/** What an agent in it should have in its environment. No secrets. */
export function environmentOf({ path, source, ports }: WorkspaceRecord): Record<string, string> {
  return {
    TMUX_AGENTS_WORKSPACE: path,
    ...(source === undefined ? {} : { TMUX_AGENTS_SOURCE: source }),
    ...(ports === undefined ? {} : { TMUX_AGENTS_PORT: String(ports.first), TMUX_AGENTS_PORT_LAST: String(ports.last) }),
  };
}
