// Create Pull Request: pushes an agent's branch, and makes the request with gh, with the GitHub extension, or on the host's own page.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { Git } from '../../workspaces/git.ts';
import { hasUncommitted } from '../../workspaces/review/commit.ts';
import { compareUrl, createWithGh, pushBranch } from '../../workspaces/review/pullRequest.ts';
import { oneLine } from '../shownText.ts';
import { committed } from './commitCommands.ts';
import type { ReviewCommand } from './reviewLate.ts';
import { targetOf } from './reviewTarget.ts';

const GITHUB_EXTENSION = 'GitHub.vscode-pull-request-github';

/** Returns the request's address, or that of the page where it is made. `{ agentId, title, text, into }` asks nothing. */
export const createPullRequest: ReviewCommand = async (review, ...args) => {
  const target = await targetOf(review, args, 'Create a pull request of the work of which agent?');
  const { agent, reviewed, given } = target;
  const name = oneLine(agent.name, 60);
  if (await hasUncommitted(new Git(reviewed.folder))) {
    const chosen = given.title === undefined ? await vscode.window.showWarningMessage(`${name} has changes that are not committed.`, { modal: true, detail: 'A pull request holds commits only.' }, 'Commit All', 'Without Them') : 'Without Them';
    if (chosen === undefined) throw cancelled();
    if (chosen === 'Commit All') await committed(review, target, undefined);
  }
  const title = given.title ?? (await askTitle(name, (await new Git(reviewed.folder).text(['log', '-1', '--format=%s'])).trim()));
  const into = given.into ?? reviewed.baseRef;
  const pushed = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Pushing ${reviewed.branch ?? ''}`, cancellable: true }, (_progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    return pushBranch(reviewed, { signal: controller.signal });
  });
  const made = await createWithGh(reviewed, pushed, { title, body: given.text ?? agent.task, into });
  if (made !== undefined) {
    void vscode.window.showInformationMessage(`The pull request is made: ${made}`, 'Open').then((choice) => (choice === undefined ? undefined : vscode.env.openExternal(vscode.Uri.parse(made))));
    return made;
  }
  if (pushed.remote.host.includes('github') && vscode.extensions.getExtension(GITHUB_EXTENSION) !== undefined && given.title === undefined) {
    await vscode.commands.executeCommand('pr.create', { repoPath: reviewed.folder, compareBranch: pushed.branch });
    return undefined;
  }
  const page = compareUrl(pushed.remote, pushed.branch, into);
  if (page === undefined) throw new AgentsError('unsupported', `The branch ${pushed.branch} is pushed; where ${pushed.remote.host} takes pull requests is not known.`, { hint: 'Make it on its page.' });
  if (given.title === undefined) await vscode.env.openExternal(vscode.Uri.parse(page, true));
  return page;
};

async function askTitle(name: string, suggestion: string): Promise<string> {
  const title = await vscode.window.showInputBox({ title: `Pull request of ${name}`, prompt: 'Its title. The branch is pushed then.', value: suggestion, ignoreFocusOut: true, validateInput: (value) => (value.trim() === '' ? 'A pull request needs a title.' : undefined) });
  if (title === undefined) throw cancelled();
  return title.trim();
}
