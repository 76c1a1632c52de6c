// Files that git ignores and the work needs (`.env`): named by .worktreeinclude, the project's file and VS Code's setting, copied with their modes, never over a file and never outside.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, mkdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isInside, isThere, realPathOf } from './containment.ts';
import { copyEntry, copyTree } from './copyTree.ts';
import { Git } from './git.ts';
import { globsAsPatterns } from './globPatterns.ts';

/** Claude Code's name for it, which others share. */
export const INCLUDE_FILE = '.worktreeinclude';

export interface Included {
  /** Below the source, with `/`; a folder that is a repository of its own ends with it. */
  readonly copied: readonly string[];
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
}

export interface IncludeRequest {
  /** Top folder of the user's working tree, by its real path. */
  readonly source: string;
  /** The worktree, by its real path. */
  readonly target: string;
  /** In the syntax of .gitignore, beside what .worktreeinclude says. */
  readonly patterns: readonly string[];
  /** `git.worktreeIncludeFiles`. */
  readonly globs: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Copies what matches a pattern and is ignored by git in the source; a tracked or merely untracked file never. */
export async function copyIncluded({ source, target, patterns, globs, signal }: IncludeRequest): Promise<Included> {
  const file = await readFile(join(source, INCLUDE_FILE), 'utf8').catch(() => '');
  const lists = [file, patterns.join('\n'), globsAsPatterns(globs).join('\n')].filter((list) => list.trim() !== '');
  const git = new Git(source);
  const matching = new Set((await Promise.all(lists.map((list) => matches(git, list, signal)))).flat());
  const paths = await ignoredOf(git, [...matching], signal);
  const copied: string[] = [];
  const skipped: { path: string; why: string }[] = [];
  for (const path of paths) {
    const why = await copyOne(source, target, path, signal);
    if (why === undefined) copied.push(path);
    else skipped.push({ path, why });
  }
  return { copied, skipped };
}

async function matches(git: Git, list: string, signal: AbortSignal | undefined): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-include-'));
  try {
    writeFileSync(join(folder, 'patterns'), `${list}\n`);
    return await git.parts(['ls-files', '-z', '--others', '--ignored', `--exclude-from=${join(folder, 'patterns')}`], { signal, maxBytes: 512 * 1024 * 1024 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those of the paths that git ignores. */
export async function ignoredOf(git: Git, paths: readonly string[], signal?: AbortSignal): Promise<string[]> {
  if (paths.length === 0) return [];
  return git.parts(['check-ignore', '-z', '--stdin'], { signal, input: `${paths.join('\0')}\0`, accept: [0, 1], maxBytes: 512 * 1024 * 1024 });
}

/** Undefined when it was copied. A worktree may have a link where the source has a folder: nothing goes through it. */
async function copyOne(source: string, target: string, path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const from = join(source, path);
  const to = join(target, path);
  if (!isInside(source, realPathOf(dirname(from)) ?? '')) return 'it lies behind a link';
  const about = await lstat(from);
  if (about.isSymbolicLink() && !isInside(source, resolve(dirname(from), await readlink(from)))) return 'it is a link that leads outside';
  if (!(await makeFolders(target, dirname(path)))) return 'a link or file of the worktree is in its way';
  if (isThere(to)) return 'the worktree has it already';
  const kind = await copyEntry(from, to);
  if (kind === 'folder') await copyTree(from, to, { signal });
  return kind === 'other' ? 'it is no file' : undefined;
}

/** Makes the folders above one by one; false where one of them is something else, a link included. */
async function makeFolders(target: string, path: string): Promise<boolean> {
  let folder = target;
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    folder = join(folder, name);
    const about = await lstat(folder).catch(() => undefined);
    if (about === undefined) await mkdir(folder);
    else if (!about.isDirectory()) return false;
  }
  return true;
}
