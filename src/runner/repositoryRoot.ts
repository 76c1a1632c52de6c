// The folders that trust in a workspace is a matter of: the workspace by its real name, and the repository that it is a part of.
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** The workspace as it was named, without links, and the root of its repository (for a worktree also the main one's). Never fails: what cannot be read is left out. */
export async function trustedFolders(workspace: string): Promise<string[]> {
  const real = await realpath(workspace).catch(() => workspace);
  const folders = new Set([workspace, real]);
  for (let folder = real; ; folder = dirname(folder)) {
    const root = await rootAt(folder);
    if (root !== undefined) {
      folders.add(folder).add(root);
      break;
    }
    if (dirname(folder) === folder) break;
  }
  return [...folders];
}

/** The repository whose `.git` lies in this folder: its root, or the main one's for a worktree (gitrepository-layout(5), "gitdir"). */
async function rootAt(folder: string): Promise<string | undefined> {
  const entry = join(folder, '.git');
  const found = await stat(entry).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.isDirectory()) return folder;
  const target = /^gitdir: *(.+)$/m.exec(await readFile(entry, 'utf8').catch(() => ''))?.[1]?.trim();
  if (target === undefined) return folder;
  const worktrees = dirname(resolve(folder, target));
  return basename(worktrees) === 'worktrees' ? realpath(dirname(dirname(worktrees))).catch(() => folder) : folder;
}
