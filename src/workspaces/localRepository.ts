// A folder's repository: its top folder, and the git folder that all its worktrees share.
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { realPathOf } from './containment.ts';
import { Git } from './git.ts';

export interface LocalRepository {
  /** Real path of the working tree's top folder; the repository itself where it is bare. */
  readonly top: string;
  /** Real path of the git folder that all worktrees share. */
  readonly commonDir: string;
  /** Where git commands about the whole repository run: the main working tree, or the bare git folder. */
  readonly home: string;
  readonly bare: boolean;
}

/** The repository of a folder, or undefined where there is none. Throws `folder-missing`, and `git-failed` for what git itself refuses. */
export async function findRepository(folder: string, signal?: AbortSignal): Promise<LocalRepository | undefined> {
  const real = realPathOf(folder);
  if (real === undefined) throw new AgentsError('folder-missing', `The folder ${folder} does not exist.`);
  if (!statSync(real).isDirectory()) throw new AgentsError('folder-missing', `${folder} is not a folder.`, { hint: 'Choose another folder.' });
  const git = new Git(real);
  try {
    const answers = (await git.text(['rev-parse', '--is-bare-repository', '--path-format=absolute', '--git-common-dir'], { signal })).split('\n');
    const bare = answers[0] === 'true';
    const commonDir = realPathOf(answers[1] ?? '') ?? real;
    const top = bare ? commonDir : ((await git.text(['rev-parse', '--show-toplevel'], { signal })) || real);
    return { top: realPathOf(top) ?? top, commonDir, bare, home: basename(commonDir) === '.git' ? dirname(commonDir) : commonDir };
  } catch (error) {
    if (isAgentsError(error, 'git-failed') && /not a git repository/i.test(error.message)) return undefined;
    throw error;
  }
}

/** As `findRepository`; throws `bad-input` where there is none. */
export async function requireRepository(folder: string, signal?: AbortSignal): Promise<LocalRepository> {
  const found = await findRepository(folder, signal);
  if (found) return found;
  throw new AgentsError('bad-input', `${folder} is in no git repository, so that there is nothing to make a worktree of.`, { hint: 'Let the agent work in the folder itself or in a copy, or run "git init" and commit there first.' });
}
