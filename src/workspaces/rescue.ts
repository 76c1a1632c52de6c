// Work that a removal would lose, kept: uncommitted files as a commit under refs/tmux-agents/rescue/<id>/<time>, found again and brought back as a branch.
import { AgentsError } from '../base/errors.ts';
import { Git } from './git.ts';
import { lfsArguments } from './lfs.ts';
import { checkRefName } from './refNames.ts';
import { commitTree, snapshotTree, withOwnIndex } from './snapshot.ts';
import { commitOf } from './startingPoint.ts';

export const RESCUE_ROOT = 'refs/tmux-agents/rescue/';

export interface Rescue {
  /** `refs/tmux-agents/rescue/<id>/<time>`. */
  readonly ref: string;
  readonly commit: string;
  /** The workspace that it was saved from. */
  readonly workspaceId: string;
  /** ISO 8601, UTC. */
  readonly savedAt: string;
  readonly subject: string;
}

/** The ref that holds what no branch has, or undefined when nothing would be lost. `git` is the working tree's; throws when it cannot be kept. */
export async function rescueWork(git: Git, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const head = await commitOf(git, 'HEAD', signal);
  const tree = await snapshotTree(git, signal);
  const headTree = await treeOf(git, head, signal);
  const index = await indexTree(git, signal);
  const staged = index !== undefined && index !== headTree && index !== tree;
  const parents = head === undefined ? [] : [head];
  if (tree !== headTree || staged) {
    const beside = staged ? [await commitTree(git, index, parents, `What was staged in workspace ${id}`, signal)] : [];
    return keep(git, id, await commitTree(git, tree, [...parents, ...beside], `Uncommitted work of workspace ${id}`, signal), signal);
  }
  if (head === undefined || (await isKeptElsewhere(git, head, undefined, signal))) return undefined;
  return keep(git, id, head, signal);
}

/** For a worktree whose folder is gone: what its index alone still has, or a HEAD that no ref has. */
export async function rescueIndex(entry: string, id: string, signal?: AbortSignal): Promise<string | undefined> {
  const git = new Git(entry);
  const head = await commitOf(git, 'HEAD', signal);
  const index = await indexTree(git, signal);
  if (index !== undefined && index !== (await treeOf(git, head, signal)) && (await git.text(['ls-files', '--cached'], { signal })) !== '') {
    return keep(git, id, await commitTree(git, index, head === undefined ? [] : [head], `What was staged in workspace ${id}`, signal), signal);
  }
  return head === undefined || (await isKeptElsewhere(git, head, undefined, signal)) ? undefined : keep(git, id, head, signal);
}

/** Whether a branch, tag, remote branch or pull request other than `except` has that commit. */
export async function isKeptElsewhere(git: Git, commit: string, except: string | undefined, signal?: AbortSignal): Promise<boolean> {
  const refs = await git.text(['for-each-ref', '--contains', commit, '--count=2', '--format=%(refname)', 'refs/heads', 'refs/remotes', 'refs/tags', 'refs/tmux-agents/pull'], { signal });
  return refs.split('\n').some((ref) => ref !== '' && ref !== except);
}

/** The newest first. */
export async function listRescues(repository: string): Promise<Rescue[]> {
  const lines = await new Git(repository).text(['for-each-ref', '--format=%(refname)%00%(objectname)%00%(creatordate:iso-strict)%00%(contents:subject)', RESCUE_ROOT]);
  const rescues = lines.split('\n').flatMap((line) => {
    const [ref, commit, created, subject] = line.split('\0');
    if (ref === undefined || commit === undefined || created === undefined || subject === undefined) return [];
    return [{ ref, commit, savedAt: timeIn(ref) ?? new Date(created).toISOString(), subject, workspaceId: ref.slice(RESCUE_ROOT.length).split('/')[0] ?? '' }];
  });
  return rescues.sort((one, other) => other.savedAt.localeCompare(one.savedAt));
}

/** When it was saved, by its name: a commit that was rescued as it is may be much older. */
function timeIn(ref: string): string | undefined {
  const [, day, hours, minutes, seconds, milliseconds] = /\/(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z-[0-9a-f]+$/.exec(ref) ?? [];
  return day === undefined ? undefined : `${day}T${hours}:${minutes}:${seconds}.${milliseconds}Z`;
}

/** Makes a branch of it (`tmux-agents/rescued/<id>/<time>` when not named) and keeps the ref. Throws `not-found`, or `name-taken` where the branch exists. */
export async function restoreRescue(repository: string, ref: string, branch: string = `tmux-agents/rescued/${ref.slice(RESCUE_ROOT.length)}`): Promise<{ readonly branch: string; readonly commit: string }> {
  checkRefName(branch, 'branch');
  const git = new Git(repository);
  const commit = ref.startsWith(RESCUE_ROOT) ? await commitOf(git, ref) : undefined;
  if (commit === undefined) throw new AgentsError('not-found', `There is no rescued work ${ref} in ${repository}.`, { hint: 'See what there is with: tmux-agents workspaces rescued' });
  if ((await commitOf(git, `refs/heads/${branch}`)) !== undefined) throw new AgentsError('name-taken', `The branch ${branch} exists already in ${repository}.`, { hint: 'Choose another name for it.' });
  await git.run(['update-ref', `refs/heads/${branch}`, commit, '']);
  return { branch, commit };
}

/** Two at the same moment get two names. */
async function keep(git: Git, id: string, commit: string, signal?: AbortSignal): Promise<string> {
  const name = `${RESCUE_ROOT}${id}/${new Date().toISOString().replace(/[:.]/g, '-')}-${commit.slice(0, 8)}`;
  await git.run(['update-ref', name, commit], { signal });
  return name;
}

async function treeOf(git: Git, commit: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
  return commit === undefined ? undefined : git.text(['rev-parse', `${commit}^{tree}`], { signal });
}

/** Undefined while a merge's conflicts stand in it: the files have its text then. */
async function indexTree(git: Git, signal?: AbortSignal): Promise<string | undefined> {
  return withOwnIndex(
    git,
    async (env) => {
      const { code, stdout } = await git.run([...(await lfsArguments()), 'write-tree'], { env, signal, accept: [0, 128] });
      return code === 0 ? stdout.toString('utf8').trim() : undefined;
    },
    signal,
  );
}
