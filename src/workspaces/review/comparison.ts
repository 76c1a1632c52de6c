// A look at a working tree against its base in which files that git does not know yet count, too: through a copy of the index that knows them.
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Git } from '../git.ts';

/** Settings of the person that would change what `git diff` prints. */
export const PLAIN_DIFF = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-relative', '-M', '--src-prefix=a/', '--dst-prefix=b/', '--submodule=short', '--ignore-submodules=none'] as const;

/** Runs `look` with the environment in which new files are known to git. The index itself stays as it is. */
export async function withNewFiles<T>(folder: string, look: (env: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
  const git = new Git(folder);
  const scratch = await mkdtemp(join(tmpdir(), 'tmux-agents-index-'));
  try {
    const env = { GIT_INDEX_FILE: join(scratch, 'index') };
    const index = await git.text(['rev-parse', '--path-format=absolute', '--git-path', 'index']);
    // A repository may have no index yet.
    await copyFile(index, env.GIT_INDEX_FILE).catch(() => undefined);
    await git.run(['-c', 'advice.addEmbeddedRepo=false', '-c', 'core.safecrlf=false', 'add', '--intent-to-add', '--ignore-errors', '--', '.'], { env, accept: [0, 1, 128] });
    return await look(env);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
