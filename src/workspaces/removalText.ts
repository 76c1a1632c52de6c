// What became of a workspace that was to be removed, in sentences: nothing is lost without being named.
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import type { RemovalReport } from './types.ts';

export function removalText({ id, path, kind }: WorkspaceRecord, { removed, reason, rescueRef, repository, branch }: RemovalReport): string {
  if (!removed) return `The workspace ${id} is kept at ${path}: ${reason ?? 'it could not be removed'}.`;
  const gone = kind === 'folder' ? `The workspace ${id} is forgotten. ${reason ?? ''}`.trim() : `The workspace ${id} is removed.`;
  const kept = branch === undefined ? '' : ` Its commits stay on the branch ${branch}${repository === undefined ? '' : ` of ${repository}`}.`;
  const rescued = rescueRef === undefined ? '' : ` What was not merged is kept as ${rescueRef}${repository === undefined ? '' : ` in ${repository}`}; have it again with: git -C ${JSON.stringify(repository ?? '.')} switch -c rescued ${rescueRef}`;
  return `${gone}${kept}${rescued}`;
}
