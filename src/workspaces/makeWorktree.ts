// A worktree of a local repository or of a bare cache, from the chosen point, with each step noted so that it can be undone.
import { checkReallyInside } from './containment.ts';
import { carryChanges, snapshotSource } from './carriedChanges.ts';
import { Git } from './git.ts';
import type { WorkspaceLocks } from './locks.ts';
import type { PendingPlace } from './pendingPlaces.ts';
import type { StartingPoint } from './startingPoint.ts';
import { fillSubmodules } from './submodules.ts';
import type { PrepareOptions } from './types.ts';
import { enterWorktree, fillWorktree, worktreesLock } from './worktrees.ts';

export interface WorktreePlan {
  readonly id: string;
  /** The folder that all workspaces lie in, by its real path. */
  readonly base: string;
  readonly path: string;
  readonly branch: string;
  readonly point: StartingPoint;
  /** Where git commands about the repository run. */
  readonly repository: string;
  /** The git folder that its worktrees share. */
  readonly commonDir: string;
  /** The folder whose uncommitted changes come along. */
  readonly changesOf?: string | undefined;
}

/** What it is compared with later: the starting commit, or a snapshot of what was carried along. */
export async function makeWorktree(plan: WorktreePlan, locks: WorkspaceLocks, note: (place: Partial<PendingPlace>) => void, { signal, onProgress }: PrepareOptions): Promise<string> {
  const { id, path, branch, point, repository } = plan;
  const compared = plan.changesOf === undefined ? point.commit : await snapshotSource(plan.changesOf, id, point.commit, signal);
  onProgress?.('worktree', `Making the worktree ${path} on branch ${branch}`);
  const worktree = { path, branch, commit: point.commit, env: { TMUX_AGENTS_WORKSPACE: path }, signal };
  await locks.hold(
    worktreesLock(plan.commonDir),
    async () => {
      note({ path, repository });
      await enterWorktree(new Git(repository), worktree);
      note({ path, repository, branch, commit: point.commit });
    },
    { signal },
  );
  checkReallyInside(plan.base, path);
  await fillWorktree(worktree, (why) => onProgress?.('worktree', `Large files stay pointers: ${why}`));
  if (compared !== point.commit) await carryChanges(path, point.commit, compared, signal);
  const empty = await fillSubmodules(path, worktree);
  if (empty !== undefined) onProgress?.('worktree', `Submodules stay empty: ${empty}`);
  return compared;
}
