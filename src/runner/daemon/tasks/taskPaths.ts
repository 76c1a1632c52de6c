// Where a task may work: below the folder of all worktrees, whatever its hub writes into ids, branches and paths.
import { createHash } from 'node:crypto';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AgentsError } from '../../../base/errors.ts';
import { isInside, isThere, realPathOf } from '../../../workspaces/containment.ts';
import { checkRefName } from '../../../workspaces/refNames.ts';

/** Of tasks without a project, and of sessions that people start through a hub: no project's id begins with a dot. */
export const SCRATCH_FOLDER = '.scratch';
export const SESSIONS_FOLDER = '.sessions';

/** Throws `bad-input` for an id that could not be one folder's name. */
export function projectFolder(projectId: string): string {
  if (projectId !== '' && Buffer.byteLength(projectId) <= 200 && !/^[.-]|[/\\\u0000-\u001f\u007f]/.test(projectId)) return projectId;
  throw new AgentsError('bad-input', `The project ${JSON.stringify(projectId)} cannot name a folder: it must not hold "/", "\\" or control characters, nor begin with "." or "-".`);
}

/** `sibyl/agent-` and the first eight characters of the task's id, where those can stand in a branch's name. */
export function taskBranch(taskId: string): string {
  const first = taskId.slice(0, 8);
  return `sibyl/agent-${/^[A-Za-z0-9_-]{1,8}$/.test(first) ? first : createHash('sha256').update(taskId).digest('hex').slice(0, 8)}`;
}

/** The folder of a branch. Throws `bad-input` for what is no branch. */
export function branchFolder(branch: string): string {
  return checkRefName(branch, 'branch').replaceAll('/', '-');
}

/** A folder below `base`, which is real, by names that hold no "/"; real itself as far as it exists. Throws `bad-input` where a link leads elsewhere. */
export function placeBelow(base: string, ...names: readonly string[]): string {
  return checkPlace(base, join(base, ...names));
}

/** What a hub calls a worktree's path. Throws `bad-input` unless it lies below `base`, which is real, also when links are followed. */
export function worktreeBelow(base: string, asked: string): string {
  if (asked.includes('\0') || asked.split(/[/\\]/).includes('..')) throw outside(asked, base);
  const known = realPathOf(isAbsolute(asked) ? asked : join(base, asked));
  const path = known ?? resolve(base, asked);
  if (path === base || !isInside(base, path)) throw outside(asked, base);
  return checkPlace(base, path);
}

/** The deepest folder of it that exists must really be where it says. */
function checkPlace(base: string, path: string): string {
  const names = relative(base, path).split(sep);
  let at = base;
  for (const name of names) {
    if (name === '' || name === '..') throw outside(path, base);
    at = join(at, name);
    if (!isThere(at)) break;
    if (realPathOf(at) !== at) throw outside(at, base);
  }
  return path;
}

function outside(path: string, base: string): AgentsError {
  return new AgentsError('bad-input', `${JSON.stringify(path)} does not lie below ${base}: a task works nowhere else.`);
}
