// Where things are in the project, and the Node that the project pins for its own tools.
import { existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const dist = join(root, 'dist');
export const cache = join(root, '.cache');
export const testOutput = join(root, 'test-output');
export const bin = join(root, 'node_modules', '.bin');

/** The pinned Node (the npm package `node`), or the running one before `npm ci`. */
export function pinnedNode() {
  const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(pinned) ? pinned : process.execPath;
}

/** The environment for a tool of the project: `node_modules/.bin`, and so the pinned Node, first on the PATH. */
export function toolEnvironment(extra = {}) {
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ...extra };
}

/**
 * The environment for what a person works in (the VS Code server, its terminals, the agents): theirs, without what npm, this
 * project's tools, an outer VS Code or an outer tmux put into it.
 */
export function personEnvironment(extra = {}) {
  const foreign = /^(npm_|VSCODE_|ELECTRON_|TMUX$|TMUX_PANE$|INIT_CWD$|NODE$|NODE_OPTIONS$|NODE_CHANNEL_FD$|COLOR$|NODE_ENV$)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  const ours = new RegExp(`[\\\\/]node_modules[\\\\/](\\.bin|npm[\\\\/]node_modules[\\\\/]@npmcli[\\\\/]run-script[\\\\/].*)$`);
  const path = (env.PATH ?? '').split(delimiter).filter((entry) => !ours.test(entry));
  return { ...env, PATH: path.join(delimiter), ...extra };
}

/** argv that runs npm: the one that runs us, through Node, or the one on the PATH. */
export function npm(...args) {
  const running = process.env.npm_execpath;
  if (running !== undefined && /npm-cli\.c?js$/.test(running)) return [process.execPath, running, ...args];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', ...args];
}
