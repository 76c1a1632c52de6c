// How much a workspace has changed since its base, committed or not, untracked files included: read through an index of its own, no object written.
import type { DiffFile, DiffTotals } from '../protocol/runnerEvent.ts';
import type { WorkspaceRecord } from '../protocol/workspaceRecord.ts';
import { Git } from './git.ts';
import { lfsArguments } from './lfs.ts';
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
      return top.parts([...lfs, 'diff', '--raw', '--numstat', '-z', '--find-renames', '--no-ext-diff', '--no-textconv', '--ignore-submodules=dirty', '--no-color', commit, '--'], { env, signal, timeoutMs: 5 * 60_000 });
    },
    signal,
  );
  return totalsOf(parts);
}

const STATUS: Readonly<Record<string, DiffFile['status']>> = { A: 'added', C: 'added', D: 'deleted', R: 'renamed' };

/** `git diff --raw --numstat -z`: first all `:modes status NUL path NUL [new path NUL]`, then all `added TAB removed TAB path NUL`, a rename's paths in parts of their own. */
export function totalsOf(parts: readonly string[]): DiffTotals {
  const statuses = new Map<string, DiffFile['status']>();
  const files: DiffFile[] = [];
  for (let at = 0; at < parts.length; ) {
    const part = parts[at++] ?? '';
    if (part.startsWith(':')) {
      const letter = part.slice(part.lastIndexOf(' ') + 1, part.lastIndexOf(' ') + 2);
      const moved = letter === 'R' || letter === 'C';
      const path = parts[moved ? at + 1 : at] ?? '';
      at += moved ? 2 : 1;
      statuses.set(path, STATUS[letter] ?? 'modified');
    } else {
      const [added = '', removed = '', ...rest] = part.split('\t');
      const named = rest.join('\t');
      const path = named === '' ? (parts[at + 1] ?? '') : named;
      if (named === '') at += 2;
      files.push({ path, status: statuses.get(path) ?? 'modified', additions: count(added), deletions: count(removed) });
    }
  }
  const sum = (of: 'additions' | 'deletions'): number => files.reduce((total, file) => total + file[of], 0);
  return { filesChanged: files.length, linesAdded: sum('additions'), linesRemoved: sum('deletions'), files };
}

/** `-` for a binary file. */
function count(text: string): number {
  return text === '-' ? 0 : Number.parseInt(text, 10) || 0;
}
