// All that a working tree holds, uncommitted and untracked files included, as a tree or commit: through an index of its own, so that the user's index, HEAD and stash stay byte for byte.
import { copyFileSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentsError } from '../base/errors.ts';
import type { Git } from './git.ts';
import { lfsArguments } from './lfs.ts';

/** Who snapshots are by: git needs a name, and the user's may not be set. */
export const SNAPSHOT_AUTHOR = {
  GIT_AUTHOR_NAME: 'tmux-agents',
  GIT_AUTHOR_EMAIL: 'tmux-agents@localhost',
  GIT_COMMITTER_NAME: 'tmux-agents',
  GIT_COMMITTER_EMAIL: 'tmux-agents@localhost',
} as const;

/** Runs `work` with the environment of a copied index, which is gone afterwards. */
export async function withOwnIndex<T>(git: Git, work: (env: Readonly<Record<string, string>>) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const index = await git.text(['rev-parse', '--path-format=absolute', '--git-path', 'index'], { signal });
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-index-'));
  try {
    copyIndex(index, join(folder, 'index'));
    return await work({ GIT_INDEX_FILE: join(folder, 'index') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With its old time, rounded down: entries as young as the index are to be compared by content, not believed. */
function copyIndex(from: string, to: string): void {
  try {
    copyFileSync(from, to);
    const seconds = Math.floor(statSync(from).mtimeMs / 1_000);
    utimesSync(to, seconds, seconds);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

/** The tree of all files that are not ignored. Throws `unsupported` for another repository inside, whose files git would not keep. */
export async function snapshotTree(git: Git, signal?: AbortSignal): Promise<string> {
  return withOwnIndex(
    git,
    async (env) => {
      const nested = (await git.parts(['ls-files', '--others', '--exclude-standard', '-z'], { env, signal })).find((path) => path.endsWith('/'));
      if (nested !== undefined) throw new AgentsError('unsupported', `${join(git.folder, nested)} is a repository of its own, whose files cannot be kept in this one.`, { hint: 'Move it away, or let git ignore it.' });
      await git.run([...(await lfsArguments()), 'add', '--all', '.'], { env, signal, timeoutMs: 10 * 60_000 });
      return git.text([...(await lfsArguments()), 'write-tree'], { env, signal });
    },
    signal,
  );
}

/** A commit that no branch has. */
export function commitTree(git: Git, tree: string, parents: readonly string[], message: string, signal?: AbortSignal): Promise<string> {
  return git.text(['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-m', message], { env: SNAPSHOT_AUTHOR, signal });
}
