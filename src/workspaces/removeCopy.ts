// A copy's end: commits and changes that only it has are fetched into the repository that it was made from; files of a plain folder are compared with it.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AgentsError, messageOf } from '../base/errors.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { isInside, isThere } from './containment.ts';
import { Git } from './git.ts';
import { findRepository } from './localRepository.ts';
import { baseRef } from './removeWorktree.ts';
import { isKeptElsewhere, RESCUE_ROOT, rescueWork } from './rescue.ts';
import { snapshotTree } from './snapshot.ts';
import { commitOf } from './startingPoint.ts';
import { workInSubmodules } from './submodules.ts';
import type { RemovalReport } from './types.ts';

/** `base` is the real path of the folder that workspaces lie in. Never throws for what can be told in the report, `cancelled` aside. */
export async function removeCopy(record: WorkspaceRecord, base: string, signal?: AbortSignal): Promise<RemovalReport> {
  const { path, source, id } = record;
  if (!isThere(path)) return { removed: true };
  if (!isInside(base, path) || path === base) return kept(`${path} is not in ${base}`);
  try {
    const repository = source !== undefined && isThere(source) ? await findRepository(source, signal) : undefined;
    if (isThere(join(path, '.git'))) {
      if (repository === undefined) return kept('the repository that it was copied from is gone, and nothing else could keep its work');
      const inside = await workInSubmodules(new Git(path), signal);
      if (inside !== undefined) return kept(inside);
      const rescueRef = await rescueCopy(record, new Git(path), new Git(repository.home), signal);
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      return { removed: true, repository: repository.home, ...(rescueRef === undefined ? {} : { rescueRef }) };
    }
    const only = source === undefined ? '' : await firstDifference(path, source, '');
    if (only !== undefined) return kept(`it has no repository, and ${only === '' ? 'its files are' : `${only} is`} nowhere else`);
    await rm(path, { recursive: true, force: true, maxRetries: 5 });
    return { removed: true };
  } catch (error) {
    if (error instanceof AgentsError && error.reason === 'cancelled') throw error;
    return kept(`${messageOf(error).replace(/\.$/, '')} (workspace ${id})`);
  }
}

/** Everything that a ref or the stash of the copy has and no ref of the source: as rescue refs of the source. The one of its files, or the first. */
async function rescueCopy({ id, base }: WorkspaceRecord, copy: Git, source: Git, signal: AbortSignal | undefined): Promise<string | undefined> {
  const unchanged = base !== undefined && (await commitOf(copy, baseRef(id), signal)) === base.commit && (await isAsItBegan(copy, base.commit, signal));
  const first = unchanged ? undefined : await rescueWork(copy, id, signal);
  const wanted = new Map<string, string>();
  if (first !== undefined) wanted.set(first, first);
  const refs = (await copy.text(['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags', RESCUE_ROOT], { signal })).split('\n').filter((ref) => ref !== '');
  const stashes = (await copy.text(['log', '--walk-reflogs', '--format=%H', 'refs/stash', '--'], { signal, accept: [0, 128] })).split('\n').filter((line) => line !== '');
  const known = new Set((await source.text(['log', '--walk-reflogs', '--format=%H', 'refs/stash', '--'], { signal, accept: [0, 128] })).split('\n'));
  for (const name of [...refs, ...stashes.filter((stash) => !known.has(stash))]) {
    const commit = await commitOf(copy, name, signal);
    if (commit === undefined || wanted.has(name) || (await isIn(source, commit, signal))) continue;
    const target = name.startsWith(RESCUE_ROOT) ? name : `${RESCUE_ROOT}${id}/${new Date().toISOString().replace(/[:.]/g, '-')}-${commit.slice(0, 8)}`;
    await copy.run(['update-ref', target, commit], { signal });
    wanted.set(name, target);
  }
  const targets = [...new Set(wanted.values())];
  if (targets.length > 0) await source.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-gc', '--', copy.folder, ...targets.map((ref) => `+${ref}:${ref}`)], { signal, timeoutMs: 10 * 60_000 });
  return first ?? targets[0];
}

async function isAsItBegan(copy: Git, commit: string, signal: AbortSignal | undefined): Promise<boolean> {
  return (await snapshotTree(copy, signal)) === (await copy.text(['rev-parse', `${commit}^{tree}`], { signal }));
}

async function isIn(source: Git, commit: string, signal: AbortSignal | undefined): Promise<boolean> {
  return (await commitOf(source, commit, signal)) === commit && (await isKeptElsewhere(source, commit, undefined, signal));
}

/** The first path of `folder` that `source` does not have in the same form; undefined when it has all. */
async function firstDifference(folder: string, source: string, path: string): Promise<string | undefined> {
  for (const name of await readdir(join(folder, path))) {
    const below = path === '' ? name : `${path}/${name}`;
    const [mine, theirs] = [join(folder, below), join(source, below)];
    const [one, other] = await Promise.all([lstat(mine), lstat(theirs).catch(() => undefined)]);
    if (one.isDirectory() && other?.isDirectory() === true) {
      const deeper = await firstDifference(folder, source, below);
      if (deeper !== undefined) return deeper;
    } else if (one.isSymbolicLink() && other?.isSymbolicLink() === true) {
      if ((await readlink(mine)) !== (await readlink(theirs))) return below;
    } else if (!one.isFile() || other?.isFile() !== true || one.size !== other.size || (await digest(mine)) !== (await digest(theirs))) {
      return below;
    }
  }
  return undefined;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function kept(why: string): RemovalReport {
  return { removed: false, reason: `It was kept: ${why}.` };
}
