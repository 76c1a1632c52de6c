// Takes back what a preparation made that did not come to its end: nobody has worked in it, so nothing of it is kept.
import { rm } from 'node:fs/promises';
import { isInside, isThere } from './containment.ts';
import { Git } from './git.ts';
import { findRepository } from './localRepository.ts';
import type { WorkspaceLocks } from './locks.ts';
import type { PendingPlace } from './pendingPlaces.ts';
import { endLeftovers } from './leftoverProcesses.ts';
import { baseRef } from './removeWorktree.ts';
import { commitOf } from './startingPoint.ts';
import { deleteBranch, dropWorktree, worktreesLock } from './worktrees.ts';

/** `base` is the real path of the folder that workspaces lie in; nothing outside of it is deleted. */
export async function undoPlace(place: PendingPlace, base: string, locks: WorkspaceLocks): Promise<void> {
  const { id, path, repository: home, branch, commit } = place;
  const ours = path !== undefined && path !== base && isInside(base, path) ? path : undefined;
  if (ours !== undefined) await endLeftovers(ours);
  const repository = home !== undefined && isThere(home) ? await findRepository(home) : undefined;
  if (repository === undefined) {
    if (ours !== undefined) await rm(ours, { recursive: true, force: true, maxRetries: 5 });
    return;
  }
  await locks.hold(worktreesLock(repository.commonDir), async () => {
    if (ours !== undefined) await dropWorktree(repository.commonDir, ours);
    const git = new Git(repository.home);
    if (branch !== undefined && commit !== undefined && (await commitOf(git, `refs/heads/${branch}`)) === commit) await deleteBranch(git, branch, commit);
    await git.run(['update-ref', '-d', baseRef(id)]);
  });
}
