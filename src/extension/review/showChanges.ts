// Show Changes, Open Change, Open Worktree: all files of an agent that differ from its base in one editor, one of them, or their folder.
import { join } from 'node:path';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { changedFiles, type ChangedFile } from '../../workspaces/review/changedFiles.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { reviewOf, type Reviewed } from '../../workspaces/review/reviewBase.ts';
import { agentKey } from '../agentKey.ts';
import { ContextKeys } from '../ids.ts';
import { oneLine } from '../shownText.ts';
import { baseUri } from './baseFiles.ts';
import { baseWords } from './changeRows.ts';
import type { Review, ReviewCommand } from './reviewLate.ts';
import { agentOfFile, editorsPath, rowsPath, targetOf } from './reviewTarget.ts';

/** Returns the paths that are shown. */
export const showChanges: ReviewCommand = async (review, ...args) => {
  const { agent, reviewed } = await targetOf(review, args, 'Show the changes of which agent?');
  return showReviewed(review, reviewed, agent.name, agent);
};

/** A folder whose agent may be gone. */
export interface ShownFolder {
  readonly folder: string;
  /** Whose work it is, for people. */
  readonly name: string;
  /** The commit to compare with where the folder is no workspace of ours; the last one when absent. */
  readonly since?: string | undefined;
}

/** As Show Changes, of a folder. Fails with `folder-missing` where it is no more. */
export async function showFolder(review: Review, { folder, name, since }: ShownFolder): Promise<readonly string[]> {
  const reviewed = await reviewOf(folder, review.store, since);
  return showReviewed(review, reviewed, name, agentOfFile(review.services, vscode.Uri.file(reviewed.folder)));
}

async function showReviewed(review: Review, reviewed: Reviewed, name: string, agent: AgentInfo | undefined): Promise<readonly string[]> {
  const [who, against] = [oneLine(name, 60), baseWords(reviewed)];
  const files = await changedFiles(reviewed.folder, reviewed.base);
  if (files.length === 0) {
    void vscode.window.showInformationMessage(`${who} has changed nothing against ${against}.`);
    return [];
  }
  if (agent !== undefined) beginReview(review, agent);
  const title = `Changes of ${who} (against ${against})`;
  const resources = files.filter(({ submodule }) => !submodule).map((file) => {
    const { original, modified } = sidesOf(reviewed, file);
    return [vscode.Uri.file(join(reviewed.folder, file.path)), file.status === 'added' ? undefined : original, file.status === 'deleted' ? undefined : modified];
  });
  await vscode.commands.executeCommand('vscode.changes', title, resources);
  // A list of earlier is replaced by the one of now. VS Code adds the number of files to the title.
  const old = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter(({ label, isActive }) => label.startsWith(title) && !isActive);
  if (old.length > 0) await vscode.window.tabGroups.close(old, true);
  return files.map(({ path }) => path);
}

export const openChange: ReviewCommand = async (review, ...args) => {
  const target = await targetOf(review, args, 'Open a change of which agent?');
  const { reviewed, agent } = target;
  const files = await changedFiles(reviewed.folder, reviewed.base);
  const path = rowsPath(args[0]) ?? target.given.path ?? (await askPath(reviewed, files));
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new AgentsError('stale', `${path} has no changes any more.`);
  beginReview(review, agent);
  const { original, modified } = sidesOf(reviewed, file);
  await vscode.commands.executeCommand('vscode.diff', original, modified, `${file.path} (${oneLine(agent.name, 40)} against ${baseWords(reviewed)})`, { preview: true });
};

export const openWorktree: ReviewCommand = async (review, ...args) => {
  const { reviewed } = await targetOf(review, args, 'Open the folder of which agent?');
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(reviewed.folder), { forceNewWindow: true });
};

/** Asks for one of the changed files; throws where there is none. */
export async function askPath(reviewed: Reviewed, files: readonly ChangedFile[], placeHolder = 'Which file?'): Promise<string> {
  const active = editorsPath(reviewed, undefined);
  const items = files.map((file) => ({ label: file.path, description: file.binary ? 'binary' : `+${file.additions ?? 0} \u2212${file.deletions ?? 0}` })).toSorted((a, b) => Number(b.label === active) - Number(a.label === active));
  if (items.length === 0) throw new AgentsError('bad-input', 'This agent has no changes.');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen === undefined) throw new AgentsError('cancelled', 'Cancelled.');
  return chosen.label;
}

/** Both sides of a file; a side that is not there is an empty document. */
function sidesOf({ folder, base }: Reviewed, file: ChangedFile): { readonly original: vscode.Uri; readonly modified: vscode.Uri } {
  const original = file.status === 'added' ? baseUri({ folder, rev: '', path: file.path }) : baseUri({ folder, rev: base, path: file.oldPath ?? file.path });
  return { original, modified: file.status === 'deleted' ? baseUri({ folder, rev: '', path: file.path }) : vscode.Uri.file(join(folder, file.path)) };
}

/** From here on the editors of this agent's folder take comments, and offer to discard. */
function beginReview(review: Review, agent: AgentInfo): void {
  review.shown.add(agentKey(agent));
  review.comments.begin();
  void vscode.commands.executeCommand('setContext', ContextKeys.reviewing, true);
}
