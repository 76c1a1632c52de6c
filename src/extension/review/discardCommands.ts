// Discard File and Discard Change: takes back what a person does not want of an agent's work, after asking, with a way to have it again.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { changedFiles } from '../../workspaces/review/changedFiles.ts';
import { discardFile, discardHunk, hunksOf, type Undo } from '../../workspaces/review/discard.ts';
import { hunkLines, type Hunk } from '../../workspaces/review/patch.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { showError } from '../showError.ts';
import { parseBaseUri } from './baseFiles.ts';
import type { Review, ReviewCommand } from './reviewLate.ts';
import { editorsPath, rowsPath, targetOf } from './reviewTarget.ts';
import { askPath } from './showChanges.ts';

/** Lines of a change that the question shows. */
const SHOWN_LINES = 12;

/** `{ agentId, path, confirm: false }` asks nothing. */
export const discardFileCommand: ReviewCommand = async (review, ...args) => {
  const { agent, reviewed, given } = await targetOf(review, args, 'Discard a file of which agent?');
  const path = rowsPath(args[0]) ?? given.path ?? editorsPath(reviewed, args[0]) ?? (await askPath(reviewed, await changedFiles(reviewed.folder, reviewed.base), 'Discard all changes of which file?'));
  if (given.confirm !== false) await ask(`Discard all changes of ${path}?`, 'The file becomes as it is in the base; a new file is removed.', 'Discard File');
  const undo = await discardFile(reviewed, path);
  await done(review, agent, `The changes of ${path} are discarded.`, undo, given.confirm === false);
};

/** The change at the cursor of the active editor, else one that is chosen. `{ agentId, path, line, confirm: false }` asks nothing. */
export const discardHunkCommand: ReviewCommand = async (review, ...args) => {
  const { agent, reviewed, given } = await targetOf(review, args, 'Discard a change of which agent?');
  const files = await changedFiles(reviewed.folder, reviewed.base);
  const path = rowsPath(args[0]) ?? given.path ?? editorsPath(reviewed, args[0]) ?? (await askPath(reviewed, files, 'Discard a change of which file?'));
  const file = files.find((one) => one.path === path || one.oldPath === path);
  if (file === undefined) throw new AgentsError('bad-input', `${path} has no changes.`);
  const open = vscode.workspace.textDocuments.find(({ uri, isDirty }) => isDirty && editorsPath(reviewed, uri) === file.path);
  if (open !== undefined) throw new AgentsError('bad-input', `${file.path} has changes in the editor that are not saved.`, { hint: 'Save it first.' });
  const hunks = await hunksOf(reviewed, file);
  if (hunks.length === 0) throw new AgentsError('bad-input', `${file.path} has no changes by line.`, { hint: 'Use Discard File.' });
  const hunk = (given.line === undefined ? atCursor(hunks, args[0] === undefined || args[0] instanceof vscode.Uri) : hunks.find((one) => isAt(one, given.line ?? 0))) ?? (await askHunk(hunks, file.path));
  if (given.confirm !== false) await ask(`Discard this change of ${file.path}?`, shown(hunk), 'Discard Change');
  const undo = await discardHunk(reviewed, file.path, hunk.id);
  await done(review, agent, `A change of ${file.path} is discarded.`, undo, given.confirm === false);
};

/** The hunk that the cursor is in, on either side of a diff. */
function atCursor(hunks: readonly Hunk[], fromEditor: boolean): Hunk | undefined {
  const editor = fromEditor ? vscode.window.activeTextEditor : undefined;
  if (editor === undefined) return undefined;
  const line = editor.selection.active.line + 1;
  const isOld = parseBaseUri(editor.document.uri) !== undefined;
  return hunks.find((hunk) => (isOld ? line >= hunk.oldStart && line < hunk.oldStart + Math.max(1, hunk.oldLines) : isAt(hunk, line)));
}

function isAt({ newStart, newLines }: Hunk, line: number): boolean {
  return line >= newStart && line < newStart + Math.max(1, newLines);
}

async function askHunk(hunks: readonly Hunk[], path: string): Promise<Hunk> {
  const items = hunks.map((hunk) => {
    const changed = hunkLines(hunk).filter((line) => /^[+-]/.test(line));
    return { hunk, label: (changed[0] ?? '').slice(0, 80), description: `line ${hunk.changed.first}`, detail: changed.slice(1, 3).join('  ').slice(0, 120) };
  });
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: `Discard which change of ${path}?`, matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) throw cancelled();
  return chosen.hunk;
}

function shown(hunk: Hunk): string {
  const changed = hunkLines(hunk).filter((line) => /^[+-]/.test(line));
  return changed.slice(0, SHOWN_LINES).map((line) => line.slice(0, 120)).join('\n') + (changed.length > SHOWN_LINES ? `\nand ${changed.length - SHOWN_LINES} more lines` : '');
}

async function ask(question: string, detail: string, verb: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, verb);
  if (chosen !== verb) throw cancelled();
}

async function done(review: Review, agent: AgentInfo, sentence: string, undo: Undo, isQuiet: boolean): Promise<void> {
  await review.refresh(agent);
  if (isQuiet) return;
  const { log } = review.services;
  void vscode.window.showInformationMessage(sentence, 'Undo').then(
    async (choice) => {
      if (choice === undefined) return;
      await undo();
      await review.refresh(agent);
    },
  ).then(undefined, (error: unknown) => showError(error, log));
}
