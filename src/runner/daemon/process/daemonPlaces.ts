// Where a daemon keeps what outlives it, and where it is asked: a folder for each configuration file.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentsError } from '../../../base/errors.ts';
import { PRIVATE_FOLDER } from '../../../base/stateFile.ts';
import { stateFolder } from '../../../base/stateFolder.ts';
import { realPathOf } from '../../../workspaces/containment.ts';
import type { DaemonSettings } from '../settings/daemonSettings.ts';
import type { Environment } from '../settings/configPath.ts';

/** The longest path that a socket can have on Linux and macOS, less what Node adds. */
const LONGEST_SOCKET = 100;

export interface DaemonPlaces {
  /** Absolute. */
  readonly folder: string;
  /** Of the lock that one daemon holds. */
  readonly lock: string;
  readonly socket: string;
}

/** Touches nothing. */
export function daemonPlaces({ path, stateDir }: Pick<DaemonSettings, 'path' | 'stateDir'>, env: Environment): DaemonPlaces {
  const key = createHash('sha256').update(realPathOf(path) ?? path).digest('hex').slice(0, 12);
  const folder = join(stateDir ?? stateFolder(env, 'runner'), key);
  const socket = join(folder, 'status.sock');
  return { folder, lock: join(folder, 'daemon'), socket: Buffer.byteLength(socket) <= LONGEST_SOCKET ? socket : join(shortFolder(), `runner-${key}.sock`) };
}

/** For sockets whose own folder has too long a name. */
function shortFolder(): string {
  return join(tmpdir(), `tmux-agents-${process.getuid?.() ?? 'user'}`);
}

/** Makes the folder of the socket, for its user alone. Throws `folder-unreadable` where it is somebody else's. */
export function makeSocketFolder(folder: string): void {
  mkdirSync(folder, PRIVATE_FOLDER);
  const found = lstatSync(folder);
  const uid = process.getuid?.();
  if (uid === undefined || (found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0)) return;
  throw new AgentsError('folder-unreadable', `The folder ${folder} is not this user's alone: no socket is put there.`, { hint: 'Choose another with "state_dir" in runner.yaml.' });
}
