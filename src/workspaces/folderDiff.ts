// How much a folder has changed: since its workspace's base where it is a workspace of ours, else since a commit that is known. Untracked files count.
import type { DiffTotals } from '../protocol/runnerEvent.ts';
import { diffTotals } from './diffTotals.ts';
import { WorkspaceStore } from './workspaceStore.ts';

/** Undefined where neither is known, or the folder is in no repository. Runs git. */
export async function folderDiff(folder: string, commit: string | undefined, { store = new WorkspaceStore(), signal }: { readonly store?: WorkspaceStore; readonly signal?: AbortSignal } = {}): Promise<DiffTotals | undefined> {
  const record = store.at(folder);
  if (record?.base !== undefined) return diffTotals(record, { signal });
  if (commit === undefined) return undefined;
  return diffTotals({ v: 1, id: 'folder', kind: 'folder', path: folder, base: { commit }, createdAt: '' }, { signal });
}
