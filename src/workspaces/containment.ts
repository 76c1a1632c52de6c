// What keeps workspaces inside their folder: real paths compared, before and after something is made.
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { AgentsError } from '../base/errors.ts';

/** Whether `path` is `folder` or lies below it. Both absolute and real. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Makes the folder where it is missing, for its user alone, and gives its real path. */
export function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return realpathSync(path);
}

/** The path for a new entry of a real folder. Throws `name-taken` when anything, a dangling link included, is there. */
export function newEntry(folder: string, name: string): string {
  if (name === '' || name.includes('/') || name.includes(sep) || name.startsWith('.')) throw new AgentsError('bad-input', `${JSON.stringify(name)} cannot name a folder.`);
  const path = join(folder, name);
  if (isThere(path)) throw new AgentsError('name-taken', `${path} exists already.`, { hint: 'Take another name, or adopt or remove what is there.' });
  return path;
}

/** Whether something is at that path; a link counts, wherever it leads. */
export function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Throws `bad-input` unless `path`, which exists, is really where it says, below `folder`. */
export function checkReallyInside(folder: string, path: string): void {
  const real = realpathSync(path);
  if (real !== path || !isInside(folder, real)) throw new AgentsError('bad-input', `${path} leads to ${real}, outside of ${folder}.`);
}

/** The real path, or undefined where there is nothing. */
export function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
