// Takes back changes of a working tree, by file or by hunk, whole or not at all; what was there can be put back.
import { chmod, lstat, mkdir, readFile, readlink, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Git } from '../git.ts';
import { lfsArguments } from '../lfs.ts';
import { changedFiles, type ChangedFile } from './changedFiles.ts';
import { PLAIN_DIFF, withNewFiles } from './comparison.ts';
import { parseHunks, patchOf, type Hunk } from './patch.ts';
import type { Reviewed } from './reviewBase.ts';

/** Puts back what a discard took; fails with `stale` where the file was changed since. */
export type Undo = () => Promise<void>;

/** The hunks of one changed file, as it is on disk now. */
export async function hunksOf({ folder, base }: Reviewed, file: ChangedFile): Promise<Hunk[]> {
  if (file.binary || file.submodule) return [];
  return withNewFiles(folder, async (env) => {
    const paths = file.oldPath === undefined ? [file.path] : [file.oldPath, file.path];
    const { stdout } = await new Git(folder).run([...(await lfsArguments()), '--literal-pathspecs', 'diff', ...PLAIN_DIFF, '-U3', '--inter-hunk-context=0', base, '--', ...paths], { env });
    return parseHunks(stdout.toString('latin1'));
  });
}

/** Takes back one hunk, in the file alone. Fails with `stale` where the file changed since the hunk was seen; nothing was changed then. */
export async function discardHunk(reviewed: Reviewed, path: string, hunkId: string): Promise<Undo> {
  const file = await changedFile(reviewed, path);
  const hunks = await hunksOf(reviewed, file);
  const hunk = hunks.find(({ id }) => id === hunkId);
  if (hunk === undefined) throw new AgentsError('stale', `${path} was changed since you saw this change.`, { hint: 'Look at the changes again.' });
  if (hunks.length === 1 && (file.status === 'added' || file.status === 'deleted')) return discardFile(reviewed, path);
  const before = await snapshot(reviewed.folder, path);
  try {
    await new Git(reviewed.folder).run(['apply', '--reverse', '--whitespace=nowarn', '--no-ignore-whitespace', '-'], { input: patchOf(path, hunk) });
  } catch (error) {
    if (!isAgentsError(error, 'git-failed')) throw error;
    throw new AgentsError('stale', `This change of ${path} cannot be taken back by itself: the file was changed meanwhile.`, { hint: 'Look at the changes again.', cause: error });
  }
  return undoTo(reviewed.folder, [before]);
}

/** Makes one file as it is in the base: restored, removed, or given its old name again. */
export async function discardFile(reviewed: Reviewed, path: string): Promise<Undo> {
  const file = await changedFile(reviewed, path);
  if (file.submodule) throw new AgentsError('unsupported', `${path} is a submodule: its changes are its own repository's.`, { hint: 'Open it as a folder, and discard them there.' });
  if (file.status === 'conflicted') throw new AgentsError('bad-input', `${path} is in conflict.`, { hint: 'Resolve the conflict first, or abort the merge.' });
  const { folder, base } = reviewed;
  const paths = [path, ...(file.oldPath === undefined ? [] : [file.oldPath])];
  const before = await Promise.all(paths.map((one) => snapshot(folder, one)));
  const git = new Git(folder);
  const inBase = file.status === 'added' ? undefined : (file.oldPath ?? path);
  // The restored one first: should that fail, nothing was taken away.
  if (inBase !== undefined) await git.run(['--literal-pathspecs', 'restore', `--source=${base}`, '--staged', '--worktree', '--', inBase]);
  if (inBase !== path) {
    await rm(join(folder, path), { force: true });
    await removeEmptyFolders(folder, dirname(path));
    await git.run(['--literal-pathspecs', 'rm', '--cached', '--quiet', '--ignore-unmatch', '--', path]);
  }
  return undoTo(folder, before);
}

async function changedFile({ folder, base }: Reviewed, path: string): Promise<ChangedFile> {
  const file = (await changedFiles(folder, base)).find((one) => one.path === path);
  if (file === undefined) throw new AgentsError('stale', `${path} has no changes any more.`);
  return file;
}

type Content = { readonly kind: 'none' } | { readonly kind: 'link'; readonly target: string } | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number };
interface Snapshot {
  readonly path: string;
  readonly content: Content;
}

async function snapshot(folder: string, path: string): Promise<Snapshot> {
  const at = join(folder, path);
  const stats = await lstat(at).catch(() => undefined);
  if (stats?.isSymbolicLink()) return { path, content: { kind: 'link', target: await readlink(at) } };
  if (stats?.isFile()) return { path, content: { kind: 'file', bytes: await readFile(at), mode: stats.mode & 0o777 } };
  return { path, content: { kind: 'none' } };
}

async function undoTo(folder: string, before: readonly Snapshot[]): Promise<Undo> {
  const after = await Promise.all(before.map(({ path }) => snapshot(folder, path)));
  return async () => {
    const now = await Promise.all(before.map(({ path }) => snapshot(folder, path)));
    const changed = now.find((one, index) => !isSame(one.content, after[index]?.content));
    if (changed !== undefined) throw new AgentsError('stale', `${changed.path} was changed since: what was discarded is not put back over that.`);
    for (const one of before) await putBack(folder, one);
  };
}

async function putBack(folder: string, { path, content }: Snapshot): Promise<void> {
  const at = join(folder, path);
  await rm(at, { force: true });
  if (content.kind === 'none') return;
  await mkdir(dirname(at), { recursive: true });
  if (content.kind === 'link') return symlink(content.target, at);
  await writeFile(at, content.bytes);
  await chmod(at, content.mode);
}

function isSame(one: Content, other: Content | undefined): boolean {
  switch (one.kind) {
    case 'none':
      return other?.kind === 'none';
    case 'link':
      return other?.kind === 'link' && other.target === one.target;
    case 'file':
      return other?.kind === 'file' && other.mode === one.mode && other.bytes.equals(one.bytes);
  }
}

/** As git does: a folder whose last file goes, goes with it. */
async function removeEmptyFolders(root: string, below: string): Promise<void> {
  for (let folder = below; folder !== '.' && folder !== ''; folder = dirname(folder)) {
    const removed = await rmdir(join(root, folder)).then(() => true, () => false);
    if (!removed) return;
  }
}
