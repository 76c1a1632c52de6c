// A place of its own for each suite's tmux servers and state files, and the end of all of them afterwards.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TmuxHome {
  /** A fresh directory, also what TMUX_TMPDIR and XDG_STATE_HOME name while the suite runs. */
  readonly directory: string;
  /** Runs the tmux command against a server of this home, for what a person would do by hand. */
  tmux(socketName: string, ...args: readonly string[]): string;
  /** Ends every server and removes the directory. */
  end(): void;
}

/** Points this process, and what it starts, at a fresh place. */
export function makeTmuxHome(): TmuxHome {
  const directory = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
  const before = { TMUX_TMPDIR: process.env['TMUX_TMPDIR'], XDG_STATE_HOME: process.env['XDG_STATE_HOME'], TMUX: process.env['TMUX'] };
  process.env['TMUX_TMPDIR'] = directory;
  process.env['XDG_STATE_HOME'] = join(directory, 'state');
  delete process.env['TMUX'];
  const sockets = join(directory, `tmux-${process.getuid?.() ?? 0}`);
  mkdirSync(sockets, { mode: 0o700 });
  const tmux = (socketName: string, ...args: readonly string[]): string =>
    execFileSync('tmux', ['-L', socketName, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
  return {
    directory,
    tmux,
    end() {
      for (const socketName of readdirSync(sockets)) {
        try {
          const programs = tmux(socketName, 'list-panes', '-a', '-F', '#{?pane_dead,,#{pane_pid}}').split('\n').filter((pid) => pid !== '');
          tmux(socketName, 'kill-server');
          for (const pid of programs) endGroup(Number(pid));
        } catch {
          // No server answers there any more.
        }
      }
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Some programs outlive the terminal that they lose, and spin (opencode 1.18). */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended with its terminal.
  }
}
