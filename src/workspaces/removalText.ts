// What became of a workspace that was to be removed, in sentences: nothing is lost without being named.
import { shellQuote } from '../base/shellQuote.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import type { RemovalReport } from './types.ts';

export function removalText({ id, path, kind }: Pick<WorkspaceRecord, 'id' | 'path' | 'kind'>, { removed, reason, rescueRef, repository, branch }: RemovalReport): string {
  if (!removed) return `The workspace ${id} is kept at ${path}: ${(reason ?? 'it could not be removed').replace(/^It was kept: /, '').replace(/\.$/, '')}.`;
  const gone = kind === 'folder' ? `The workspace ${id} is forgotten. ${reason ?? ''}`.trim() : `The workspace ${id} is removed.`;
  const kept = branch === undefined ? '' : ` Its commits stay on the branch ${branch}${repository === undefined ? '' : ` of ${repository}`}.`;
  return `${gone}${kept}${rescueRef === undefined ? '' : rescuedText(rescueRef, repository)}`;
}

/** Both ways to have it again: whoever reads this in VS Code may have no command. */
function rescuedText(ref: string, repository: string | undefined): string {
  const [place, option, folder] = repository === undefined ? ['', '', ''] : [` in ${repository}`, ` --repository ${shellQuote(repository)}`, ` -C ${shellQuote(repository)}`];
  return ` What was not merged is kept${place}; have it again, as a branch, with: tmux-agents workspaces restore ${ref}${option} (or: git${folder} branch rescued ${ref})`;
}
