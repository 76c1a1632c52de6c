// Large files (Git LFS): where git-lfs is missing its files stay pointers, instead of failing each checkout of a repository that asks for it.
import { findExecutable } from '../exec/findExecutable.ts';

/** Arguments before git's command: none where git-lfs is installed, otherwise its filters are turned off for this one call. */
export async function lfsArguments(): Promise<readonly string[]> {
  return (await findExecutable('git-lfs')) === undefined ? WITHOUT_LFS : [];
}

/** Its filters turned off: pointers stay pointers. For where git-lfs is missing, or cannot get a file's content. */
export const WITHOUT_LFS: readonly string[] = ['-c', 'filter.lfs.process=', '-c', 'filter.lfs.smudge=', '-c', 'filter.lfs.clean=', '-c', 'filter.lfs.required=false'];
