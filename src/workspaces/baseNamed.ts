// What a person calls the beginning of a worktree: a branch first, then a tag, then a commit.
import { AgentsError } from '../base/errors.ts';
import { Git } from './git.ts';
import { commitOf } from './startingPoint.ts';
import type { WorkspaceBase } from './types.ts';

/** Throws `not-found` where the repository of the folder has none of that name. */
export async function baseNamed(folder: string, name: string): Promise<WorkspaceBase> {
  const git = new Git(folder);
  for (const root of ['refs/heads/', 'refs/remotes/origin/']) if ((await commitOf(git, `${root}${name}`)) !== undefined) return { type: 'branch', ref: name };
  if ((await commitOf(git, `refs/tags/${name}`)) !== undefined) return { type: 'tag', tag: name };
  const commit = await commitOf(git, name);
  if (commit === undefined) throw new AgentsError('not-found', `There is no branch, tag or commit "${name}" in the repository of ${folder}.`, { hint: 'See them with: git branch --all && git tag' });
  return { type: 'commit', sha: commit };
}
