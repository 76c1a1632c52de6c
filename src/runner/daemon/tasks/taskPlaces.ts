// The workspaces of the daemon's sessions: a task's as planned, below the folder of all worktrees; a session that a person started through the hub gets one beside them.
import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Disposable } from '../../../base/disposable.ts';
import { AgentsError } from '../../../base/errors.ts';
import { Emitter, type Event } from '../../../base/event.ts';
import type { Log } from '../../../base/log.ts';
import { PRIVATE_FOLDER } from '../../../base/stateFile.ts';
import type { DiffTotals } from '../../../protocol/runnerEvent.ts';
import { WorkspaceRecord } from '../../../protocol/workspaceRecord.ts';
import { checkReallyInside, ownFolder } from '../../../workspaces/containment.ts';
import { Git } from '../../../workspaces/git.ts';
import { requireRepository } from '../../../workspaces/localRepository.ts';
import { commitOf } from '../../../workspaces/startingPoint.ts';
import type { PrepareOptions, RemovalReport, Workspace, WorkspaceRequest } from '../../../workspaces/types.ts';
import { environmentOf, WorkspaceManager } from '../../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../../workspaces/workspaceStore.ts';
import type { TouchedFile, WorkspacePort } from '../../service/workspacePort.ts';
import { startingCommit } from './startingCommit.ts';
import { SESSIONS_FOLDER } from './taskPaths.ts';
import { allowedRepository, type TaskPlace } from './taskPlan.ts';
import type { DaemonSettings } from '../settings/daemonSettings.ts';
import type { ProjectMap } from '../settings/projectMap.ts';

export interface TaskPlacesOptions {
  readonly settings: DaemonSettings;
  readonly projects: () => ProjectMap;
  /** Where repositories of remotes are kept. */
  readonly cache: string;
  readonly log: Log;
}

type WorktreePlace = Extract<TaskPlace, { readonly kind: 'worktree' }>;

export class TaskPlaces implements WorkspacePort, Disposable {
  /** The folder of all worktrees, by its real path. */
  readonly base: string;
  readonly #options: TaskPlacesOptions;
  readonly #store: WorkspaceStore;
  readonly #plans = new Map<string, TaskPlace>();
  readonly #managers = new Map<string, WorkspaceManager>();
  readonly #ready = new Emitter<{ readonly sessionId: string; readonly path: string; readonly branch: string | undefined }>();

  /** Makes the folder of all worktrees where it is missing. */
  constructor(options: TaskPlacesOptions) {
    this.#options = options;
    this.base = ownFolder(options.settings.worktreeBase);
    this.#store = new WorkspaceStore(undefined, options.log);
  }

  /** A task's session has the folder that it works in. */
  readonly onDidPrepare: Event<{ readonly sessionId: string; readonly path: string; readonly branch: string | undefined }> = this.#ready.event;

  /** Where that session is to work. */
  plan(sessionId: string, place: TaskPlace): void {
    this.#plans.set(sessionId, place);
  }

  async prepare(request: WorkspaceRequest, options: PrepareOptions = {}): Promise<Workspace> {
    const sessionId = request.owner ?? request.id;
    const place = this.#plans.get(sessionId);
    if (place === undefined) return this.#ofPerson(request, options);
    this.#plans.delete(sessionId);
    const workspace = await this.#ofTask(request, place, options);
    this.#ready.fire({ sessionId, path: workspace.record.path, branch: place.kind === 'scratch' ? undefined : place.branch });
    return workspace;
  }

  remove(record: WorkspaceRecord): Promise<RemovalReport> {
    return this.#manager(dirname(record.path)).remove(record);
  }

  diffTotals(record: WorkspaceRecord): Promise<DiffTotals> {
    return this.#manager(dirname(record.path)).diffTotals(record);
  }

  watchFiles(record: WorkspaceRecord, onTouch: (file: TouchedFile) => void): Disposable {
    return this.#manager(dirname(record.path)).watchFiles(record, onTouch);
  }

  dispose(): void {
    this.#ready.dispose();
  }

  #ofPerson(request: WorkspaceRequest, options: PrepareOptions): Promise<Workspace> {
    const { settings, projects } = this.#options;
    const repo = request.repo.provider === 'local' ? allowedRepository(request.repo.path, settings, projects()) : request.repo;
    if (repo !== request.repo && repo.provider !== 'local') throw new AgentsError('bad-input', 'The session names no repository.');
    if (repo.provider !== 'local' && settings.allowedRepoRoots.length > 0) throw new AgentsError('policy-denied', 'This runner takes only repositories below its "allowed_repo_roots".');
    return this.#manager(join(this.base, SESSIONS_FOLDER)).prepare({ ...request, repo }, options);
  }

  async #ofTask(request: WorkspaceRequest, place: TaskPlace, options: PrepareOptions): Promise<Workspace> {
    switch (place.kind) {
      case 'folder':
        return this.#folder(request, place.path, options);
      case 'scratch':
        this.#make(place.path);
        return this.#folder(request, place.path, options);
      case 'worktree':
        this.#make(dirname(place.path));
        return place.start === 'begin' ? this.#begin(request, place, options) : this.#goOn(request, place, options);
    }
  }

  /** As it is: only its record is made. */
  #folder(request: WorkspaceRequest, path: string, options: PrepareOptions): Promise<Workspace> {
    return this.#manager(join(this.base, SESSIONS_FOLDER)).prepare({ ...request, kind: 'folder', repo: { provider: 'local', path }, base: undefined, branch: undefined }, options);
  }

  /** A new branch; what it is compared with later is the branch that it began from. */
  async #begin(request: WorkspaceRequest, { repo, branch, path }: WorktreePlace, options: PrepareOptions): Promise<Workspace> {
    const manager = this.#manager(dirname(path));
    const wanted = { ...request, kind: 'worktree', repo, branch, folder: basename(path) } as const;
    if (repo.provider !== 'local') return manager.prepare({ ...wanted, base: undefined }, options);
    const git = new Git((await requireRepository(repo.path, options.signal)).home);
    const point = await this.#point(git, branch, options);
    const workspace = await manager.prepare({ ...wanted, base: { type: 'commit', sha: point.commit } }, options);
    const record = WorkspaceRecord.parse({ ...workspace.record, base: { commit: point.commit, ...(point.ref === undefined ? {} : { ref: point.ref }) } });
    this.#store.write(record);
    return { ...workspace, record };
  }

  /** A branch that only the remote has is gone on with; everything else begins from the default branch. */
  async #point(git: Git, branch: string, { signal, onProgress }: PrepareOptions): Promise<{ readonly commit: string; readonly ref?: string | undefined }> {
    const start = await startingCommit(git, { signal, say: (message) => onProgress?.('fetch', message) });
    const remote = (await git.text(['for-each-ref', '--format=%(refname)', `refs/remotes/*/${branch}`], { signal })).split('\n')[0];
    const commit = remote === undefined || remote === '' ? undefined : await commitOf(git, remote, signal);
    return commit === undefined ? start : { commit, ref: start.ref };
  }

  /** A branch that is there gets a worktree; git refuses where it is checked out elsewhere. */
  async #goOn(request: WorkspaceRequest, { repo, branch, path }: WorktreePlace, { signal, onProgress }: PrepareOptions): Promise<Workspace> {
    if (repo.provider !== 'local') throw new AgentsError('unsupported', `The branch ${branch} can only be gone on with in a repository on this machine.`);
    const repository = await requireRepository(repo.path, signal);
    const git = new Git(repository.home);
    onProgress?.('worktree', `Making the worktree ${path} on the branch ${branch}`);
    await git.run(['worktree', 'add', '--quiet', '--', path, branch], { signal, timeoutMs: 30 * 60_000 });
    checkReallyInside(this.base, path);
    const commit = await commitOf(git, `refs/heads/${branch}`, signal);
    const record: WorkspaceRecord = {
      v: 1,
      id: request.id,
      kind: 'worktree',
      path,
      repository: repository.home,
      ...(repository.bare ? {} : { source: repository.top }),
      ...(commit === undefined ? {} : { base: { commit } }),
      ...(request.owner === undefined ? {} : { owner: request.owner }),
      createdAt: new Date().toISOString(),
    };
    this.#store.write(record);
    return { record, env: environmentOf(record) };
  }

  /** A folder of ours, which no link may have put elsewhere meanwhile. */
  #make(path: string): void {
    mkdirSync(path, PRIVATE_FOLDER);
    if (realpathSync(path) !== this.base) checkReallyInside(this.base, path);
  }

  #manager(base: string): WorkspaceManager {
    let manager = this.#managers.get(base);
    if (manager === undefined) {
      manager = new WorkspaceManager({ base, cache: this.#options.cache, store: this.#store, log: this.#options.log });
      this.#managers.set(base, manager);
    }
    return manager;
  }
}
