// Where a worktree begins: a branch, tag, commit, pull request or the current state, found as one commit, or a sentence that says what is missing.
import { AgentsError, isAgentsError } from '../base/errors.ts';
import type { Git } from './git.ts';
import { checkCommitName, checkRefName } from './refNames.ts';
import type { WorkspaceBase } from './types.ts';

export interface StartingPoint {
  readonly commit: string;
  /** The branch that a merge goes to by default. */
  readonly ref?: string | undefined;
}

export interface PointPlace {
  readonly git: Git;
  /** Named in sentences: a folder, or `github.com/owner/name`. */
  readonly label: string;
  /** Where branches are looked for, the first that has it wins: `refs/heads/`, `refs/remotes/origin/`. */
  readonly branchRoots: readonly string[];
  /** The remote that has its pull requests; undefined where there is none. */
  readonly remote: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `not-found` when it is not there (any more), `bad-input` for names that are none, `git-failed` when a pull request cannot be fetched. */
export async function findStartingPoint(place: PointPlace, base: Exclude<WorkspaceBase, { readonly type: 'current' }>): Promise<StartingPoint> {
  switch (base.type) {
    case 'branch':
      return branchPoint(place, checkRefName(base.ref, 'branch'));
    case 'tag':
      return { commit: await orMissing(place, `refs/tags/${checkRefName(base.tag, 'tag')}`, `tag "${base.tag}"`) };
    case 'commit':
      return { commit: await orMissing(place, checkCommitName(base.sha), `commit ${base.sha}`) };
    case 'pullRequest':
      return { commit: await pullRequestCommit(place, base.number) };
  }
}

/** HEAD and the branch it is on. Throws `bad-input` where nothing was committed yet. */
export async function currentPoint({ git, label, signal }: PointPlace): Promise<StartingPoint> {
  const commit = await commitOf(git, 'HEAD', signal);
  if (commit === undefined) throw new AgentsError('bad-input', `${label} has no commit yet: there is nothing to begin from.`, { hint: 'Commit something first, or let the agent work in the folder itself.' });
  const branch = await git.run(['symbolic-ref', '--quiet', '--short', 'HEAD'], { accept: [0, 1], signal });
  return { commit, ref: branch.code === 0 ? branch.stdout.toString('utf8').trim() : undefined };
}

/** The commit that a name stands for, or undefined. Other failures of git are thrown. */
export async function commitOf(git: Git, name: string, signal?: AbortSignal): Promise<string | undefined> {
  const { code, stdout } = await git.run(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], { accept: [0, 1, 128], signal });
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
}

async function branchPoint(place: PointPlace, branch: string): Promise<StartingPoint> {
  for (const root of place.branchRoots) {
    const commit = await commitOf(place.git, `${root}${branch}`, place.signal);
    if (commit !== undefined) return { commit, ref: branch };
  }
  throw missing(place, `branch "${branch}"`);
}

async function orMissing(place: PointPlace, name: string, what: string): Promise<string> {
  const commit = await commitOf(place.git, name, place.signal);
  if (commit === undefined) throw missing(place, what);
  return commit;
}

function missing({ label }: PointPlace, what: string): AgentsError {
  return new AgentsError('not-found', `The ${what} is not in ${label}: it may have been deleted or renamed.`, { hint: 'Choose another base.' });
}

/** GitHub, GitLab and Bitbucket Server keep them as refs, each under its own name; the remote is asked which it has. */
async function pullRequestCommit({ git, label, remote, signal }: PointPlace, number: number): Promise<string> {
  if (!Number.isSafeInteger(number) || number < 1) throw new AgentsError('bad-input', `${number} is no number of a pull request.`);
  if (remote === undefined) throw new AgentsError('not-found', `${label} has no remote that could have pull requests.`);
  const names = [`refs/pull/${number}/head`, `refs/merge-requests/${number}/head`, `refs/pull-requests/${number}/from`];
  const found = (await git.text(['ls-remote', '--quiet', remote, ...names], { signal, timeoutMs: 120_000 })).split('\n').flatMap((line) => line.split('\t')[1] ?? []);
  const [name] = found.filter((each) => names.includes(each));
  if (name === undefined) throw new AgentsError('not-found', `${label} has no pull request ${number} that git can fetch.`, { hint: 'Bitbucket Cloud keeps none as refs: choose its branch instead.' });
  const kept = `refs/tmux-agents/pull/${number}`;
  try {
    await git.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', remote, `+${name}:${kept}`], { signal, timeoutMs: 10 * 60_000 });
  } catch (error) {
    if (!isAgentsError(error, 'git-failed')) throw error;
    throw new AgentsError('git-failed', `Pull request ${number} of ${label} cannot be fetched: ${error.message}`, { cause: error });
  }
  const commit = await commitOf(git, kept, signal);
  if (commit === undefined) throw new AgentsError('git-failed', `Pull request ${number} of ${label} was fetched but is no commit.`);
  return commit;
}
