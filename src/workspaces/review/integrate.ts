// Computes what a merge makes, as a commit that no branch has yet: without a working tree where git can, else in one of its own.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { Git, type GitOptions } from '../git.ts';
import { COMMIT_MS, namedWayOut } from './commit.ts';
import type { MergeState } from './mergeState.ts';
import { isAncestor } from './reviewBase.ts';

export type Integrated = { readonly result: string } | { readonly conflicts: readonly string[] };
type Wishes = Pick<GitOptions, 'signal'>;

/** Milliseconds that a checkout or a merge of a large repository may take. */
const LONG_MS = 600_000;

/** Makes the result, or leaves the conflicts in `state.worktree`. */
export async function integrate(state: MergeState, { signal }: Wishes): Promise<Integrated> {
  const git = new Git(state.home);
  const quick = await withoutWorktree(git, state, signal);
  if (quick !== undefined) return { result: quick };
  const start = isReplay(state) ? state.source : state.targetCommit;
  await git.run(['worktree', 'add', '--detach', '--quiet', state.worktree, start], { signal, timeoutMs: LONG_MS });
  const there = new Git(state.worktree);
  return attempt(there, state, firstSteps(state), signal);
}

/** Goes on with what a person has resolved; fails with `bad-input`, naming the files, while there is something left to resolve. */
export async function resumeIntegration(state: MergeState, { signal }: Wishes): Promise<Integrated> {
  const there = new Git(state.worktree);
  const left: string[] = [];
  for (const path of await conflictsIn(there)) if (await hasMarkers(join(state.worktree, path))) left.push(path);
  if (left.length > 0) throw new AgentsError('bad-input', `There are conflicts left in ${left.slice(0, 5).join(', ')}.`, { hint: 'Resolve them, save, and continue the merge again.' });
  await there.run(['add', '--all', '--', '.'], { signal });
  if (isReplay(state)) {
    if (existsSync(await there.text(['rev-parse', '--path-format=absolute', '--git-path', 'rebase-merge']))) return attempt(there, state, [['rebase', '--continue']], signal);
    return { result: await there.text(['rev-parse', 'HEAD']) };
  }
  // The person may have committed it by themselves, as VS Code offers.
  const head = await there.text(['rev-parse', 'HEAD']);
  if (head !== state.targetCommit && (state.way === 'squash' || (await isAncestor(there, state.source, head)))) return { result: head };
  return attempt(there, state, [commitStep], signal);
}

/** Paths in conflict in a merge's working tree, relative to it. */
export async function conflictsIn(there: Git): Promise<string[]> {
  return there.parts(['diff', '--name-only', '--diff-filter=U', '-z']);
}

const commitStep = ['commit', '--quiet', '--allow-empty', '-F', '-'] as const;

function isReplay({ way }: MergeState): boolean {
  return way === 'rebase' || way === 'onto';
}

function firstSteps({ way, source, targetCommit }: MergeState): readonly (readonly string[])[] {
  switch (way) {
    case 'merge':
      return [['merge', '--no-ff', '--no-commit', '--no-edit', source], commitStep];
    case 'squash':
      return [['merge', '--squash', source], commitStep];
    case 'rebase':
    case 'onto':
      return [['-c', 'rebase.updateRefs=false', 'rebase', '--no-autosquash', '--no-fork-point', '--merge', targetCommit]];
  }
}

/** Runs the steps; a failure that left conflicts is an answer. */
async function attempt(there: Git, state: MergeState, steps: readonly (readonly string[])[], signal: AbortSignal | undefined): Promise<Integrated> {
  try {
    for (const step of steps) await there.run(step, { signal, timeoutMs: LONG_MS, ...(step === commitStep ? { input: state.message } : {}) });
  } catch (error) {
    if (!isAgentsError(error, 'git-failed')) throw error;
    const conflicts = await conflictsIn(there);
    if (conflicts.length > 0) return { conflicts };
    throw namedWayOut(error);
  }
  return { result: await there.text(['rev-parse', 'HEAD']) };
}

/** The commit, where the target has not moved on or git (2.38 and newer) merges without conflict in memory; undefined where a working tree is needed. */
async function withoutWorktree(git: Git, { way, source, targetCommit, message }: MergeState, signal: AbortSignal | undefined): Promise<string | undefined> {
  const isAhead = await isAncestor(git, targetCommit, source);
  if (way === 'rebase' || way === 'onto') return isAhead ? source : undefined;
  const tree = isAhead ? await git.text(['rev-parse', `${source}^{tree}`]) : await mergedTree(git, targetCommit, source, signal);
  if (tree === undefined) return undefined;
  const parents = ['-p', targetCommit, ...(way === 'merge' ? ['-p', source] : [])];
  const signs = (await git.run(['config', '--type=bool', '--get', 'commit.gpgSign'], { accept: [0, 1] })).stdout.toString('utf8').trim() === 'true';
  try {
    return await git.text(['commit-tree', ...(signs ? ['-S'] : []), ...parents, '-F', '-', tree], { input: message, signal, timeoutMs: COMMIT_MS });
  } catch (error) {
    throw namedWayOut(error);
  }
}

async function mergedTree(git: Git, target: string, source: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  // 1: conflicts. 128, 129: a git that cannot do it.
  const { code, stdout } = await git.run(['merge-tree', '--write-tree', '--no-messages', target, source], { accept: [0, 1, 128, 129], signal, timeoutMs: LONG_MS });
  const tree = stdout.toString('utf8').split('\n')[0]?.trim() ?? '';
  return code === 0 && /^[0-9a-f]{40,64}$/.test(tree) ? tree : undefined;
}

/** True where the file still holds what git writes between two versions. One that cannot be read as text, or is gone, was decided about. */
async function hasMarkers(path: string): Promise<boolean> {
  try {
    const text = await readFile(path, 'utf8');
    return /^<{7} /m.test(text) && /^>{7} /m.test(text);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR')) return false;
    throw new AgentsError('internal', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
