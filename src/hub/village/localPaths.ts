// Which folders of the hub's machine a request may name: those below the roots that whoever runs the hub allowed, links followed.
import { realpath } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { AgentsError } from '../../base/errors.ts';

/** The folder as it is without links. Throws `bad-input` for a relative path, `policy-denied` for one below none of the roots, `not-found` for one below them that is not there. */
export async function allowedPath(path: string, roots: readonly string[]): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) throw new AgentsError('bad-input', 'The path of a local repository must be absolute.');
  const real = await realpath(path).catch(() => undefined);
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => undefined);
    if (realRoot === undefined) continue;
    if (real !== undefined && isBelow(real, realRoot)) return real;
  }
  // Whether there is something where nobody may look is not told.
  if (real === undefined && roots.some((root) => isBelow(path, root)) && !path.split(sep).includes('..')) throw new AgentsError('not-found', `There is no folder ${path}.`);
  throw new AgentsError('policy-denied', 'This path of the hub\'s machine may not be used.', { hint: roots.length === 0 ? 'Whoever runs the hub allows folders with --local-root DIR.' : 'Only repositories below the folders that were allowed with --local-root can be named.' });
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}
