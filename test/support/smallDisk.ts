// A disk that is soon full: a tmpfs of its own, where this process may mount one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { needsThat } from './requirements.ts';

export interface SmallDisk {
  readonly folder: string;
  dispose(): void;
}

/** Skips where no file system can be mounted; that needs root on Linux. `size` as mount(8) takes it. */
export function needsSmallDisk(context: Context, size = '1m'): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'tmux-agents-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmux-agents-test', folder], { stdio: 'pipe', timeout: 10_000 });
  } catch (error) {
    rmSync(folder, { recursive: true });
    needsThat(context, false, `no small disk can be mounted here (root on Linux can): ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
  return {
    folder,
    dispose: () => {
      execFileSync('umount', [folder], { stdio: 'pipe', timeout: 10_000 });
      rmSync(folder, { recursive: true });
    },
  };
}
