// The local branches of a repository, and in which working tree each is checked out.
import { AgentsError } from '../../base/errors.ts';
import { Git } from '../git.ts';

export interface Branch {
  readonly name: string;
  readonly commit: string;
  /** The working tree that has it checked out: absolute path. */
  readonly checkout: string | undefined;
  /** Seconds since 1970 of its last commit. */
  readonly committed: number;
}

/** The latest first. */
export async function branchesOf(folder: string): Promise<Branch[]> {
  const git = new Git(folder);
  const [lines, checkouts] = await Promise.all([
    git.text(['for-each-ref', '--sort=-committerdate', '--format=%(objectname) %(committerdate:unix) %(refname)', 'refs/heads/']),
    checkedOut(git),
  ]);
  return lines.split('\n').filter((line) => line !== '').map((line) => {
    const [commit = '', seconds = '', ref = ''] = line.split(' ');
    const name = ref.slice('refs/heads/'.length);
    return { name, commit, checkout: checkouts.get(ref), committed: Number(seconds) };
  });
}

/** Fails with `not-found` where there is no such local branch. */
export async function branchNamed(folder: string, name: string): Promise<Branch> {
  const branch = (await branchesOf(folder)).find((one) => one.name === name);
  if (branch === undefined) throw new AgentsError('not-found', `There is no branch ${name} in this repository.`, { hint: `Make it first: git branch ${name}` });
  return branch;
}

/** Working trees by the full name of their branch. One that is in the middle of a rebase counts with the branch that it will end on. */
async function checkedOut(git: Git): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const block of (await git.text(['worktree', 'list', '--porcelain'])).split('\n\n')) {
    const path = /^worktree (.*)$/m.exec(block)?.[1];
    const branch = /^branch (.*)$/m.exec(block)?.[1];
    if (path !== undefined && branch !== undefined && !/^prunable\b/m.test(block)) found.set(branch, path);
  }
  return found;
}
