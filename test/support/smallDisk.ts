// A disk that is soon full: a tmpfs of its own, where this process may mount one.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { needsThat } from './requirements.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left, until it is disposed. */
  fill(): { dispose(): void };
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
    fill: () => {
      const file = join(folder, 'everything');
      const fd = openSync(file, 'w');
      // Page by page at the end: no byte is left.
      for (const bytes of [64 * 1024, 4096, 1]) {
        try {
          while (writeSync(fd, Buffer.alloc(bytes)) === bytes);
        } catch {
          // Full, but for less than that.
        }
      }
      closeSync(fd);
      return { dispose: () => rmSync(file) };
    },
    dispose: () => {
      execFileSync('umount', [folder], { stdio: 'pipe', timeout: 10_000 });
      rmSync(folder, { recursive: true });
    },
  };
}
