// Old files of a folder that nobody tidies otherwise: found without haste, once in the life of a process.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const sweeps = new Map<string, Promise<void>>();

/** Runs `work` at the first call for a folder; later calls share its end. Never fails: what cannot be tidied stays. */
export function sweepOnce(folder: string, work: () => Promise<void>): Promise<void> {
  const known = sweeps.get(folder);
  if (known !== undefined) return known;
  const sweep = work().catch(() => undefined);
  sweeps.set(folder, sweep);
  return sweep;
}

/** The paths of the files in it that were not written to for so many milliseconds; none where there is no folder. */
export async function oldFiles(folder: string, keptMs: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names) if (await isOld(join(folder, name), keptMs)) found.push(join(folder, name));
  return found;
}

/** False for what is no file, or is gone. */
export async function isOld(path: string, keptMs: number): Promise<boolean> {
  const about = await stat(path).catch(() => undefined);
  return about?.isFile() === true && Date.now() - about.mtimeMs > keptMs;
}
