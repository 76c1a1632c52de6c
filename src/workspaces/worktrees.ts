// A worktree of a repository: entered under a lock, filled without one, taken out again without touching any other.
import { rmSync, statfsSync } from 'node:fs';
import { readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { realPathOf } from './containment.ts';
import { Git } from './git.ts';
import { lfsArguments, WITHOUT_LFS } from './lfs.ts';

/** Bytes left, below which a file that cannot be written was too much for the disk. */
const NEARLY_FULL = 16 * 1024 * 1024;

export interface NewWorktree {
  readonly path: string;
  readonly branch: string;
  readonly commit: string;
  /** Marks what git starts, for whoever cleans up after a crash. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Enters it: branch and folder, no files yet. Hold the repository's lock. Throws `name-taken` when the branch exists. */
export async function enterWorktree(repository: Git, { path, branch, commit, env, signal }: NewWorktree): Promise<void> {
  try {
    await repository.run(['worktree', 'add', '--force', '--no-checkout', '--no-track', '-b', branch, '--', path, commit], { env, signal });
  } catch (error) {
    if (!isAgentsError(error, 'git-failed')) throw error;
    // A branch `a` leaves no room for a branch `a/b`.
    const blocking = /'refs\/heads\/([^']+)' exists; cannot create/.exec(error.message)?.[1];
    if (blocking !== undefined) {
      throw new AgentsError('name-taken', `The branch ${branch} cannot be made in ${repository.folder}: git keeps branches like files, and a branch ${blocking} is there.`, { hint: `Give that one another name: git branch -m -- ${blocking} NEW`, cause: error });
    }
    if (/already exists|cannot lock ref|already checked out/.test(error.message)) {
      throw new AgentsError('name-taken', `The branch ${branch} cannot be made in ${repository.folder}: ${error.message}`, { hint: 'Choose another branch name.', cause: error });
    }
    throw error;
  }
}

/** Writes its files, with as many workers as there are cores. Where git-lfs cannot get a file, its pointer stays. */
export async function fillWorktree(worktree: NewWorktree, onPointers: (why: string) => void): Promise<void> {
  const git = new Git(worktree.path);
  const args = ['-c', 'checkout.workers=0', '-c', 'advice.detachedHead=false', 'checkout', '--force', '--quiet', '--no-recurse-submodules', worktree.branch, '--'];
  const options = { signal: worktree.signal, timeoutMs: 30 * 60_000, env: worktree.env };
  try {
    await git.run([...(await lfsArguments()), ...args], options);
  } catch (error) {
    if (!isAgentsError(error, 'git-failed') || !/smudge|lfs/i.test(error.message)) throw explained(error, worktree.path);
    onPointers(error.message);
    await git.run([...WITHOUT_LFS, ...args], options);
  }
}

/** git names no cause when it cannot write a file: the disk is asked. */
function explained(error: unknown, path: string): unknown {
  if (!isAgentsError(error, 'git-failed')) return error;
  const { bavail, bsize } = statfsSync(path);
  const said = /No space left on device|Disk quota exceeded/i.test(error.message);
  if (!said && !(/unable to (?:write|create)|cannot write/i.test(error.message) && bavail * bsize < NEARLY_FULL)) return error;
  return new AgentsError('git-failed', `The disk is full: ${error.message}`, { hint: 'Free some space, or let workspaces lie elsewhere.', cause: error });
}

/** The folder in the repository's git folder that belongs to the worktree at that path, or undefined. */
export async function worktreeEntry(commonDir: string, path: string): Promise<string | undefined> {
  const folder = join(commonDir, 'worktrees');
  for (const name of await readdir(folder).catch(() => [])) {
    const pointer = (await readFile(join(folder, name, 'gitdir'), 'utf8').catch(() => '')).trim();
    if (pointer !== '' && sameFolder(dirname(pointer), path)) return join(folder, name);
  }
  return undefined;
}

/** Takes the folder and its entry away, whatever state they are in, and nothing else. Hold the repository's lock; its work is safe by now. */
export async function dropWorktree(commonDir: string, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const entry = await worktreeEntry(commonDir, path);
  if (entry !== undefined) rmSync(entry, { recursive: true, force: true });
}

/** Deletes the branch while it still is that commit. */
export async function deleteBranch(repository: Git, branch: string, commit: string): Promise<void> {
  await repository.run(['update-ref', '-d', `refs/heads/${branch}`, commit]);
}

function sameFolder(one: string, other: string): boolean {
  return one === other || (realPathOf(one) ?? one) === (realPathOf(other) ?? other);
}

/** Names the lock under which worktrees of a repository are entered and taken out. */
export function worktreesLock(commonDir: string): string {
  return `the worktrees of ${commonDir}`;
}
