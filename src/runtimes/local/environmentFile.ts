// An agent's environment on its way to the launcher: a file that only its owner can read, in memory where the system has a place for that.
import { rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEnvFile } from '../launcher.ts';

/** Runs `work` with the file's path, or undefined where there is nothing to hand over. The launcher deletes the file; a failed work leaves none either. */
export async function withEnvironmentFile<T>(env: Readonly<Record<string, string>> | undefined, work: (path: string | undefined) => Promise<T>): Promise<T> {
  if (env === undefined || Object.keys(env).length === 0) return work(undefined);
  const runtimeFolder = process.env['XDG_RUNTIME_DIR'];
  const folder = runtimeFolder !== undefined && existsSync(runtimeFolder) ? runtimeFolder : tmpdir();
  const path = join(folder, `tmux-agents-${randomBytes(12).toString('hex')}.env`);
  await writeFile(path, encodeEnvFile(env), { mode: 0o600, flag: 'wx' });
  try {
    return await work(path);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
