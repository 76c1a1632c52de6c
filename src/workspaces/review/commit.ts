// Commits an agent's work as it lies in its folder, and gives its last commit another message.
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Git, type GitOptions } from '../git.ts';
import type { Reviewed } from './reviewBase.ts';

/** Milliseconds that the hooks of a commit may take. */
export const COMMIT_MS = 600_000;

/** Commits all changes, new files included. Resolves with the commit's id. Fails with `bad-input` where there is nothing to commit. */
export async function commitAll({ folder }: Pick<Reviewed, 'folder'>, message: string, { signal }: Pick<GitOptions, 'signal'> = {}): Promise<string> {
  const git = new Git(folder);
  const text = worded(message);
  await refuseConflicts(git);
  await git.run(['add', '--all', '--', '.'], { signal, timeoutMs: COMMIT_MS });
  if ((await git.run(['diff', '--cached', '--quiet'], { accept: [0, 1] })).code === 0 && !(await isMerging(git))) throw new AgentsError('bad-input', 'There is nothing to commit: every change is committed already.');
  await committing(git, ['commit', '--quiet', '-F', '-'], text, signal);
  return git.text(['rev-parse', 'HEAD']);
}

/** What the last commit says. */
export async function lastMessage({ folder }: Pick<Reviewed, 'folder'>): Promise<string> {
  return new Git(folder).text(['log', '-1', '--format=%B']);
}

/** Gives the last commit another message, and nothing else; what is staged stays so. Fails with `bad-input` where that commit is not the agent's. */
export async function amendMessage({ folder, base, head }: Reviewed, message: string): Promise<string> {
  const git = new Git(folder);
  const own = head === undefined ? '0' : await git.text(['rev-list', '--count', `${base}..${head}`], { accept: [0, 128] });
  if (own === '0') throw new AgentsError('bad-input', 'There is no commit of this agent to amend: its base is the last one.', { hint: 'Commit its changes first.' });
  await committing(git, ['commit', '--amend', '--only', '--allow-empty', '--quiet', '-F', '-'], worded(message), undefined);
  return git.text(['rev-parse', 'HEAD']);
}

/** True where files are changed that no commit has; untracked ones count. */
export async function hasUncommitted(git: Git): Promise<boolean> {
  return (await git.text(['status', '--porcelain', '--untracked-files=normal', '--ignore-submodules=none'])) !== '';
}

function worded(message: string): string {
  if (message.trim() === '') throw new AgentsError('bad-input', 'A commit needs a message.');
  return `${message.trimEnd()}\n`;
}

async function refuseConflicts(git: Git): Promise<void> {
  const [first] = await git.parts(['diff', '--name-only', '--diff-filter=U', '-z']);
  if (first !== undefined) throw new AgentsError('bad-input', `${first} is in conflict.`, { hint: 'Resolve the conflicts first.' });
}

async function isMerging(git: Git): Promise<boolean> {
  return (await git.run(['rev-parse', '--verify', '--quiet', 'MERGE_HEAD'], { accept: [0, 1, 128] })).code === 0;
}

async function committing(git: Git, args: readonly string[], message: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await git.run(args, { input: message, signal, timeoutMs: COMMIT_MS });
  } catch (error) {
    throw namedWayOut(error);
  }
}

/** Git's own failures of a commit, with what to do. */
export function namedWayOut(error: unknown): unknown {
  if (!isAgentsError(error, 'git-failed') || !/tell me who you are|empty ident|unable to auto-detect email/i.test(error.message)) return error;
  return new AgentsError('git-failed', 'Git does not know who commits.', { hint: 'Run: git config --global user.name "Your Name" && git config --global user.email you@example.com', cause: error });
}
