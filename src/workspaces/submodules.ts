// Submodules of a worktree: filled when it is made, and looked at before it goes, as their commits live in the worktree's own git folder.
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { isThere } from './containment.ts';
import { Git } from './git.ts';
import { lfsArguments } from './lfs.ts';

/** Checks them out as git's own configuration says. Returns why they stay empty, where that failed. */
export async function fillSubmodules(folder: string, options: { readonly env: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined }): Promise<string | undefined> {
  if (!isThere(join(folder, '.gitmodules'))) return undefined;
  try {
    await new Git(folder).run(['submodule', '--quiet', 'update', '--init', '--recursive'], { ...options, timeoutMs: 10 * 60_000 });
    return undefined;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return messageOf(error);
  }
}

/** Names the submodule whose files or commits a removal would lose, or undefined. */
export async function workInSubmodules(git: Git, signal?: AbortSignal): Promise<string | undefined> {
  for (const path of await submodulePaths(git, signal)) {
    const folder = join(git.folder, path);
    if (!isThere(join(folder, '.git'))) continue;
    const inside = new Git(folder);
    if ((await inside.text([...(await lfsArguments()), 'status', '--porcelain', '--untracked-files=normal', '--ignore-submodules=none'], { signal })) !== '') return `the submodule ${path} has uncommitted changes`;
    const unpushed = await inside.text(['rev-list', '--max-count=1', 'HEAD', '--branches', '--not', '--remotes', '--tags'], { signal });
    if (unpushed !== '') return `the submodule ${path} has commits that no remote has`;
    const deeper = await workInSubmodules(inside, signal);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

async function submodulePaths(git: Git, signal?: AbortSignal): Promise<string[]> {
  const entries = await git.parts(['ls-files', '--stage', '-z'], { signal, maxBytes: 512 * 1024 * 1024 });
  return entries.flatMap((entry) => (entry.startsWith('160000 ') ? [entry.slice(entry.indexOf('\t') + 1)] : []));
}
