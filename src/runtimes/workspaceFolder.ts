// The folder an agent is to work in, looked at before anything is made.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { AgentsError, isAgentsError, messageOf } from '../base/errors.ts';

/** Fails with `bad-input`, `folder-missing` or `folder-unreadable`. */
export async function checkWorkspaceFolder(path: string): Promise<void> {
  if (!isAbsolute(path)) throw new AgentsError('bad-input', `The folder "${path}" is not an absolute path.`);
  try {
    const found = await stat(path);
    if (!found.isDirectory()) throw new AgentsError('folder-missing', `${path} is not a folder.`, { hint: 'Choose another folder.' });
    await access(path, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (isAgentsError(error)) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new AgentsError('folder-missing', `There is no folder ${path}.`, { hint: 'Create it, or choose another folder.', cause: error });
    throw new AgentsError('folder-unreadable', `The folder ${path} cannot be read: ${messageOf(error)}.`, { hint: 'Check its permissions, or choose another folder.', cause: error });
  }
}
