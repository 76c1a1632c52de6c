// One way of making a workspace for each kind and each sort of repository; what comes out is the place's part of the record.
import { messageOf, AgentsError } from '../base/errors.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { newEntry, realPathOf } from './containment.ts';
import { Git } from './git.ts';
import { failureKind } from './gitFailure.ts';
import { findRepository, requireRepository, type LocalRepository } from './localRepository.ts';
import type { WorkspaceLocks } from './locks.ts';
import { makeCopy } from './makeCopy.ts';
import { makeWorktree } from './makeWorktree.ts';
import type { PendingPlace } from './pendingPlaces.ts';
import { checkRefName } from './refNames.ts';
import type { RemoteRef } from './remoteRepository.ts';
import type { RepositoryCache } from './repositoryCache.ts';
import { commitOf, currentPoint, findStartingPoint, type StartingPoint } from './startingPoint.ts';
import type { PrepareOptions, WorkspaceRequest } from './types.ts';
import { undoPlace } from './undoPlace.ts';

export type Place = Pick<WorkspaceRecord, 'path' | 'repository' | 'source' | 'branch' | 'base'>;

export interface MakeContext {
  readonly locks: WorkspaceLocks;
  readonly cache: RepositoryCache;
  /** Real path of the folder that workspaces lie in. */
  readonly base: string;
  /** Remembers what is about to be made. */
  readonly note: (more: Partial<PendingPlace>) => void;
}

/** Throws as `WorkspaceManager.prepare` does; what was begun by then is noted. */
export async function makePlace(request: WorkspaceRequest, context: MakeContext, options: PrepareOptions): Promise<Place> {
  const { repo, kind } = request;
  if (repo.provider !== 'local') {
    if (kind !== 'worktree') throw new AgentsError('unsupported', `A repository of ${repo.provider} can only be worked on in a worktree, not in a ${kind}.`);
    return remoteWorktree(request, repo, context, options);
  }
  options.onProgress?.('check', `Looking at ${repo.path}`);
  switch (kind) {
    case 'folder':
      return ownFolderPlace(repo.path, options);
    case 'copy':
      return copyPlace(request, repo.path, context, options);
    case 'worktree':
      return localWorktree(request, await requireRepository(repo.path, options.signal), context, options);
  }
}

async function ownFolderPlace(folder: string, { signal }: PrepareOptions): Promise<Place> {
  const repository = await findRepository(folder, signal);
  const path = realPathOf(folder) ?? folder;
  if (repository === undefined) return { path, source: path };
  const point = await pointOrNothing(repository, signal);
  return { path, source: path, repository: repository.home, ...(point === undefined ? {} : { base: baseOf(point.commit, point) }) };
}

async function copyPlace(request: WorkspaceRequest, folder: string, { base, note }: MakeContext, options: PrepareOptions): Promise<Place> {
  const { base: asked } = request;
  if (asked !== undefined && asked.type !== 'current') throw new AgentsError('unsupported', `A copy begins with what the folder holds now, not with a ${asked.type}.`, { hint: 'Choose a worktree for that.' });
  const repository = await findRepository(folder, options.signal);
  if (repository?.bare === true) throw new AgentsError('unsupported', `${folder} is a bare repository, which has no files to copy.`, { hint: 'Choose a worktree.' });
  const source = repository?.top ?? realPathOf(folder) ?? folder;
  const path = newEntry(base, request.folder ?? request.id);
  if (source === base || base.startsWith(`${source}/`)) throw new AgentsError('bad-input', `${source} holds the folder of all workspaces, and would be copied into itself.`);
  note({ path });
  const commit = await makeCopy({ id: request.id, base, source, repository, path }, options);
  const point = repository === undefined ? undefined : await pointOrNothing(repository, options.signal);
  return { path, source, ...(commit === undefined ? {} : { base: baseOf(commit, point) }) };
}

async function localWorktree(request: WorkspaceRequest, repository: LocalRepository, { base, locks, note }: MakeContext, options: PrepareOptions): Promise<Place> {
  const git = new Git(repository.top);
  const asked = request.base ?? { type: 'current', withChanges: false };
  const remotes = asked.type === 'pullRequest' || asked.type === 'branch' ? (await git.text(['remote'], { signal: options.signal })).split('\n').filter((name) => name !== '') : [];
  const remote = remotes.includes('origin') ? 'origin' : remotes[0];
  const where = { git, label: repository.top, branchRoots: ['refs/heads/', ...(remote === undefined ? [] : [`refs/remotes/${remote}/`])], remote, signal: options.signal };
  const point = asked.type === 'current' ? await currentPoint(where) : await findStartingPoint(where, asked);
  const path = newEntry(base, request.folder ?? request.id);
  const changesOf = asked.type === 'current' && asked.withChanges && !repository.bare ? repository.top : undefined;
  const branch = branchOf(request);
  const commit = await makeWorktree({ id: request.id, base, path, branch, point, repository: repository.home, commonDir: repository.commonDir, changesOf }, locks, note, options);
  return { path, repository: repository.home, ...(repository.bare ? {} : { source: repository.top }), branch, base: baseOf(commit, point) };
}

/** A damaged cache may show only when files are written: it is put aside then, and everything done once more. */
async function remoteWorktree(request: WorkspaceRequest, repo: RemoteRef, context: MakeContext, options: PrepareOptions, again = true): Promise<Place> {
  const { base, locks, note, cache } = context;
  if (request.base?.type === 'current') throw new AgentsError('bad-input', 'Current changes are those of a folder on this machine: a remote repository has none.');
  const { folder, label, defaultBranch } = await cache.open(repo, { signal: options.signal, say: (message) => options.onProgress?.('fetch', message) });
  if (request.base === undefined && defaultBranch === undefined) throw new AgentsError('not-found', `${label} names no default branch.`, { hint: 'Name the branch to begin from.' });
  let began: Partial<PendingPlace> = {};
  try {
    const where = { git: new Git(folder), label, branchRoots: ['refs/remotes/origin/'], remote: 'origin', signal: options.signal };
    const point = await findStartingPoint(where, request.base ?? { type: 'branch', ref: defaultBranch ?? '' });
    const path = newEntry(base, request.folder ?? request.id);
    const branch = branchOf(request);
    await makeWorktree({ id: request.id, base, path, branch, point, repository: folder, commonDir: folder }, locks, (more) => note((began = { ...began, ...more })), options);
    return { path, repository: folder, branch, base: baseOf(point.commit, point) };
  } catch (error) {
    if (!again || failureKind(error) !== 'damage') throw error;
    options.onProgress?.('fetch', `The cache of ${label} is damaged and is fetched anew: ${messageOf(error)}`);
    await undoPlace({ id: request.id, kind: request.kind, ...began }, base, locks).catch(() => undefined);
    await cache.retire(repo, folder);
    return remoteWorktree(request, repo, context, options, false);
  }
}

async function pointOrNothing(repository: LocalRepository, signal: AbortSignal | undefined): Promise<StartingPoint | undefined> {
  const git = new Git(repository.top);
  return (await commitOf(git, 'HEAD', signal)) === undefined ? undefined : currentPoint({ git, label: repository.top, branchRoots: [], remote: undefined, signal });
}

function branchOf(request: WorkspaceRequest): string {
  return checkRefName(request.branch ?? `tmux-agents/${request.id}`, 'branch');
}

function baseOf(commit: string, point: StartingPoint | undefined): { commit: string; ref?: string } {
  return { commit, ...(point?.ref === undefined ? {} : { ref: point.ref }) };
}
