// Gives a finished merge to its branch: by the ref alone, or in the working tree where that branch is checked out, all or nothing, also after a crash in the middle.
import { rmSync, statSync } from 'node:fs';
import { lstat, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Git } from '../git.ts';
import { branchesOf } from './branches.ts';
import type { MergeState } from './mergeState.ts';
import { isAncestor, optional } from './reviewBase.ts';

export interface Publication {
  /** Where git is run. */
  readonly home: string;
  /** A branch, or the working tree whose detached HEAD is moved. */
  readonly branch: string | undefined;
  readonly detached?: string | undefined;
  readonly from: string;
  readonly to: string;
  /** For the reflog. */
  readonly reason: string;
}

/** Fails with `stale` where the branch is elsewhere by now, with `bad-input` where its working tree has changes in the files concerned; nothing was changed then. */
export async function publish(publication: Publication): Promise<void> {
  const { home, branch, detached, from, to, reason } = publication;
  const git = new Git(home);
  const checkout = detached ?? (await branchesOf(home)).find(({ name }) => name === branch)?.checkout;
  const now = await currentOf(git, publication);
  if (now === to) return;
  if (now !== from) throw new AgentsError('stale', `${branch ?? 'HEAD'} has moved on since this merge began.`, { hint: 'Abort this merge, and merge again.' });
  if (checkout === undefined) return void (await git.run(['update-ref', '-m', reason, `refs/heads/${branch ?? ''}`, to, from]));
  const there = new Git(checkout);
  const forward = await isAncestor(there, from, to);
  try {
    await there.run(forward ? ['merge', '--ff-only', '--no-autostash', '--quiet', to] : ['reset', '--keep', '--quiet', to], { timeoutMs: 600_000 });
  } catch (error) {
    if (!isAgentsError(error, 'git-failed')) throw error;
    throw new AgentsError('bad-input', `${branch ?? 'HEAD'} is checked out in ${checkout}, which cannot take the merge now: ${error.message.replace(/^.*?failed in .*?: /, '')}`, {
      hint: 'Commit, stash or discard the changes there, then continue the merge.',
      cause: error,
    });
  }
}

/**
 * Ends a publication that a crash cut off in the middle of writing files, forwards (to `to`) or backwards (to `from`): each file
 * concerned must be as one of the two has it, else nothing is touched.
 */
export async function settle(publication: Publication, direction: 'forward' | 'back', state: Pick<MergeState, 'startedAt'>): Promise<void> {
  const { home, branch, detached, from, to, reason } = publication;
  const checkout = detached ?? (await branchesOf(home)).find(({ name }) => name === branch)?.checkout;
  if (checkout === undefined || (await currentOf(new Git(home), publication)) !== from) return;
  const there = new Git(checkout);
  await removeOwnLock(there, state.startedAt);
  const paths = await there.parts(['diff', '--name-only', '--no-renames', '--ignore-submodules=all', '-z', from, to]);
  const [before, after] = [await blobsAt(there, from, paths), await blobsAt(there, to, paths)];
  const isTouched = await touched(there, checkout, paths, before, after);
  if (!isTouched) return;
  const goal = direction === 'forward' ? after : before;
  const kept = paths.filter((path) => goal.has(path));
  const input = (names: readonly string[]): string => names.map((name) => `${name}\0`).join('');
  if (kept.length > 0) await there.run(['--literal-pathspecs', 'restore', `--source=${direction === 'forward' ? to : from}`, '--staged', '--worktree', '--pathspec-from-file=-', '--pathspec-file-nul'], { input: input(kept) });
  const gone = paths.filter((path) => !goal.has(path));
  for (const path of gone) await rm(join(checkout, path), { force: true });
  if (gone.length > 0) await there.run(['--literal-pathspecs', 'rm', '--cached', '--quiet', '--ignore-unmatch', '--pathspec-from-file=-', '--pathspec-file-nul'], { input: input(gone) });
  if (direction === 'forward') await there.run(['update-ref', '-m', reason, 'HEAD', to, from]);
}

async function currentOf(git: Git, { branch, detached }: Publication): Promise<string | undefined> {
  return detached === undefined ? optional(git, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch ?? ''}`]) : optional(new Git(detached), ['rev-parse', '--verify', '--quiet', 'HEAD']);
}

/** Says whether any file is not as `before` has it; fails where one is as neither has it. */
async function touched(there: Git, checkout: string, paths: readonly string[], before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Promise<boolean> {
  const now = await blobsIn(there, checkout, paths);
  const foreign = paths.filter((path) => now.get(path) !== before.get(path) && now.get(path) !== after.get(path));
  if (foreign.length > 0) throw new AgentsError('bad-input', `${checkout} has changes of its own in ${foreign.slice(0, 5).join(', ')}.`, { hint: 'Commit, stash or discard them there, then try again.' });
  return paths.some((path) => now.get(path) !== before.get(path));
}

/** The ids that these files would have as blobs, of those that are there. */
async function blobsIn(there: Git, checkout: string, paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const files: string[] = [];
  for (const path of paths) {
    const stats = await lstat(join(checkout, path)).catch(() => undefined);
    if (stats?.isSymbolicLink()) found.set(path, await there.text(['hash-object', '--stdin'], { input: await readlink(join(checkout, path)) }));
    else if (stats?.isFile() && path.includes('\n')) found.set(path, await there.text(['hash-object', '--', join(checkout, path)]));
    else if (stats?.isFile()) files.push(path);
  }
  const ids = files.length === 0 ? [] : (await there.text(['hash-object', '--stdin-paths'], { input: files.map((path) => `${path}\n`).join('') })).split('\n');
  for (const [index, path] of files.entries()) found.set(path, ids[index] ?? '');
  return found;
}

/** The ids of these files in a commit. */
async function blobsAt(git: Git, commit: string, paths: readonly string[]): Promise<Map<string, string>> {
  const wanted = new Set(paths);
  const found = new Map<string, string>();
  for (const line of await git.parts(['ls-tree', '-r', '-z', '--full-tree', commit])) {
    const [, id = '', path = ''] = /^\d+ \w+ ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
    if (wanted.has(path)) found.set(path, id);
  }
  return found;
}

/** The lock that the git which was killed has left behind: nobody else's, as it was made while that merge was published. */
async function removeOwnLock(there: Git, startedAt: number): Promise<void> {
  const lock = await there.text(['rev-parse', '--path-format=absolute', '--git-path', 'index.lock']);
  try {
    if (statSync(lock).mtimeMs >= startedAt) rmSync(lock);
  } catch {
    // There is none.
  }
}
