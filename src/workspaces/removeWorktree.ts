// A worktree's end: its work is safe in the repository before anything is deleted, or it stays and the report says why.
import { lstatSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { isThere } from './containment.ts';
import { Git } from './git.ts';
import type { WorkspaceLocks } from './locks.ts';
import { findRepository, type LocalRepository } from './localRepository.ts';
import { isKeptElsewhere, rescueIndex, rescueWork } from './rescue.ts';
import { commitOf } from './startingPoint.ts';
import { workInSubmodules } from './submodules.ts';
import type { RemovalReport } from './types.ts';
import { deleteBranch, dropWorktree, worktreeEntry, worktreesLock } from './worktrees.ts';

export interface RemovalOptions {
  /** Removes a locked worktree, too. Work is never lost by it. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Never throws for what can be told in the report, `cancelled` and `timeout` of the repository's lock aside. */
export async function removeWorktree(record: WorkspaceRecord, locks: WorkspaceLocks, options: RemovalOptions): Promise<RemovalReport> {
  const { repository: home } = record;
  if (home === undefined) return kept('its record names no repository');
  const repository = isThere(home) ? await findRepository(home, options.signal).catch(() => undefined) : undefined;
  if (repository === undefined) return isThere(record.path) ? kept(`its repository ${home} is gone or damaged, and nothing else could keep its work`) : { removed: true };
  return locks.hold(
    worktreesLock(repository.commonDir),
    async () => {
      try {
        return await remove(record, repository, options);
      } catch (error) {
        if (isAgentsError(error, 'cancelled')) throw error;
        return kept(messageOf(error), home);
      }
    },
    options,
  );
}

async function remove(record: WorkspaceRecord, repository: LocalRepository, { force = false, signal }: RemovalOptions): Promise<RemovalReport> {
  const { path, id, branch } = record;
  const git = new Git(repository.home);
  const entry = await worktreeEntry(repository.commonDir, path);
  const folderThere = isThere(path);
  if (entry === undefined && folderThere) return kept(`${repository.home} knows no worktree at ${path}`, repository.home);
  const lock = entry === undefined ? undefined : await readFile(join(entry, 'locked'), 'utf8').catch(() => undefined);
  if (lock !== undefined && !force) return kept(`it is locked${lock.trim() === '' ? '' : `: ${lock.trim()}`}`, repository.home);
  let rescueRef: string | undefined;
  if (entry !== undefined && folderThere) {
    mendPointer(path, entry);
    const inside = await workInSubmodules(new Git(path), signal);
    if (inside !== undefined) return kept(inside, repository.home);
    rescueRef = await rescueWork(new Git(path), id, signal);
  } else if (entry !== undefined) {
    rescueRef = await rescueIndex(entry, id, signal);
  }
  await dropWorktree(repository.commonDir, path);
  const keptBranch = branch === undefined ? undefined : await endBranch(git, branch);
  await git.run(['update-ref', '-d', baseRef(id)]);
  return { removed: true, repository: repository.home, ...(rescueRef === undefined ? {} : { rescueRef }), ...(keptBranch === undefined ? {} : { branch: keptBranch }) };
}

/** The ref that keeps the snapshot alive which a workspace with carried changes began from. */
export function baseRef(id: string): string {
  return `refs/tmux-agents/base/${id}`;
}

/** Deletes the branch when another ref has all its commits; otherwise gives its name. */
async function endBranch(git: Git, branch: string): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  const tip = await commitOf(git, ref);
  if (tip === undefined) return undefined;
  if (!(await isKeptElsewhere(git, tip, ref))) return branch;
  const elsewhere = await git.text(['for-each-ref', '--format=%(worktreepath)', ref]);
  if (elsewhere !== '') return branch;
  await deleteBranch(git, branch, tip);
  return undefined;
}

/** A worktree without its `.git` file would be taken for a part of whatever repository lies around it. */
function mendPointer(path: string, entry: string): void {
  const pointer = join(path, '.git');
  if (!isThere(pointer)) writeFileSync(pointer, `gitdir: ${entry}\n`);
  else if (!lstatSync(pointer).isFile()) throw new AgentsError('unsupported', `${path} was made a repository of its own, whose work cannot be kept elsewhere.`);
}

function kept(why: string, repository?: string): RemovalReport {
  return { removed: false, reason: `It was kept: ${why}.`.replace(/\.\.$/, '.'), ...(repository === undefined ? {} : { repository }) };
}
