// The real VS Code, as a server: fetched from npm once (code-server's package holds a complete one), started and ended.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, npm, personEnvironment, pinnedNode, root, toolEnvironment } from './paths.mjs';
import { endTree, mustRun } from './processes.mjs';

export const CODE_SERVER = {
  version: '4.139.1',
  vscode: '1.139.1',
  integrity: 'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
};

/** Native modules without which the server does not start; they are compiled for the pinned Node. */
const NATIVE = ['node-pty', '@vscode/spdlog'];

/** Where the server is or will be. Its existence means that it is complete: it is made elsewhere and renamed. */
export function serverFolder() {
  return join(cache, `vscode-server-${CODE_SERVER.version}-${process.platform}-${process.arch}`);
}

/** Fetches the pinned server unless it is here. `log` gets one line per step. Resolves with its folder. */
export async function ensureVSCodeServer({ log = () => undefined } = {}) {
  const folder = serverFolder();
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) if (name.startsWith('making-server-') && !alive(Number(name.split('-')[2]))) rmSync(join(cache, name), { recursive: true, force: true });
  const making = mkdtempSync(join(cache, `making-server-${process.pid}-`));
  try {
    await fetchServer(making, log);
    renameSync(join(making, 'package', 'lib', 'vscode'), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // Another run of ours was faster.
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

async function fetchServer(making, log) {
  const env = toolEnvironment({ npm_config_fund: 'false', npm_config_audit: 'false', npm_config_update_notifier: 'false' });
  log(`Fetching VS Code ${CODE_SERVER.vscode} from npm (code-server ${CODE_SERVER.version}, 47 MB, once) ...`);
  await mustRun(npm('pack', `code-server@${CODE_SERVER.version}`, '--ignore-scripts', '--pack-destination', making), { cwd: making, env });
  const tarball = join(making, `code-server-${CODE_SERVER.version}.tgz`);
  const found = await integrityOf(tarball);
  if (found !== CODE_SERVER.integrity) throw new Error(`The downloaded VS Code server is not the pinned one (${found} instead of ${CODE_SERVER.integrity}). Run the command again; if it repeats, a proxy changes downloads.`);
  await mustRun(['tar', '-xzf', tarball, '-C', making, 'package/lib/vscode'], { cwd: making });
  rmSync(tarball);
  const server = join(making, 'package', 'lib', 'vscode');
  log('Installing what it needs ...');
  await mustRun(npm('install', '--omit=dev', '--ignore-scripts'), { cwd: server, env });
  log('Compiling its terminal ...');
  try {
    await mustRun(npm('rebuild', ...NATIVE), { cwd: server, env });
  } catch (error) {
    // node-gyp fetches Node's headers from nodejs.org: no compiler helps where that cannot be reached.
    if (/related to network connectivity|node-v[\d.]+-headers/.test(String(error?.message))) {
      throw new Error('VS Code\'s terminal module could not be compiled: Node\'s headers could not be fetched from nodejs.org. Where that is out of reach, run `npm config set nodedir DIR` with a folder that has them as include/node.', { cause: error });
    }
    throw new Error('VS Code\'s terminal module could not be compiled. It needs Python 3, make and a C++ compiler: apt-get install -y python3 make g++, or xcode-select --install.', { cause: error });
  }
  await mustRun([pinnedNode(), '-e', `for (const name of ${JSON.stringify(NATIVE)}) require(name)`], { cwd: server, env });
}

function integrityOf(file) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha512');
    createReadStream(file).on('error', reject).on('data', (chunk) => hash.update(chunk)).on('end', () => resolve(`sha512-${hash.digest('base64')}`));
  });
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Installs a VSIX into a folder of extensions. */
export async function installExtension({ server, dataDir, extensionsDir, vsix }) {
  const output = await mustRun([pinnedNode(), join(server, 'out', 'server-main.js'), '--accept-server-license-terms', ...places(dataDir, extensionsDir), '--force', '--install-extension', vsix], { env: personEnvironment() });
  if (!output.includes('was successfully installed')) throw new Error(`VS Code did not install ${vsix}:\n${output}`);
}

const places = (dataDir, extensionsDir) => ['--server-data-dir', dataDir, '--user-data-dir', join(dataDir, 'data'), '--extensions-dir', extensionsDir];

/**
 * Starts the server on 127.0.0.1 and resolves when it listens: `url` (with its token), `origin`, `token`, `port`, `child`, `stop()`,
 * and `ended`, a promise of its exit. `port` 0 picks a free one. Settings are written only where none are.
 */
export async function startVSCodeServer({ server, dataDir, extensionsDir, port = 0, folder, env = {}, settings = {}, args = [], timeoutMs = 60_000 }) {
  const user = join(dataDir, 'data', 'User');
  mkdirSync(user, { recursive: true });
  mkdirSync(extensionsDir, { recursive: true });
  if (!existsSync(join(user, 'settings.json'))) writeFileSync(join(user, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
  const token = randomBytes(16).toString('hex');
  const tokenFile = join(dataDir, 'token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const argv = ['out/server-main.js', '--host', '127.0.0.1', '--port', String(port), '--connection-token-file', tokenFile, '--accept-server-license-terms', '--telemetry-level', 'off', '--disable-workspace-trust', ...places(dataDir, extensionsDir), ...args];
  // A group of its own: a Ctrl-C in our terminal reaches us alone, and we end the server in order. The fourth pipe is its guard.
  const child = spawn(pinnedNode(), ['--require', join(root, 'scripts', 'lib', 'guard.cjs'), join(server, argv[0]), ...argv.slice(1)], {
    cwd: dataDir,
    env: personEnvironment({ ...env, TMUX_AGENTS_GUARD: '3' }),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const log = [];
  const listening = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The VS Code server did not listen within ${timeoutMs / 1000} s:\n${log.join('')}`)), timeoutMs);
    const read = (chunk) => {
      log.push(String(chunk));
      if (log.length > 200) log.shift();
      const said = log.join('');
      if (said.includes('EADDRINUSE')) reject(new Error(`Port ${port} is taken by another program: choose another, or leave it out for a free one.`));
      const match = /agent listening on (\d+)/.exec(said);
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The VS Code server ended with exit code ${code}:\n${log.join('')}`));
    });
  }).catch(async (error) => {
    await endTree(child);
    throw error;
  });
  const ended = new Promise((done) => child.once('exit', (code) => done(code)));
  const origin = `http://127.0.0.1:${listening}`;
  const url = new URL(origin);
  if (folder !== undefined) url.searchParams.set('folder', folder);
  url.searchParams.set('tkn', token);
  return { child, port: listening, origin, token, url: url.href, ended, output: () => log.join(''), stop: () => endTree(child) };
}
