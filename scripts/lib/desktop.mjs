// A desktop VS Code for `npm start -- --desktop`: the given one, or one that @vscode/test-electron downloads.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALM_SETTINGS } from './calmSettings.mjs';
import { cache, personEnvironment, pinnedNode, root } from './paths.mjs';
import { endTree, mustRun } from './processes.mjs';

/** Opens the folder and stays until the window is closed or `stopping` is aborted. Resolves with an exit code. */
export async function openOnDesktop({ folder, extensionsDir, state, path, stopping }) {
  const program = path ?? (await download());
  const dataDir = join(state, 'desktop-data');
  const settings = join(dataDir, 'User', 'settings.json');
  mkdirSync(join(dataDir, 'User'), { recursive: true });
  if (!existsSync(settings)) writeFileSync(settings, `${JSON.stringify(CALM_SETTINGS, null, 2)}\n`);
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = [folder, '--new-window', '--wait', '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes', '--user-data-dir', dataDir, '--extensions-dir', extensionsDir, ...asRoot];
  const child = spawn(program, args, { env: personEnvironment(), stdio: 'ignore', detached: process.platform !== 'win32' });
  const failed = new Promise((_, reject) => child.once('error', (cause) => reject(new Error(`${program} cannot be started: give the path of VS Code's program with --vscode-path.`, { cause }))));
  const closed = new Promise((done) => child.once('exit', done));
  const aborted = new Promise((done) => stopping.addEventListener('abort', done, { once: true }));
  console.log('VS Code opens now: the Agents view is on the left. Closing its window, or Ctrl-C here, ends it; agents go on working in tmux.');
  try {
    await Promise.race([failed, closed, aborted]);
  } finally {
    await endTree(child);
  }
  return 0;
}

/** Under the pinned Node, because @vscode/test-electron wants a newer one than we do. */
async function download() {
  console.log('Fetching a desktop VS Code (once) ...');
  const script = `const { downloadAndUnzipVSCode } = await import('@vscode/test-electron'); console.error('@@' + await downloadAndUnzipVSCode({ version: 'stable', cachePath: process.argv[1] }) + '@@');`;
  const output = await mustRun([pinnedNode(), '--input-type=module', '-e', script, join(cache, 'desktop')], { cwd: root });
  const match = /@@(.*)@@/.exec(output);
  if (match === null) throw new Error(`VS Code could not be fetched:\n${output}`);
  return match[1];
}
