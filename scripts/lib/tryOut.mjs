// What `npm start` does: checks the machine, installs, builds, fetches VS Code, opens a project in it, and ends it all on Ctrl-C.
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CALM_SETTINGS } from './calmSettings.mjs';
import { checkMachine } from './machine.mjs';
import { cache, npm, root } from './paths.mjs';
import { mustRun } from './processes.mjs';
import { ensureSampleProject } from './sampleProject.mjs';
import { ensureVSCodeServer, startVSCodeServer } from './vscodeServer.mjs';

const HELP = `npm start -- [options]

Opens a VS Code with Tmux Agents in it, and stays until Ctrl-C. Agents go on working after that.

  --folder DIR         the project to open (default: a small sample in .cache)
  --port N             the port to listen on (default: a free one)
  --desktop            a desktop VS Code instead of one in the browser
  --vscode-path PATH   that desktop VS Code (default: one is downloaded to .cache)
  --state DIR          where this VS Code keeps its settings and state (default: .cache/start)
  --help               this text
`;

const OPTIONS = { folder: { type: 'string' }, port: { type: 'string', default: '0' }, desktop: { type: 'boolean', default: false }, 'vscode-path': { type: 'string' }, state: { type: 'string', default: join(cache, 'start') }, help: { type: 'boolean', default: false } };

/** Runs to the end. Resolves with the exit code; what goes wrong is said in a sentence. */
export async function tryOut(args) {
  let options;
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const stopping = listenForEnd();
  try {
    return await prepareAndOpen(options, stopping);
  } catch (error) {
    if (stopping.aborted) return 0;
    console.error(error.cause === undefined ? error.message : `${error.message}\n\n${error.cause.message}`);
    return 1;
  }
}

function parseOptions(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port wants a number from 0 to 65535, not "${values.port}".`);
  const here = process.env.INIT_CWD ?? process.cwd();
  const folder = values.folder === undefined ? undefined : resolve(here, values.folder);
  if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`--folder: ${folder} is not a folder.`);
  return { ...values, port, folder, state: resolve(here, values.state), desktop: values.desktop || values['vscode-path'] !== undefined };
}

/** Aborted by Ctrl-C, a polite kill, or the closing of the terminal; npm may send each twice. */
function listenForEnd() {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => controller.abort());
  process.stdout.on('error', () => controller.abort());
  process.stderr.on('error', () => controller.abort());
  return controller.signal;
}

async function prepareAndOpen(options, stopping) {
  const { missing, notes } = await checkMachine();
  for (const sentence of [...missing, ...notes]) console.log(sentence);
  if (missing.length > 0) return 1;
  mkdirSync(cache, { recursive: true });
  await installDependencies();
  if (stopping.aborted) return 0;
  const { build } = await import('../build.mjs');
  const [server] = await Promise.all([options.desktop ? undefined : ensureVSCodeServer({ log: console.log }), build({ types: false, only: ['extension', 'command', 'dockerode', 'shellJudge', 'review', 'rules'] })]);
  const folder = options.folder ?? (await ensureSampleProject());
  if (stopping.aborted) return 0;
  const extensionsDir = linkExtensions(options.state);
  if (!options.desktop) return openInBrowser({ server, folder, extensionsDir, state: options.state, port: options.port, stopping });
  const { openOnDesktop } = await import('./desktop.mjs');
  return openOnDesktop({ folder, extensionsDir, state: options.state, path: options['vscode-path'], stopping });
}

/** `npm ci`, when nothing is installed or the lock file is newer than what is. */
async function installDependencies() {
  const installed = statSync(join(root, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false });
  if (installed !== undefined && installed.mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs) return;
  console.log('Installing dependencies ...');
  await mustRun(npm('ci', '--no-fund', '--no-audit'), { cwd: root });
}

/**
 * A folder of extensions whose entries are links to the sources: VS Code takes them for installed ones. So terminals live over a
 * reload, and `npm run dev` and a reload show a change.
 */
function linkExtensions(state) {
  const folder = join(state, 'extensions');
  mkdirSync(folder, { recursive: true });
  const wanted = [root, join(root, 'scripts', 'welcome')].map((target) => {
    const { publisher, name, version } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
    return { link: `${publisher}.${name}-${version}`, target };
  });
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    // Only the link: behind it are the sources.
    if (isLink(path)) unlinkSync(path);
    else rmSync(path, { recursive: true, force: true });
  }
  for (const { link, target } of wanted) symlinkSync(target, join(folder, link), process.platform === 'win32' ? 'junction' : 'dir');
  // What VS Code remembered of their manifests may be older than they are.
  for (const data of ['vscode-data/data', 'desktop-data']) rmSync(join(state, data, 'CachedProfilesData'), { recursive: true, force: true });
  return folder;
}

async function openInBrowser({ server, folder, extensionsDir, state, port, stopping }) {
  const running = await startVSCodeServer({ server, dataDir: join(state, 'vscode-data'), extensionsDir, port, folder, settings: CALM_SETTINGS });
  const aborted = new Promise((done) => (stopping.aborted ? done() : stopping.addEventListener('abort', () => done(), { once: true })));
  if (!stopping.aborted) console.log(`\n  ${running.url}\n\nOpen this address in a browser: the Agents view is on the left. "Spawn Agent" starts your first one; the demo agent needs no account.\nCtrl-C ends VS Code; agents go on working in tmux, and are there again next time.`);
  const ended = await Promise.race([aborted.then(() => 'asked'), running.ended]);
  if (ended === 'asked') {
    console.log('\nEnding VS Code ...');
    await running.stop();
    console.log('Ended. Agents that were working still are: tmux -L tmux-agents list-sessions');
    return 0;
  }
  await running.stop();
  throw new Error(`The VS Code server ended by itself with exit code ${ended}:\n${running.output()}`);
}

const isLink = (path) => existsSync(path) === false || lstatSync(path).isSymbolicLink();
