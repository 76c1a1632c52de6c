// What the commit of a merge says: whose work it is, and which commits it took.
import type { Git } from '../git.ts';
import type { MergeState } from './mergeState.ts';

/** Commits that a squash names; more are counted. */
const NAMED = 50;

export async function mergeMessage(git: Git, { way, source, sourceName, target, targetCommit, agent }: Pick<MergeState, 'way' | 'source' | 'sourceName' | 'target' | 'targetCommit'> & { readonly agent: string | undefined }): Promise<string> {
  const by = agent === undefined ? '' : ` of ${agent.replace(/\s+/g, ' ')}`;
  const commits = (await git.text(['log', '--reverse', '--no-merges', '--format=%h %s', `${targetCommit}..${source}`])).split('\n').filter((line) => line !== '');
  const [only] = commits;
  const told = commits.slice(0, NAMED).map((line) => `* ${line.replace(/^\S+ /, '')}`);
  if (commits.length > NAMED) told.push(`* and ${commits.length - NAMED} more`);
  if (way === 'squash') {
    const title = commits.length === 1 && only !== undefined ? only.replace(/^\S+ /, '') : `Work${by} (${sourceName})`;
    return `${title}\n\n${commits.length === 1 ? '' : `${told.join('\n')}\n\n`}Squashed from ${sourceName} at ${source}${by === '' ? '' : `, work${by}`}.\n`;
  }
  return `Merge ${sourceName}${by === '' ? '' : `, work${by},`} into ${target}\n\n${told.join('\n')}\n`;
}
