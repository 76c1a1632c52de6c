// A folder that was made by hand, or lost its record, becomes a workspace: what it is and began from is read off it.
import { basename } from 'node:path';
import { AgentsError } from '../base/errors.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { realPathOf } from './containment.ts';
import { Git } from './git.ts';
import { findRepository } from './localRepository.ts';
import { isRefName } from './refNames.ts';
import { baseRef } from './removeWorktree.ts';
import { commitOf } from './startingPoint.ts';

/** The record for a working tree; its base is where it left its repository's own branch. Throws `folder-missing`, `bad-input`. */
export async function recordOf(folder: string, isTaken: (id: string) => boolean, owner?: string): Promise<WorkspaceRecord> {
  const path = realPathOf(folder);
  if (path === undefined) throw new AgentsError('folder-missing', `The folder ${folder} does not exist.`);
  const repository = await findRepository(path);
  if (repository === undefined) throw new AgentsError('bad-input', `${path} is in no git repository: only a working tree can be adopted.`);
  if (repository.bare || repository.top !== path) throw new AgentsError('bad-input', `${path} is no working tree's top folder.`, { hint: `Adopt ${repository.top} instead.` });
  const git = new Git(path);
  const linked = repository.home !== path;
  const id = freeId(basename(path), isTaken);
  const head = await commitOf(git, 'HEAD');
  const branch = await git.text(['branch', '--show-current']);
  const main = await mainBranch(new Git(repository.home), linked ? branch : undefined);
  const snapshot = linked ? await commitOf(git, baseRef(id)) : undefined;
  const fork = head === undefined || main === undefined ? head : (await git.run(['merge-base', head, main.commit], { accept: [0, 1] })).stdout.toString('utf8').trim() || head;
  const commit = snapshot ?? fork;
  return {
    v: 1,
    id,
    kind: linked ? 'worktree' : 'folder',
    path,
    repository: repository.home,
    ...(linked && repository.home !== repository.commonDir ? { source: repository.home } : linked ? {} : { source: path }),
    // Another's branch is not ours to delete, merged or not.
    ...(linked && branch.startsWith('tmux-agents/') ? { branch } : {}),
    ...(commit === undefined ? {} : { base: { commit, ...(main === undefined ? {} : { ref: main.name }) } }),
    ...(owner === undefined ? {} : { owner }),
    createdAt: new Date().toISOString(),
  };
}

/** The branch that the repository itself is on, or its remote's default; never `except`. */
async function mainBranch(git: Git, except: string | undefined): Promise<{ readonly name: string; readonly commit: string } | undefined> {
  const own = await git.run(['symbolic-ref', '--quiet', '--short', 'HEAD'], { accept: [0, 1] });
  const remote = await git.run(['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD'], { accept: [0, 1] });
  const names = [own.stdout.toString('utf8').trim(), remote.stdout.toString('utf8').trim().replace(/^origin\//, '')];
  for (const name of names) {
    if (!isRefName(name) || name === except) continue;
    const commit = (await commitOf(git, `refs/heads/${name}`)) ?? (await commitOf(git, `refs/remotes/origin/${name}`));
    if (commit !== undefined) return { name, commit };
  }
  return undefined;
}

function freeId(name: string, isTaken: (id: string) => boolean): string {
  const plain = name.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 90) || 'workspace';
  for (let number = 1; ; number++) {
    const id = number === 1 ? plain : `${plain}-${number}`;
    if (!isTaken(id)) return id;
  }
}
