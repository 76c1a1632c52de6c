// A plain copy of the user's folder: all its files, ignored ones included, and a repository of its own where the folder has one.
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { checkReallyInside } from './containment.ts';
import { copyTree } from './copyTree.ts';
import { Git } from './git.ts';
import type { LocalRepository } from './localRepository.ts';
import { baseRef } from './removeWorktree.ts';
import { commitTree, snapshotTree } from './snapshot.ts';
import { commitOf } from './startingPoint.ts';
import type { PrepareOptions } from './types.ts';

export interface CopyPlan {
  readonly id: string;
  readonly base: string;
  /** The folder to copy, by its real path. */
  readonly source: string;
  readonly repository: LocalRepository | undefined;
  readonly path: string;
}

/** What the copy is compared with later: a snapshot of all that it began with, or undefined where there is no repository. */
export async function makeCopy({ id, base, source, repository, path }: CopyPlan, { signal, onProgress }: PrepareOptions): Promise<string | undefined> {
  onProgress?.('worktree', `Copying ${source} to ${path}`);
  mkdirSync(path, { mode: 0o700 });
  checkReallyInside(base, path);
  const shared = repository !== undefined && !lstatSync(join(source, '.git')).isDirectory();
  // The `.git` file of a worktree would make the copy write into the source's index: it gets a clone's own.
  if (shared) await cloneBare(repository, path, signal);
  try {
    await copyTree(source, path, { skip: (name) => (shared ? name === '.git' : isOfOthers(name)), signal });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') throw new AgentsError('internal', `The disk is full: ${source} cannot be copied to ${path}.`, { hint: 'Free some space, or let workspaces lie elsewhere.', cause: error });
    throw error;
  }
  if (repository === undefined) return undefined;
  const git = new Git(path);
  if (shared) await beginAt(git, new Git(source), signal);
  return snapshotCopy(git, id, signal);
}

/** The source's own worktrees, and locks that somebody holds there at this moment. */
function isOfOthers(name: string): boolean {
  return name === '.git/worktrees' || /^\.git\/(?:[^/]+\.lock|gc\.pid)$/.test(name);
}

async function cloneBare(repository: LocalRepository, path: string, signal: AbortSignal | undefined): Promise<void> {
  await new Git(repository.home).run(['clone', '--quiet', '--local', '--no-checkout', '--', repository.commonDir, path], { signal, timeoutMs: 30 * 60_000 });
  const origin = await new Git(repository.home).run(['remote', 'get-url', 'origin'], { accept: [0, 2, 128], signal });
  if (origin.code === 0) await new Git(path).run(['remote', 'set-url', '--', 'origin', origin.stdout.toString('utf8').trim()], { signal });
}

async function beginAt(git: Git, source: Git, signal: AbortSignal | undefined): Promise<void> {
  const head = await commitOf(source, 'HEAD', signal);
  if (head === undefined) return;
  const branch = (await source.text(['branch', '--show-current'], { signal })) || 'tmux-agents/copied';
  await git.run(['update-ref', `refs/heads/${branch}`, head], { signal });
  await git.run(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], { signal });
  await git.run(['read-tree', head], { signal });
}

async function snapshotCopy(git: Git, id: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const head = await commitOf(git, 'HEAD', signal);
  let tree: string;
  try {
    tree = await snapshotTree(git, signal);
  } catch (error) {
    // A repository inside that is no submodule: the copy has it, the comparison does without.
    if (!isAgentsError(error, 'unsupported') || head === undefined) throw error;
    return head;
  }
  if (head !== undefined && tree === (await git.text(['rev-parse', `${head}^{tree}`], { signal }))) return head;
  const commit = await commitTree(git, tree, head === undefined ? [] : [head], `What copy ${id} began with`, signal);
  await git.run(['update-ref', baseRef(id), commit], { signal });
  return commit;
}
