// What the machine must have, checked with Node's built-ins only: each thing missing is one sentence with the way to get it.
import { existsSync } from 'node:fs';
import { run } from './processes.mjs';

const LEAST_NODE = 20;
const LEAST_TMUX = [3, 2];

/** How to install a program here, as a command to type or a page to open. */
function howToInstall(program) {
  const pages = { git: 'https://git-scm.com/downloads', tmux: 'https://github.com/tmux/tmux/wiki/Installing', docker: 'https://docs.docker.com/get-started/get-docker/', node: 'https://nodejs.org' };
  const names = { git: 'git', tmux: 'tmux' };
  const name = names[program];
  if (name === undefined) return `see ${pages[program]}`;
  if (process.platform === 'darwin') return `run "brew install ${name}"`;
  if (process.platform === 'win32') return program === 'git' ? 'run "winget install Git.Git"' : 'use WSL ("wsl --install") and start from there';
  const managers = [['/usr/bin/apt-get', 'sudo apt-get install'], ['/usr/bin/dnf', 'sudo dnf install'], ['/usr/bin/pacman', 'sudo pacman -S'], ['/sbin/apk', 'sudo apk add'], ['/usr/bin/zypper', 'sudo zypper install']];
  const found = managers.find(([path]) => existsSync(path));
  return found === undefined ? `see ${pages[program]}` : `run "${found[1]} ${name}"`;
}

/**
 * Looks for Node, git, tmux and Docker. `missing` are sentences about what cannot be done without, `notes` about what can.
 */
export async function checkMachine() {
  const missing = [];
  const notes = [];
  const [git, tmux, docker] = await Promise.all([ask('git', '--version'), ask('tmux', '-V'), ask('docker', 'version', '--format', '{{.Server.Version}}')]);
  if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) missing.push(`Node ${LEAST_NODE} or newer is needed, and this is ${process.versions.node}: ${howToInstall('node')}.`);
  if (git.missing) missing.push(`git is not installed: ${howToInstall('git')}.`);
  if (process.platform === 'win32') {
    notes.push('Agents in local tmux sessions need WSL; Docker agents work without it.');
  } else if (tmux.missing) {
    missing.push(`tmux is not installed: ${howToInstall('tmux')}.`);
  } else if (olderThan(tmux.output, LEAST_TMUX)) {
    missing.push(`tmux ${LEAST_TMUX.join('.')} or newer is needed, and this is "${tmux.output}": ${howToInstall('tmux')}.`);
  }
  if (docker.missing) notes.push(`Docker is not installed, so agents run in local tmux sessions only: ${howToInstall('docker')}.`);
  else if (docker.code !== 0) notes.push(`Docker does not answer, so agents run in local tmux sessions only: start ${process.platform === 'linux' ? 'it with "sudo systemctl start docker"' : 'Docker Desktop'}.`);
  return { missing, notes };
}

async function ask(...argv) {
  try {
    const { code, output } = await run(argv, { timeoutMs: 10_000 });
    return { missing: false, code, output: output.trim() };
  } catch {
    return { missing: true, code: 127, output: '' };
  }
}

/** "tmux 3.3a" against [3, 2]; "tmux next-3.7" and "tmux master" count as new. */
function olderThan(text, [major, minor]) {
  const match = /(\d+)\.(\d+)/.exec(text);
  if (match === null) return false;
  return Number(match[1]) < major || (Number(match[1]) === major && Number(match[2]) < minor);
}
