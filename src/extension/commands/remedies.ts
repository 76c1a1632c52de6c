// Start Docker and Install tmux: the command is typed into a terminal, and the person decides to press Enter.
import * as vscode from 'vscode';
import { findExecutable } from '../../exec/findExecutable.ts';
import type { CommandHandler } from '../services.ts';

const DOCKER_HELP = 'https://docs.docker.com/get-started/get-docker/';
const TMUX_HELP = 'https://github.com/tmux/tmux/wiki/Installing';

/** Package managers by their program, with the line that installs tmux. */
const installers: readonly (readonly [program: string, line: string])[] = [
  ['brew', 'brew install tmux'],
  ['apt-get', 'sudo apt-get install tmux'],
  ['dnf', 'sudo dnf install tmux'],
  ['pacman', 'sudo pacman -S tmux'],
  ['zypper', 'sudo zypper install tmux'],
  ['apk', 'sudo apk add tmux'],
];

export const startDocker: CommandHandler = async () => {
  const line = await dockerLine();
  if (line === undefined) await vscode.env.openExternal(vscode.Uri.parse(DOCKER_HELP));
  else typeIntoTerminal('Start Docker', line);
};

export const installTmux: CommandHandler = async () => {
  for (const [program, line] of process.platform === 'win32' ? [] : installers) {
    if ((await findExecutable(program)) !== undefined) return typeIntoTerminal('Install tmux', line);
  }
  await vscode.env.openExternal(vscode.Uri.parse(TMUX_HELP));
};

async function dockerLine(): Promise<string | undefined> {
  const installed = (await findExecutable('dockerd')) ?? (await findExecutable('docker'));
  if (installed === undefined) return undefined;
  if (process.platform === 'darwin') return 'open -a Docker';
  if (process.platform === 'linux') return (await findExecutable('systemctl')) === undefined ? 'sudo service docker start' : 'sudo systemctl start docker';
  return undefined;
}

function typeIntoTerminal(name: string, line: string): void {
  const terminal = vscode.window.createTerminal({ name, message: 'Press Enter to run this, or close the terminal.' });
  terminal.show();
  terminal.sendText(line, false);
}
