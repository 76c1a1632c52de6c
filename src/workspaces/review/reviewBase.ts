// What a folder's work is compared with: the base of its workspace, moved on to what of it was merged meanwhile; HEAD where there is no workspace.
import { realpathSync } from 'node:fs';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import { Git } from '../git.ts';
import type { WorkspaceStore } from '../workspaceStore.ts';

/** The id of git's empty tree: the base of a repository without a commit. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A folder whose work can be reviewed. */
export interface Reviewed {
  /** The root of the working tree: absolute, real. */
  readonly folder: string;
  /** The commit (or git's empty tree) that changes are shown against. */
  readonly base: string;
  /** The branch that a merge goes to by default. */
  readonly baseRef: string | undefined;
  /** What is checked out; undefined where HEAD is detached. */
  readonly branch: string | undefined;
  /** Undefined in a repository without a commit. */
  readonly head: string | undefined;
  readonly record: WorkspaceRecord | undefined;
}

/**
 * `since` is the commit to compare with where the folder is no workspace of ours, if the repository has it. Fails with `folder-missing`
 * or `unsupported`, and the way out, where the folder is no git repository.
 */
export async function reviewOf(folder: string, store: WorkspaceStore, since?: string): Promise<Reviewed> {
  const root = await rootOf(folder);
  const git = new Git(root);
  const head = await optional(git, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  const branch = await optional(git, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const record = store.at(folder) ?? store.at(root);
  const base = head === undefined ? EMPTY_TREE : await effectiveBase(git, record, head, branch, since);
  return { folder: root, base, baseRef: record?.base?.ref, branch, head, record };
}

async function rootOf(folder: string): Promise<string> {
  let real: string;
  try {
    real = realpathSync(folder);
  } catch (error) {
    throw new AgentsError('folder-missing', `The folder ${folder} is not on this machine.`, { hint: 'Its changes can be seen where the folder is.', cause: error });
  }
  try {
    return realpathSync(await new Git(real).text(['rev-parse', '--show-toplevel']));
  } catch (error) {
    if (!isAgentsError(error, 'git-failed')) throw error;
    throw new AgentsError('unsupported', `${folder} is no git repository, so there is nothing to compare its files with.`, { hint: `Run "git init" there, or spawn the agent in a repository.`, cause: error });
  }
}

/**
 * Where the work began, or the latest point that all of it up to there has been merged: the base's own branch may have been merged
 * into the work (then its changes are not the agent's), or the work into it.
 */
async function effectiveBase(git: Git, record: WorkspaceRecord | undefined, head: string, branch: string | undefined, since: string | undefined): Promise<string> {
  const noted = record?.base?.commit ?? since;
  if (noted === undefined || (await optional(git, ['cat-file', '-e', `${noted}^{commit}`])) === undefined) return head;
  let base = noted;
  const ref = record?.base?.ref;
  const meeting = ref === undefined || ref === branch ? undefined : await optional(git, ['merge-base', 'HEAD', `refs/heads/${ref}`]);
  // The base may be a snapshot of uncommitted changes that came along: what was merged later counts, though it does not descend from that.
  for (const { source } of record?.merged ?? []) if (await isAncestor(git, source, head)) base = source;
  if (meeting !== undefined && (await isAncestor(git, base, meeting))) base = meeting;
  return base;
}

export async function isAncestor(git: Git, ancestor: string, commit: string): Promise<boolean> {
  return (await git.run(['merge-base', '--is-ancestor', ancestor, commit], { accept: [0, 1, 128] })).code === 0;
}

/** The output of a query, or undefined where git says that there is no such thing. */
export async function optional(git: Git, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await git.run(args, { accept: [0, 1, 128] });
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
}
