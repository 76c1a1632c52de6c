// Reads a file that a person named; a pipe or a device, which could hold the command up for ever, is refused.
import { readFile, stat } from 'node:fs/promises';
import { AgentsError } from '../base/errors.ts';

/** Throws `bad-input` for what is no regular file, and whatever the system says of one that cannot be read. */
export async function readRegularFile(path: string, what: string): Promise<string> {
  if (!(await stat(path)).isFile()) throw new AgentsError('bad-input', `${what} ${path} is no regular file.`, { hint: 'Name a file: folders, pipes and devices are not read.' });
  return readFile(path, 'utf8');
}
