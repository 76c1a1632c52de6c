// The source's uncommitted and untracked files, carried into a new worktree without touching the source's index, HEAD or stash.
import { Git } from './git.ts';
import { lfsArguments } from './lfs.ts';
import { commitTree, snapshotTree } from './snapshot.ts';
import { baseRef } from './removeWorktree.ts';

/** A commit of all that the source holds, kept by a ref of the workspace; the starting commit itself where nothing has changed. */
export async function snapshotSource(source: string, id: string, commit: string, signal?: AbortSignal): Promise<string> {
  const git = new Git(source);
  const tree = await snapshotTree(git, signal);
  if (tree === (await git.text(['rev-parse', `${commit}^{tree}`], { signal }))) return commit;
  const snapshot = await commitTree(git, tree, [commit], `The changes that workspace ${id} began with`, signal);
  await git.run(['update-ref', baseRef(id), snapshot], { signal });
  return snapshot;
}

/** Puts the snapshot's files into a worktree that has its parent checked out: as uncommitted changes, as they were in the source. */
export async function carryChanges(worktree: string, from: string, snapshot: string, signal?: AbortSignal): Promise<void> {
  const git = new Git(worktree);
  await git.run([...(await lfsArguments()), 'read-tree', '-m', '-u', from, snapshot], { signal, timeoutMs: 10 * 60_000 });
  await git.run([...(await lfsArguments()), 'reset', '--quiet', '--mixed', from], { signal, timeoutMs: 10 * 60_000 });
}
