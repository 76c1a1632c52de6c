// Where a tmux server listens on this machine, whether one does, and the moment one begins to.
import { mkdirSync, statSync, watch } from 'node:fs';
import { connect } from 'node:net';
import { dirname, basename, join } from 'node:path';
import { toDisposable, type Disposable } from '../../base/disposable.ts';

/** The socket's path, as tmux makes it: `$TMUX_TMPDIR`, or /tmp where that is not set or no folder, then `tmux-<uid>` and the name. */
export function tmuxSocketPath(socketName: string, env: NodeJS.ProcessEnv = process.env): string {
  const uid = process.getuid?.() ?? 0;
  const wish = env['TMUX_TMPDIR'];
  const folder = wish !== undefined && statSync(wish, { throwIfNoEntry: false })?.isDirectory() === true ? wish : '/tmp';
  return join(folder, `tmux-${uid}`, socketName);
}

/** What says for certain that nobody listens: no such socket, or one that its server left behind. */
const NOBODY: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED']);

/** False only where certainly no server is; one that is too busy, or may not be asked, may have agents. */
export function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.setTimeout(1_000, () => settle(true));
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(!NOBODY.has(error.code)));
  });
}

/** Calls back whenever the socket's directory entry appears or changes. The directory is made, with tmux's own mode, when it is missing. */
export function watchSocket(socketPath: string, onChange: () => void): Disposable {
  const directory = dirname(socketPath);
  const name = basename(socketPath);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const watcher = watch(directory, (_event, file) => {
    if (file === null || file === name) onChange();
  });
  watcher.on('error', () => undefined);
  return toDisposable(() => watcher.close());
}
