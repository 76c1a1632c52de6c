// Merge, Squash and Rebase Into, Rebase Onto, and what follows a conflict: resolving, continuing, aborting.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { Git } from '../../workspaces/git.ts';
import { branchesOf, type Branch } from '../../workspaces/review/branches.ts';
import { hasUncommitted } from '../../workspaces/review/commit.ts';
import type { MergeOutcome, MergeStatus } from '../../workspaces/review/merge.ts';
import type { MergeWay } from '../../workspaces/review/mergeState.ts';
import { agentKey } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import { oneLine } from '../shownText.ts';
import { committed } from './commitCommands.ts';
import { closeConflicts, openConflicts, refuseUnsaved, revertConflicts } from './conflictEditors.ts';
import type { Review, ReviewCommand } from './reviewLate.ts';
import { targetOf, type Target } from './reviewTarget.ts';

interface Words {
  readonly question: (name: string) => string;
  readonly doing: string;
  readonly done: (name: string, target: string) => string;
}

const words: Readonly<Record<MergeWay, Words>> = {
  merge: { question: (name) => `Merge the work of ${name} into which branch?`, doing: 'Merging', done: (name, target) => `The work of ${name} is merged into ${target}.` },
  squash: { question: (name) => `Squash the work of ${name} into one commit on which branch?`, doing: 'Squashing', done: (name, target) => `The work of ${name} is one commit on ${target}.` },
  rebase: { question: (name) => `Put the commits of ${name} on top of which branch?`, doing: 'Rebasing', done: (name, target) => `The commits of ${name} are on top of ${target}.` },
  onto: { question: (name) => `Move the branch of ${name} onto which branch?`, doing: 'Rebasing', done: (name, target) => `The branch of ${name} stands on ${target} now.` },
};

/** Each returns the outcome. `{ agentId, into, message }` asks nothing; `message` commits what is not committed yet. */
export const mergeInto: ReviewCommand = (review, ...args) => begin(review, 'merge', args);
export const squashInto: ReviewCommand = (review, ...args) => begin(review, 'squash', args);
export const rebaseInto: ReviewCommand = (review, ...args) => begin(review, 'rebase', args);
export const rebaseOnto: ReviewCommand = (review, ...args) => begin(review, 'onto', args);

async function begin(review: Review, way: MergeWay, args: readonly unknown[]): Promise<MergeOutcome | undefined> {
  const target = await targetOf(review, args, words[way].question('an agent').replace('an agent', 'which agent').replace(/ into which branch| on which branch| onto which branch| on top of which branch/, ''));
  const { agent, reviewed, given } = target;
  const name = oneLine(agent.name, 60);
  const status = await review.merges.status(reviewed.folder);
  if (status.type !== 'none') return unfinished(review, target, status.type);
  if (await hasUncommitted(new Git(reviewed.folder))) await commitFirst(review, target);
  const into = given.into ?? (await askBranch(target, words[way].question(name)));
  const outcome = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `${words[way].doing}: ${name}, ${into}`, cancellable: true }, (_progress, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    return review.merges.begin({ folder: reviewed.folder, way, target: into, agent: agent.name }, { signal: controller.signal });
  });
  return told(review, target, outcome, words[way].done(name, into));
}

async function commitFirst(review: Review, target: Target): Promise<void> {
  const { agent, given } = target;
  if (given.message === undefined && given.into === undefined) {
    const verb = 'Commit All';
    const chosen = await vscode.window.showWarningMessage(`${oneLine(agent.name, 60)} has changes that are not committed.`, { modal: true, detail: 'Only commits can be taken into a branch. Commit all of them now?' }, verb);
    if (chosen !== verb) throw cancelled();
  }
  if (given.message === undefined && given.into !== undefined) return;
  await committed(review, target, given.message);
}

interface BranchPick extends vscode.QuickPickItem {
  readonly branch: Branch;
}

async function askBranch({ reviewed }: Target, placeHolder: string): Promise<string> {
  const home = reviewed.record?.kind === 'copy' ? (reviewed.record.source ?? reviewed.folder) : reviewed.folder;
  const branches = (await branchesOf(home)).filter(({ name }) => home !== reviewed.folder || name !== reviewed.branch);
  // The base first, then those that people work on, then those of other agents.
  const rank = ({ name }: Branch): number => (name === reviewed.baseRef ? 0 : name.startsWith('tmux-agents/') ? 2 : 1);
  const items = branches.toSorted((a, b) => rank(a) - rank(b)).map((branch): BranchPick => ({
    branch,
    label: branch.name,
    iconPath: new vscode.ThemeIcon('git-branch'),
    description: [branch.name === reviewed.baseRef ? 'where the work began' : '', branch.checkout === undefined ? '' : `checked out in ${branch.checkout}`].filter((part) => part !== '').join(' · '),
  }));
  if (items.length === 0) throw new AgentsError('bad-input', 'There is no other branch in this repository.', { hint: 'Make one: git branch NAME' });
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true });
  if (chosen === undefined) throw cancelled();
  return chosen.branch.name;
}

/** Opens the files in conflict of an agent's merge. Returns their paths. */
export const resolveConflicts: ReviewCommand = async (review, ...args) => {
  const { reviewed } = await targetOf(review, args, 'Resolve the conflicts of which agent?');
  const status = await review.merges.status(reviewed.folder);
  if (status.type !== 'conflicts') throw new AgentsError('bad-input', status.type === 'none' ? 'There is no merge of this agent under way.' : 'There are no conflicts: continue or abort the merge.');
  await openConflicts(status.state, status.files);
  return status.files;
};

/** Returns the outcome. */
export const continueMerge: ReviewCommand = async (review, ...args) => {
  const target = await targetOf(review, args, 'Continue the merge of which agent?');
  const { agent, reviewed } = target;
  const status = await review.merges.status(reviewed.folder);
  if (status.type === 'none') throw new AgentsError('not-found', `There is no merge of ${oneLine(agent.name, 60)} to go on with.`);
  refuseUnsaved(status.state);
  const outcome = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Continuing the merge of ${oneLine(agent.name, 60)}` }, () => review.merges.resume(reviewed.folder));
  if (outcome.type === 'merged') await closeConflicts(status.state, concerned(status));
  return told(review, target, outcome, words[status.state.way].done(oneLine(agent.name, 60), status.state.target));
};

/** `{ agentId, confirm: false }` asks nothing. */
export const abortMerge: ReviewCommand = async (review, ...args) => {
  const { agent, reviewed, given } = await targetOf(review, args, 'Abort the merge of which agent?');
  const status = await review.merges.status(reviewed.folder);
  if (status.type === 'none') throw new AgentsError('not-found', `There is no merge of ${oneLine(agent.name, 60)} to abort.`);
  if (given.confirm !== false) {
    const verb = 'Abort Merge';
    const chosen = await vscode.window.showWarningMessage(`Abort taking the work of ${oneLine(agent.name, 60)} into ${status.state.target}?`, { modal: true, detail: 'What you resolved in this merge is lost. Every branch stays as it was.' }, verb);
    if (chosen !== verb) throw cancelled();
  }
  await revertConflicts(status.state);
  await review.merges.abort(reviewed.folder);
  await closeConflicts(status.state, concerned(status));
  vscode.window.setStatusBarMessage('$(circle-slash) The merge is aborted', 6_000);
};

function concerned(status: MergeStatus): readonly string[] {
  return status.type === 'conflicts' ? status.files : [];
}

async function told(review: Review, target: Target, outcome: MergeOutcome, sentence: string): Promise<MergeOutcome> {
  await review.refresh(target.agent);
  if (outcome.type === 'merged') {
    void vscode.window.showInformationMessage(sentence);
    return outcome;
  }
  const files = outcome.files.length === 1 ? (outcome.files[0] ?? '') : `${outcome.files.length} files`;
  offer(review, target, `There are conflicts in ${files}. Every branch is as it was until you have resolved them.`, ['Resolve Conflicts', 'Abort Merge']);
  return outcome;
}

async function unfinished(review: Review, target: Target, type: 'running' | 'interrupted' | 'conflicts' | 'unpublished'): Promise<undefined> {
  if (type === 'running') throw new AgentsError('bad-input', `A merge of ${oneLine(target.agent.name, 60)} is being made right now.`);
  if (target.given.into !== undefined) throw new AgentsError('bad-input', `A merge of ${oneLine(target.agent.name, 60)} is unfinished.`, { hint: 'Continue or abort it first.' });
  const what = { interrupted: 'was interrupted', conflicts: 'has conflicts to resolve', unpublished: 'is made, but not yet on its branch' }[type];
  offer(review, target, `A merge of ${oneLine(target.agent.name, 60)} ${what}.`, type === 'conflicts' ? ['Resolve Conflicts', 'Continue Merge', 'Abort Merge'] : ['Continue Merge', 'Abort Merge']);
  return Promise.resolve(undefined);
}

const offered = { 'Resolve Conflicts': Commands.resolveConflicts, 'Continue Merge': Commands.continueMerge, 'Abort Merge': Commands.abortMerge } as const;

function offer({ services }: Review, { agent }: Target, sentence: string, choices: readonly (keyof typeof offered)[]): void {
  void vscode.window.showWarningMessage(sentence, ...choices).then(
    (choice) => (choice === undefined ? undefined : vscode.commands.executeCommand(offered[choice], { kind: 'agent', key: agentKey(agent) })),
    (error: unknown) => services.log.error(String(error)),
  );
}
