// Workspaces that nobody owns any more: folders without a record, records without a folder or without a living owner, with their size.
import { lstatSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LocalExecutor } from '../exec/localExecutor.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { isThere, realPathOf } from './containment.ts';

export interface Orphan {
  readonly path: string;
  /** `unfinished`: a preparation died in the middle; it is cleaned up by the next one. */
  readonly why: 'no-record' | 'folder-gone' | 'owner-gone' | 'unfinished';
  readonly record?: WorkspaceRecord | undefined;
  /** On disk; undefined where it cannot be told. */
  readonly bytes: number | undefined;
}

export interface OrphanSearch {
  readonly base: string;
  readonly records: readonly WorkspaceRecord[];
  /** Paths that a preparation, dead or alive, has begun. */
  readonly begun: ReadonlySet<string>;
  /** Whether the agent or session is there; true when it cannot be told. Records without an owner are nobody's orphans. */
  readonly ownerLives: (owner: string) => boolean | Promise<boolean>;
}

export async function findOrphans({ base, records, begun, ownerLives }: OrphanSearch): Promise<Orphan[]> {
  const found: Omit<Orphan, 'bytes'>[] = [];
  const known = new Set(records.map(({ path }) => path));
  const real = realPathOf(base) ?? base;
  for (const name of await readdir(real).catch(() => [])) {
    const path = join(real, name);
    if (!name.startsWith('.') && !known.has(path)) found.push({ path, why: begun.has(path) ? 'unfinished' : 'no-record' });
  }
  for (const record of records) {
    if (!isThere(record.path)) found.push({ path: record.path, why: 'folder-gone', record });
    else if (record.kind !== 'folder' && record.owner !== undefined && !(await ownerLives(record.owner))) found.push({ path: record.path, why: 'owner-gone', record });
  }
  const orphans: Orphan[] = [];
  for (const orphan of found) orphans.push({ ...orphan, bytes: await sizeOf(orphan.path) });
  return orphans;
}

/** The path below the real `base` of an entry that no record knows; undefined where `path` is something else. A link counts as itself. */
export function strayIn(base: string, path: string, records: readonly WorkspaceRecord[]): string | undefined {
  const real = realPathOf(base);
  const name = basename(path);
  if (real === undefined || realPathOf(dirname(path)) !== real || name === '' || name.startsWith('.')) return undefined;
  const stray = join(real, name);
  return isThere(stray) && !records.some((record) => record.path === stray) ? stray : undefined;
}

/** Undefined for a repository's worktree; `empty` for a folder without anything; otherwise what it is, so that nothing could keep its work. */
export function whyNoWorktree(path: string): string | undefined {
  if (!lstatSync(path).isDirectory()) return 'it is no folder';
  if (readdirSync(path).length === 0) return 'empty';
  const pointer = lstatSync(join(path, '.git'), { throwIfNoEntry: false });
  if (pointer === undefined) return 'it belongs to no repository that could keep its files';
  return pointer.isFile() ? undefined : 'it is a repository of its own, and no record says what it was copied from';
}

/** Bytes on disk, of all that is below. */
export async function sizeOf(path: string): Promise<number | undefined> {
  if (!isThere(path)) return 0;
  try {
    const { stdout } = await new LocalExecutor().run(['du', '-sk', '--', path], { timeoutMs: 120_000 });
    const kilobytes = Number.parseInt(stdout.toString('utf8'), 10);
    return Number.isNaN(kilobytes) ? undefined : kilobytes * 1_024;
  } catch {
    return undefined;
  }
}
