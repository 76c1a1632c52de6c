// The project that `npm start` opens when no folder is given: a copy of scripts/sample in a git repository of its own.
import { cpSync, existsSync, mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cache, personEnvironment, root } from './paths.mjs';
import { mustRun } from './processes.mjs';

/** Makes .cache/tea-timer unless it is there: what a person or an agent did in it is never touched. Resolves with its path. */
export async function ensureSampleProject() {
  const folder = join(cache, 'tea-timer');
  if (existsSync(folder)) return folder;
  const making = mkdtempSync(join(cache, 'making-sample-'));
  cpSync(join(root, 'scripts', 'sample'), making, { recursive: true });
  const git = (...args) => mustRun(['git', '-C', making, '-c', 'user.name=Tea Timer', '-c', 'user.email=tea@example.invalid', '-c', 'commit.gpgsign=false', ...args], { env: personEnvironment() });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git('commit', '--quiet', '--no-verify', '--message', 'A timer for tea');
  renameSync(making, folder);
  return folder;
}
