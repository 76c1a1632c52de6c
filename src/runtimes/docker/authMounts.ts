// Which of a person's credentials and settings agents in containers may read: a table, and what of it exists here.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, posix } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { AUTH_MOUNT_KEYS, type AuthMountKey } from '../../protocol/authMountKeys.ts';
import type { BindMount } from './bindMount.ts';

/** By key of the setting: the path under the home, here and in the container. */
const AUTH_MOUNTS = {
  'claude-config': '.config/claude',
  gcloud: '.config/gcloud',
  gitconfig: '.gitconfig',
  ssh: '.ssh',
  aider: '.aider',
  claude: '.claude',
  'claude-json': '.claude.json',
  codex: '.codex',
  gemini: '.gemini',
  opencode: '.config/opencode',
} as const satisfies Record<AuthMountKey, string>;

/**
 * The read-only mounts of all that is switched on, exists and can be read. What cannot be read is named in the log and left out:
 * an agent without a credential can still ask for it, an agent that is not spawned cannot.
 */
export async function findAuthMounts(
  switches: Readonly<Partial<Record<AuthMountKey, boolean | undefined>>>,
  options: { readonly containerHome: string; readonly log: Log; readonly home?: string },
): Promise<BindMount[]> {
  const { containerHome, log, home = homedir() } = options;
  const found = AUTH_MOUNT_KEYS.filter((key) => switches[key] !== false).map(async (key): Promise<BindMount | undefined> => {
    const source = join(home, AUTH_MOUNTS[key]);
    try {
      await access(source, constants.R_OK);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
      if (!missing) log.warn(`${source} is not mounted into the container, it cannot be read: ${messageOf(error)}`);
      return undefined;
    }
    return { source, target: posix.join(containerHome, AUTH_MOUNTS[key]), readOnly: true };
  });
  return (await Promise.all(found)).filter((mount) => mount !== undefined);
}
