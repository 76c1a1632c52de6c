// Opens files in conflict in VS Code's merge editor, with both sides and their common base; those that it cannot show, as they are.
import { existsSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { Git } from '../../workspaces/git.ts';
import type { MergeState } from '../../workspaces/review/mergeState.ts';
import { baseUri } from './baseFiles.ts';

/** Files that are opened at once; the others are opened by the same command later. */
const AT_ONCE = 5;

export async function openConflicts(state: MergeState, files: readonly string[]): Promise<void> {
  for (const path of files.slice(0, AT_ONCE)) await openOne(state, path);
  const tail = files.length > AT_ONCE ? ` ${files.length - AT_ONCE} more files are in conflict: the same command opens them afterwards.` : '';
  void vscode.window.showInformationMessage(`Resolve and save, then run "Continue Merge".${tail}`);
}

/**
 * Fails with `bad-input` while an editor holds what is not on disk. Not saved here: the merge editor takes out git's marks when it
 * opens, so that what it holds may be half resolved, and only the person knows.
 */
export function refuseUnsaved({ worktree }: MergeState): void {
  const unsaved = unsavedIn(worktree)[0];
  if (unsaved !== undefined) throw new AgentsError('bad-input', `${basename(unsaved.uri.fsPath)} is not resolved yet: its editor has changes that are not saved.`, { hint: 'Press "Complete Merge" in the merge editor, or save the file.' });
}

/** Lets go of what editors hold of a merge that is given up. */
export async function revertConflicts({ worktree }: MergeState): Promise<void> {
  for (const document of unsavedIn(worktree)) {
    await vscode.window.showTextDocument(document, { preview: true });
    await vscode.commands.executeCommand('workbench.action.files.revert');
  }
}

function unsavedIn(worktree: string): vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter((document) => document.isDirty && isIn(worktree, document.uri));
}

/** Closes the editors of a merge that has ended: their files are gone. */
export async function closeConflicts({ worktree }: MergeState, files: readonly string[]): Promise<void> {
  const titles = new Set(files.map((path) => `Merging: ${basename(path)}`));
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ input, label }) => (input instanceof vscode.TabInputText ? isIn(worktree, input.uri) : titles.has(label)));
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs, true);
}

function isIn(folder: string, uri: vscode.Uri): boolean {
  return uri.scheme === 'file' && uri.fsPath.startsWith(`${folder}${sep}`);
}

async function openOne({ worktree, way, sourceName, target }: MergeState, path: string): Promise<void> {
  const file = vscode.Uri.file(join(worktree, path));
  const stages = await stagesOf(worktree, path);
  if (!stages.has(2) || !stages.has(3)) return openOneSided(file, path);
  // In a rebase git plays the branch's own commits on top of the target: its sides are the other way round.
  const [ours, theirs] = way === 'merge' || way === 'squash' ? [target, sourceName] : [target, `${sourceName} (being replayed)`];
  const side = (rev: ':1' | ':2' | ':3'): vscode.Uri => baseUri({ folder: worktree, rev, path });
  const base = stages.has(1) ? side(':1') : baseUri({ folder: worktree, rev: '', path });
  try {
    await vscode.commands.executeCommand('_open.mergeEditor', {
      base,
      input1: { uri: side(':3'), title: 'Agent', description: theirs, detail: '' },
      input2: { uri: side(':2'), title: 'Branch', description: ours, detail: '' },
      output: file,
    });
  } catch {
    // A VS Code without that command, or a file that it cannot show.
    await vscode.commands.executeCommand('vscode.open', file);
  }
}

/** One side has removed the file: a person says which side holds. */
async function openOneSided(file: vscode.Uri, path: string): Promise<void> {
  if (!existsSync(file.fsPath)) return;
  const chosen = await vscode.window.showWarningMessage(`${path} was removed on one side and changed on the other.`, { modal: true }, 'Keep It', 'Remove It', 'Open It');
  if (chosen === 'Remove It') await vscode.workspace.fs.delete(file);
  if (chosen === 'Open It') await vscode.commands.executeCommand('vscode.open', file);
}

async function stagesOf(worktree: string, path: string): Promise<Set<number>> {
  const entries = await new Git(worktree).parts(['--literal-pathspecs', 'ls-files', '--unmerged', '-z', '--', path]);
  return new Set(entries.map((entry) => Number(/^\d+ [0-9a-f]+ ([123])\t/.exec(entry)?.[1] ?? 0)));
}
