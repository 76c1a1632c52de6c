// Where this machine's user keeps what outlives a process: one folder for all of it.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_STATE_HOME/tmux-agents` (`~/.local/state/tmux-agents`), or what is below it. Nothing is touched. */
export function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env, ...below: readonly string[]): string {
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'tmux-agents', ...below);
}
