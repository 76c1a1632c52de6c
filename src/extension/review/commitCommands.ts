// Commit and Amend Message: an agent's work as a commit of its branch, in words that a person gives.
import * as vscode from 'vscode';
import { cancelled } from '../../base/wait.ts';
import { isInside } from '../../workspaces/containment.ts';
import { Git } from '../../workspaces/git.ts';
import { changedFiles, changesSummary } from '../../workspaces/review/changedFiles.ts';
import { amendMessage, commitAll, hasUncommitted, lastMessage } from '../../workspaces/review/commit.ts';
import { AgentsError } from '../../base/errors.ts';
import { oneLine } from '../shownText.ts';
import type { Review, ReviewCommand } from './reviewLate.ts';
import { targetOf, type Target } from './reviewTarget.ts';

/** Returns the commit's id. `{ agentId, message }` asks nothing. */
export const commitCommand: ReviewCommand = async (review, ...args) => {
  const target = await targetOf(review, args, 'Commit the changes of which agent?');
  if (!(await hasUncommitted(new Git(target.reviewed.folder)))) throw new AgentsError('bad-input', `There is nothing to commit: every change of ${oneLine(target.agent.name, 60)} is committed already.`);
  return committed(review, target, target.given.message);
};

/** Asks for a message where none is given, commits all, and returns the commit's id. */
export async function committed(review: Review, { agent, reviewed }: Target, given: string | undefined): Promise<string> {
  await saveEditors(reviewed.folder);
  const summary = changesSummary(await changedFiles(reviewed.folder, reviewed.head ?? reviewed.base));
  const message = given ?? (await askMessage(`Commit ${summary} of ${oneLine(agent.name, 60)}`, agent.task));
  const id = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Committing' }, () => commitAll(reviewed, message));
  await review.refresh(agent);
  vscode.window.setStatusBarMessage(`$(git-commit) Committed ${id.slice(0, 10)} on ${reviewed.branch ?? 'no branch'}`, 6_000);
  return id;
}

/** Returns the new commit's id. `{ agentId, message }` asks nothing. */
export const amendMessageCommand: ReviewCommand = async (review, ...args) => {
  const { agent, reviewed, given } = await targetOf(review, args, 'Amend the last message of which agent?');
  const message = given.message ?? (await askMessage(`Amend the last commit of ${oneLine(agent.name, 60)}`, (await lastMessage(reviewed)).trimEnd()));
  const id = await amendMessage(reviewed, message);
  await review.refresh(agent);
  vscode.window.setStatusBarMessage(`$(git-commit) Amended: now ${id.slice(0, 10)}`, 6_000);
  return id;
};

/** An input box has one line: what stands after the first is kept as it was, under the new one. */
async function askMessage(title: string, suggestion: string): Promise<string> {
  const [first = '', ...rest] = suggestion.split('\n');
  const more = rest.join('\n').trim();
  const line = await vscode.window.showInputBox({
    title,
    prompt: more === '' ? 'What the commit does, in one line' : 'What the commit does, in one line; the lines below it stay',
    value: first,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? 'A commit needs a message.' : undefined),
  });
  if (line === undefined) throw cancelled();
  return more === '' ? line : `${line}\n\n${more}`;
}

/** What stands in editors of the folder is part of the work. */
async function saveEditors(folder: string): Promise<void> {
  for (const document of vscode.workspace.textDocuments) if (document.isDirty && document.uri.scheme === 'file' && isInside(folder, document.uri.fsPath)) await document.save();
}
