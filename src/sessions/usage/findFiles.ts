// Files by the shape of their path, one pattern per level: only folders that fit are looked into.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

export type NamePattern = string | RegExp | ((name: string) => boolean);

/** Absolute paths of files, in the order of their names; none where a folder is not there. */
export async function glob(folder: string, [first, ...rest]: readonly NamePattern[]): Promise<string[]> {
  if (first === undefined) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries.filter(({ name }) => fits(name, first)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (rest.length > 0) found.push(...(entry.isDirectory() ? await glob(path, rest) : []));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}

function fits(name: string, pattern: NamePattern): boolean {
  if (typeof pattern === 'string') return name === pattern;
  return pattern instanceof RegExp ? pattern.test(name) : pattern(name);
}
