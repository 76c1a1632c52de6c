// Workspaces from their making to their end: which steps, in which order, under which locks. What each step does is in the files beside.
import { join } from 'node:path';
import { AgentsError, messageOf } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { stateFolder } from '../base/stateFolder.ts';
import { throwIfCancelled } from '../base/wait.ts';
import { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { newEntry, ownFolder } from './containment.ts';
import { diffTotals } from './diffTotals.ts';
import { Git } from './git.ts';
import { WorkspaceLocks } from './locks.ts';
import { findRepository, requireRepository } from './localRepository.ts';
import { makeWorktree } from './makeWorktree.ts';
import { PendingPlaces, type PendingPlace } from './pendingPlaces.ts';
import { checkRefName } from './refNames.ts';
import { removeWorktree, type RemovalOptions } from './removeWorktree.ts';
import { commitOf, currentPoint, findStartingPoint } from './startingPoint.ts';
import type { PrepareOptions, RemovalReport, Workspace, WorkspaceRequest } from './types.ts';
import { undoPlace } from './undoPlace.ts';
import type { WorkspaceStore } from './workspaceStore.ts';

export interface WorkspaceManagerOptions {
  /** Where worktrees and copies are made. Default: `$XDG_STATE_HOME/tmux-agents/worktrees`. */
  readonly base?: string | undefined;
  /** Where bare caches of remote repositories lie. Default: `$XDG_STATE_HOME/tmux-agents/repositories`. */
  readonly cache?: string | undefined;
  readonly store: WorkspaceStore;
  readonly log?: Log | undefined;
}

/** What `prepare` has found out and made, before it becomes a record. */
type Made = Pick<WorkspaceRecord, 'path' | 'repository' | 'source' | 'branch' | 'base'>;

export class WorkspaceManager {
  readonly #base: string;
  readonly #store: WorkspaceStore;
  readonly #log: Log;
  readonly #locks: WorkspaceLocks;
  readonly #pending: PendingPlaces;

  constructor({ base = stateFolder(process.env, 'worktrees'), store, log = silentLog }: WorkspaceManagerOptions) {
    this.#base = base;
    this.#store = store;
    this.#log = log;
    this.#locks = new WorkspaceLocks(join(base, '.locks'));
    this.#pending = new PendingPlaces(join(base, '.pending'));
  }

  /** Makes it ready to work in, or leaves nothing behind. Throws `bad-input`, `name-taken`, `not-found`, `folder-missing`, `git-failed`, `cancelled`, `timeout`, `unsupported`. */
  async prepare(request: WorkspaceRequest, options: PrepareOptions = {}): Promise<Workspace> {
    throwIfCancelled(options.signal);
    if (!WorkspaceRecord.shape.id.safeParse(request.id).success) throw new AgentsError('bad-input', `${JSON.stringify(request.id)} cannot name a workspace: up to 100 letters, digits, "_", "." and "-", a letter or digit first.`);
    if (request.branch !== undefined) checkRefName(request.branch, 'branch');
    return this.#locks.hold(`workspace ${request.id}`, () => this.#prepare(request, options), { signal: options.signal });
  }

  /** Ends a workspace without losing its work: see the report. The user's own folder is only forgotten. */
  async remove(record: WorkspaceRecord, options: RemovalOptions = {}): Promise<RemovalReport> {
    return this.#locks.hold(`workspace ${record.id}`, () => this.#remove(record, options), { signal: options.signal });
  }

  /** The oldest first. */
  list(): WorkspaceRecord[] {
    return this.#store.list();
  }

  /** What was changed since its base: committed, uncommitted and untracked. */
  diffTotals = diffTotals;

  async #prepare(request: WorkspaceRequest, options: PrepareOptions): Promise<Workspace> {
    if (this.#store.read(request.id)) throw new AgentsError('name-taken', `There is a workspace ${request.id} already.`);
    const base = ownFolder(this.#base);
    const before = this.#pending.read(request.id);
    if (before) await undoPlace(before, base, this.#locks);
    let place: PendingPlace = { id: request.id, kind: request.kind };
    const note = (more: Partial<PendingPlace>): void => this.#pending.write((place = { ...place, ...more }));
    try {
      note({});
      const made = await this.#make(request, base, note, options);
      const record: WorkspaceRecord = { v: 1, id: request.id, kind: request.kind, ...made, ...(request.owner === undefined ? {} : { owner: request.owner }), createdAt: new Date().toISOString() };
      this.#store.write(record);
      this.#pending.remove(request.id);
      return { record, env: environmentOf(record) };
    } catch (error) {
      await this.#undo(place, base);
      throw error;
    }
  }

  async #make(request: WorkspaceRequest, base: string, note: (more: Partial<PendingPlace>) => void, options: PrepareOptions): Promise<Made> {
    if (request.repo.provider !== 'local') throw new AgentsError('unsupported', 'Remote repositories are not supported yet.');
    if (request.kind === 'folder') return ownFolderOf(request.repo.path, options);
    if (request.kind === 'copy') throw new AgentsError('unsupported', 'Copies are not supported yet.');
    options.onProgress?.('check', `Looking at ${request.repo.path}`);
    const repository = await requireRepository(request.repo.path, options.signal);
    const git = new Git(repository.top);
    const asked = request.base ?? { type: 'current', withChanges: false };
    const where = { git, label: repository.top, branchRoots: ['refs/heads/', 'refs/remotes/origin/'], remote: 'origin', signal: options.signal };
    const point = asked.type === 'current' ? await currentPoint(where) : await findStartingPoint(where, asked);
    const branch = checkRefName(request.branch ?? `tmux-agents/${request.id}`, 'branch');
    const path = newEntry(base, request.id);
    const changesOf = asked.type === 'current' && asked.withChanges && !repository.bare ? repository.top : undefined;
    const commit = await makeWorktree({ id: request.id, base, path, branch, point, repository: repository.home, commonDir: repository.commonDir, changesOf }, this.#locks, note, options);
    return { path, repository: repository.home, source: repository.top, branch, base: { commit, ...(point.ref === undefined ? {} : { ref: point.ref }) } };
  }

  async #remove(record: WorkspaceRecord, options: RemovalOptions): Promise<RemovalReport> {
    const report = await this.#end(record, options);
    if (report.removed) this.#store.remove(record.id);
    return report;
  }

  async #end(record: WorkspaceRecord, options: RemovalOptions): Promise<RemovalReport> {
    if (record.kind === 'folder') return { removed: true, reason: 'It is your own folder, which was left as it is.' };
    return this.#locks.hold(`the worktrees of ${record.repository}`, () => removeWorktree(record, options), { signal: options.signal });
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

async function ownFolderOf(path: string, { signal }: PrepareOptions): Promise<Made> {
  const repository = await findRepository(path, signal);
  const { realpathSync } = await import('node:fs');
  const real = realpathSync(path);
  if (repository === undefined) return { path: real, source: real };
  const git = new Git(repository.top);
  if ((await commitOf(git, 'HEAD', signal)) === undefined) return { path: real, source: real, repository: repository.home };
  const point = await currentPoint({ git, label: repository.top, branchRoots: [], remote: undefined, signal });
  return { path: real, source: real, repository: repository.home, base: { commit: point.commit, ...(point.ref === undefined ? {} : { ref: point.ref }) } };
}

function environmentOf(record: WorkspaceRecord): Record<string, string> {
  return {
    TMUX_AGENTS_WORKSPACE: record.path,
    ...(record.source === undefined ? {} : { TMUX_AGENTS_SOURCE: record.source }),
    ...(record.ports === undefined ? {} : { TMUX_AGENTS_PORT: String(record.ports.first), TMUX_AGENTS_PORT_LAST: String(record.ports.last) }),
  };
}
