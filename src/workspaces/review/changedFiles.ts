// The files of a working tree that differ from its base: committed, uncommitted and untracked alike, with renames, modes and counts.
import { Git } from '../git.ts';
import { lfsArguments } from '../lfs.ts';
import { PLAIN_DIFF, withNewFiles } from './comparison.ts';

export type ChangeStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'retyped' | 'conflicted';

export interface ChangedFile {
  /** Relative to the working tree, with `/`. */
  readonly path: string;
  /** Where it was in the base, for one that was renamed. */
  readonly oldPath?: string;
  readonly status: ChangeStatus;
  /** Lines; undefined for a binary file. */
  readonly additions: number | undefined;
  readonly deletions: number | undefined;
  readonly binary: boolean;
  readonly submodule: boolean;
  /** Octal modes as git writes them, where the change is (also) one of the mode: `100644`, `100755`. */
  readonly modes?: { readonly from: string; readonly to: string };
}

/** By path. */
export async function changedFiles(folder: string, base: string): Promise<ChangedFile[]> {
  return withNewFiles(folder, async (env) => {
    const git = new Git(folder);
    const parts = await git.parts([...(await lfsArguments()), 'diff', ...PLAIN_DIFF, '--raw', '--numstat', '-z', '--no-abbrev', base], { env });
    const conflicted = new Set((await git.parts(['diff', '--name-only', '--diff-filter=U', '-z'])));
    return parseChanges(parts).map((file) => (conflicted.has(file.path) ? { ...file, status: 'conflicted' as const } : file));
  });
}

const SUBMODULE = '160000';
const letters: Readonly<Record<string, ChangeStatus>> = { A: 'added', C: 'added', D: 'deleted', M: 'modified', R: 'renamed', T: 'retyped', U: 'conflicted' };

/** Reads what `git diff --raw --numstat -z` printed, split at NUL: first all raw entries, then all counts. */
export function parseChanges(parts: readonly string[]): ChangedFile[] {
  const found = new Map<string, Omit<ChangedFile, 'additions' | 'deletions' | 'binary'>>();
  const counts = new Map<string, readonly [string, string]>();
  for (let at = 0; at < parts.length; ) {
    const part = parts[at] ?? '';
    const raw = /^:(\d{6}) (\d{6}) [0-9a-f]+ [0-9a-f]+ ([A-Z])\d*$/.exec(part);
    if (raw !== null) {
      const [, from = '', to = '', letter = ''] = raw;
      const moved = letter === 'R' || letter === 'C';
      const path = parts[at + (moved ? 2 : 1)] ?? '';
      const oldPath = letter === 'R' ? { oldPath: parts[at + 1] ?? '' } : {};
      const bothThere = from !== '000000' && to !== '000000';
      const seen = found.get(path);
      // A conflicted file has two entries.
      if (seen?.status !== 'conflicted') {
        found.set(path, { path, ...oldPath, status: letters[letter] ?? 'modified', submodule: from === SUBMODULE || to === SUBMODULE, ...(bothThere && from !== to ? { modes: { from, to } } : {}) });
      }
      at += moved ? 3 : 2;
      continue;
    }
    const [additions = '', deletions = '', path = ''] = part.split('\t');
    counts.set(path === '' ? (parts[at + 2] ?? '') : part.slice(additions.length + deletions.length + 2), [additions, deletions]);
    at += path === '' ? 3 : 1;
  }
  return [...found.values()]
    .map((file): ChangedFile => {
      const [additions = '0', deletions = '0'] = counts.get(file.path) ?? [];
      const binary = additions === '-';
      return { ...file, additions: binary ? undefined : Number(additions), deletions: binary ? undefined : Number(deletions), binary };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The letter that git and VS Code show for it. */
export function statusLetter(status: ChangeStatus): string {
  return { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', retyped: 'T', conflicted: '!' }[status];
}

/** `3 files, +10 −2`. */
export function changesSummary(files: readonly ChangedFile[]): string {
  if (files.length === 0) return 'no changes';
  const sum = (key: 'additions' | 'deletions'): number => files.reduce((total, file) => total + (file[key] ?? 0), 0);
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}, +${sum('additions')} \u2212${sum('deletions')}`;
}
