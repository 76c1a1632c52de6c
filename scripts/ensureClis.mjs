// The real agent CLIs that tests run, in the versions of test/agent-clis: installed once into the user's cache, shared by every clone. Node's built-ins only.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HELP = `node scripts/ensureClis.mjs [--check]

Installs the agent CLIs of test/agent-clis and prints their folder. --check installs nothing; exit code 1 when they are missing.
The folder is $TMUX_AGENTS_CLIS, or one in $XDG_CACHE_HOME (~/.cache) named after the lock file.
`;

const wish = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'test', 'agent-clis');
const platform = `${process.platform}-${process.arch}`;

/**
 * Each CLI's program within node_modules. No install script is run: claude's and opencode's would only copy the platform's
 * own binary to where their package's `bin` points, so that binary is named here.
 */
const PROGRAMS = {
  claude: `@anthropic-ai/claude-code-${platform}/claude`,
  codex: '@openai/codex/bin/codex.js',
  gemini: '@google/gemini-cli/bundle/gemini.js',
  opencode: `opencode-${platform}/bin/opencode`,
  copilot: '@github/copilot/npm-loader.js',
  qwen: '@qwen-code/qwen-code/cli-entry.js',
  pi: '@mariozechner/pi-coding-agent/dist/cli.js',
};
export const cliNames = Object.keys(PROGRAMS);

/** Where the CLIs are or would be. */
export function clisFolder(env = process.env) {
  if (env.TMUX_AGENTS_CLIS) return resolve(env.TMUX_AGENTS_CLIS);
  const hash = createHash('sha256').update(readFileSync(join(wish, 'package-lock.json'))).update(`${platform}\n${JSON.stringify(PROGRAMS)}`);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tmux-agents', `agent-clis-${hash.digest('hex').slice(0, 12)}`);
}

/** `{ ok, folder, sentence }`: whether every CLI is there. */
export function clisState(env = process.env) {
  const folder = clisFolder(env);
  const missing = cliNames.filter((name) => !existsSync(join(folder, 'bin', name)));
  if (missing.length === 0) return { ok: true, folder, sentence: `The agent CLIs are in ${folder}.` };
  return { ok: false, folder, sentence: `The agent CLIs (${missing.join(', ')}) are not installed: run "node scripts/ensureClis.mjs".` };
}

/** Installs them where they are missing; the folder appears whole or not at all. Resolves with it. */
export async function ensureClis(env = process.env) {
  const { ok, folder } = clisState(env);
  if (ok) return folder;
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  const building = mkdtempSync(join(parent, '.agent-clis-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(wish, file), join(building, file));
    await npmInstall(building);
    mkdirSync(join(building, 'bin'));
    for (const [name, path] of Object.entries(PROGRAMS)) {
      if (!existsSync(join(building, 'node_modules', path))) throw new Error(`${name} has no program for ${platform}: ${path} is not in its package.`);
      symlinkSync(join('..', 'node_modules', path), join(building, 'bin', name));
    }
    // Containers read it as whoever they run as.
    chmodSync(building, 0o755);
    // Another run may have been faster: then what it made is used. What is there but not whole is replaced.
    if (!clisState(env).ok) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(building, folder);
    }
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return folder;
}

function npmInstall(folder) {
  // Not `npm ci`: it refuses a lock without the binaries of platforms that a mirror does not carry. The lock still pins all that is installed.
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--omit=dev'];
  // Not as part of an outer npm: its settings name another package.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local|execpath)/.test(name)));
  return new Promise((done, fail) => {
    const child = spawn(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output = `${output}${chunk}`.slice(-4000)));
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error(`npm could not install the agent CLIs:\n${output.trim()}`))));
  });
}

async function main(args) {
  const [flag] = args;
  if (flag === '--help') {
    console.log(HELP);
    return 0;
  }
  if (args.length > 1 || (flag !== undefined && flag !== '--check')) {
    console.error(`Unknown arguments: ${args.join(' ')}\n\n${HELP}`);
    return 2;
  }
  if (flag === '--check') {
    const { ok, sentence } = clisState();
    console.log(sentence);
    return ok ? 0 : 1;
  }
  console.log(await ensureClis());
  return 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
