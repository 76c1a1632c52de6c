// How much a workspace has changed since its base, committed or not, untracked files included: read through an index of its own, no object written.
import type { DiffFile, DiffTotals } from '../protocol/runnerEvent.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { Git } from './git.ts';
import { lfsArguments } from './lfs.ts';
import { parseChanges, type ChangeStatus } from './review/changedFiles.ts';
import { withOwnIndex } from './snapshot.ts';

const NOTHING: DiffTotals = { filesChanged: 0, linesAdded: 0, linesRemoved: 0, files: [] };

/** Nothing where there is no base (a folder without a repository). Binary files count no lines. Throws `git-failed`. */
export async function diffTotals(record: WorkspaceRecord, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<DiffTotals> {
  const commit = record.base?.commit;
  if (commit === undefined) return NOTHING;
  const git = new Git(record.path);
  const top = new Git(await git.text(['rev-parse', '--show-toplevel'], { signal }));
  const parts = await withOwnIndex(
    top,
    async (env) => {
      const untracked = (await top.parts(['ls-files', '--others', '--exclude-standard', '-z'], { env, signal })).filter((path) => !path.endsWith('/'));
      const lfs = await lfsArguments();
      if (untracked.length > 0) await top.run(['--literal-pathspecs', ...lfs, 'add', '--intent-to-add', '--pathspec-from-file=-', '--pathspec-file-nul'], { env, signal, input: `${untracked.join('\0')}\0` });
      return top.parts([...lfs, 'diff', '--raw', '--numstat', '-z', '--no-abbrev', '--find-renames', '--no-ext-diff', '--no-textconv', '--ignore-submodules=dirty', '--no-color', commit, '--'], { env, signal, timeoutMs: 5 * 60_000 });
    },
    signal,
  );
  return totalsOf(parts);
}

const STATUS: Readonly<Record<ChangeStatus, DiffFile['status']>> = { added: 'added', modified: 'modified', deleted: 'deleted', renamed: 'renamed', retyped: 'modified', conflicted: 'modified' };

/** Of what `git diff --raw --numstat -z` printed, as `parseChanges` takes it. */
export function totalsOf(parts: readonly string[]): DiffTotals {
  const files = parseChanges(parts).map(({ path, status, additions = 0, deletions = 0 }): DiffFile => ({ path, status: STATUS[status], additions, deletions }));
  const sum = (of: 'additions' | 'deletions'): number => files.reduce((total, file) => total + file[of], 0);
  return { filesChanged: files.length, linesAdded: sum('additions'), linesRemoved: sum('deletions'), files };
}
