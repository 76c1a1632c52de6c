// Where a task's branch begins: the default branch of the repository's remote as it is now, or as it was last seen; HEAD where there is no remote.
import { messageOf } from '../../../base/errors.ts';
import type { Git } from '../../../workspaces/git.ts';
import { isRefName } from '../../../workspaces/refNames.ts';
import { commitOf, currentPoint, type StartingPoint } from '../../../workspaces/startingPoint.ts';

export interface StartingOptions {
  readonly signal?: AbortSignal | undefined;
  /** What a person may want to know on the way. */
  readonly say: (message: string) => void;
}

/** Milliseconds for the remote's answer, and for what it sends. */
const ASK_MS = 20_000;
const FETCH_MS = 5 * 60_000;

/** Throws `bad-input` where nothing was committed yet, `cancelled`. A remote that cannot be reached is no fault. */
export async function startingCommit(git: Git, { signal, say }: StartingOptions): Promise<StartingPoint> {
  const remotes = (await git.text(['remote'], { signal })).split('\n').filter((name) => name !== '');
  const remote = remotes.includes('origin') ? 'origin' : remotes[0];
  if (remote !== undefined) {
    const fresh = await freshPoint(git, remote, { signal, say });
    if (fresh !== undefined) return fresh;
    const seen = await seenPoint(git, remote, signal);
    if (seen !== undefined) return seen;
    say(`What ${remote} begins from is not known: this repository's own HEAD is taken.`);
  }
  return currentPoint({ git, label: git.folder, branchRoots: [], remote, signal });
}

/** The remote is asked for its default branch, whatever its name, and for that branch. */
async function freshPoint(git: Git, remote: string, { signal, say }: StartingOptions): Promise<StartingPoint | undefined> {
  try {
    const answer = await git.text(['ls-remote', '--quiet', '--symref', remote, 'HEAD'], { signal, timeoutMs: ASK_MS });
    const branch = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(answer)?.[1];
    if (branch === undefined || !isRefName(branch)) return undefined;
    const kept = `refs/remotes/${remote}/${branch}`;
    await git.run(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', remote, `+refs/heads/${branch}:${kept}`], { signal, timeoutMs: FETCH_MS });
    const commit = await commitOf(git, kept, signal);
    return commit === undefined ? undefined : { commit, ref: branch };
  } catch (error) {
    if (signal?.aborted) throw error;
    say(`${remote} does not answer, and is taken as it was last seen: ${messageOf(error)}`);
    return undefined;
  }
}

async function seenPoint(git: Git, remote: string, signal: AbortSignal | undefined): Promise<StartingPoint | undefined> {
  const { code, stdout } = await git.run(['symbolic-ref', '--quiet', `refs/remotes/${remote}/HEAD`], { accept: [0, 1, 128], signal });
  const name = stdout.toString('utf8').trim();
  const prefix = `refs/remotes/${remote}/`;
  const names = [...(code === 0 && name.startsWith(prefix) ? [name.slice(prefix.length)] : []), 'main', 'master'];
  for (const branch of names) {
    const commit = await commitOf(git, `${prefix}${branch}`, signal);
    if (commit !== undefined) return { commit, ref: branch };
  }
  return undefined;
}
