// A look at a working tree against its base in which files that git does not know yet count, too: through a copy of the index that knows them.
import { Git } from '../git.ts';
import { lfsArguments } from '../lfs.ts';
import { withOwnIndex } from '../snapshot.ts';

/** Settings of the person that would change what `git diff` prints. */
export const PLAIN_DIFF = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-relative', '-M', '--src-prefix=a/', '--dst-prefix=b/', '--submodule=short', '--ignore-submodules=none'] as const;

/** Runs `look` with the environment in which new files are known to git. The index itself stays as it is. */
export function withNewFiles<T>(folder: string, look: (env: Readonly<Record<string, string>>) => Promise<T>): Promise<T> {
  const git = new Git(folder);
  return withOwnIndex(git, async (env) => {
    await git.run([...(await lfsArguments()), '-c', 'advice.addEmbeddedRepo=false', '-c', 'core.safecrlf=false', 'add', '--intent-to-add', '--ignore-errors', '--', '.'], { env, accept: [0, 1, 128] });
    return look(env);
  });
}
