// `tmux-agents workspaces rescued` and `restore`: the work that removals have saved in a repository, and a branch of it.
import { resolve } from 'node:path';
import { AgentsError } from '../../base/errors.ts';
import { shellJoin } from '../../base/shellQuote.ts';
import { findRepository } from '../../workspaces/localRepository.ts';
import { listRescues, RESCUE_ROOT, restoreRescue } from '../../workspaces/rescue.ts';
import { ExitCode } from '../exitCodes.ts';
import type { Face } from '../face.ts';
import { plainText } from '../plainText.ts';

export async function rescued(face: Face, folder: string | undefined): Promise<number> {
  const repository = await repositoryAt(face, folder);
  const found = await listRescues(repository);
  face.output.answer({ repository, rescued: found }, () =>
    found.length === 0 ? `No rescued work in ${plainText(repository)}.` : found.map(({ ref, savedAt, subject }) => `${plainText(ref)}  ${savedAt}  ${plainText(subject)}`).join('\n'),
  );
  return ExitCode.OK;
}

/** `ref` as `rescued` shows it, or what follows `refs/tmux-agents/rescue/` in it. */
export async function restore(face: Face, ref: string, { branch, repository: folder }: { readonly branch: string | undefined; readonly repository: string | undefined }): Promise<number> {
  const repository = await repositoryAt(face, folder);
  const whole = ref.startsWith('refs/') ? ref : `${RESCUE_ROOT}${ref}`;
  const restored = await restoreRescue(repository, whole, branch);
  face.output.answer({ repository, ref: whole, ...restored }, () => plainText(`The branch ${restored.branch} has it. Work on it with: ${shellJoin(['git', '-C', repository, 'switch', restored.branch])}`));
  return ExitCode.OK;
}

/** Where git commands about the whole repository run. Throws `folder-missing`, and `bad-input` where there is none. */
async function repositoryAt({ around }: Face, folder: string | undefined): Promise<string> {
  const path = resolve(around.cwd, folder ?? '.');
  const repository = await findRepository(path, around.signal);
  if (repository === undefined) throw new AgentsError('bad-input', `${path} is in no git repository.`, { hint: 'Name the one that the work was saved in: --repository DIR' });
  return repository.home;
}
