// Copies files and folders: modes and times kept, blocks shared where the file system can, links as links and never followed, nothing overwritten.
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfCancelled } from '../base/wait.ts';

const AT_ONCE = 16;

export interface CopyOptions {
  /** Paths below `from`, with `/`, that are left out with all that is in them. */
  readonly skip?: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Fills the folder `to`, which exists, with what is in `from`. Sockets, pipes and devices are left out. */
export async function copyTree(from: string, to: string, { skip = () => false, signal }: CopyOptions = {}): Promise<void> {
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = (await readdir(join(from, folder))).map((name) => (folder === '' ? name : `${folder}/${name}`)).filter((path) => !skip(path));
    for (let at = 0; at < names.length; at += AT_ONCE) {
      throwIfCancelled(signal);
      const kinds = await Promise.all(names.slice(at, at + AT_ONCE).map(async (path) => [path, await copyEntry(join(from, path), join(to, path))] as const));
      folders.push(...kinds.flatMap(([path, kind]) => (kind === 'folder' ? [path] : [])));
    }
  }
}

/** Copies one file or link, or makes an empty folder like it. Throws `EEXIST` where something is, a folder aside. */
export async function copyEntry(from: string, to: string): Promise<'file' | 'folder' | 'link' | 'other'> {
  const about = await lstat(from);
  if (about.isSymbolicLink()) {
    await symlink(await readlink(from), to);
    return 'link';
  }
  if (about.isDirectory()) {
    await mkdir(to, { recursive: true, mode: (about.mode & 0o777) | 0o700 });
    return 'folder';
  }
  if (!about.isFile()) return 'other';
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await utimes(to, about.atime, about.mtime);
  return 'file';
}
