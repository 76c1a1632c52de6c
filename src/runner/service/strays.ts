// What an agent left running although its terminal is gone: found by the mark in its environment, wherever its parents are. Linux only.
import { readdir, readFile } from 'node:fs/promises';

/** Every process of a session's agent has it, unless it took care not to. */
export const SESSION_MARK = 'TMUX_AGENTS_SESSION';

/** The ids of living processes that bear the mark. */
export async function strays(mark: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(`${SESSION_MARK}=${mark}`) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

/** Ends them by force, in as many rounds as they need; resolves with those that are left. */
export async function endStrays(mark: string): Promise<number[]> {
  let left = await strays(mark);
  for (let round = 0; round < 5 && left.length > 0; round++) {
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended in between.
      }
    }
    left = await strays(mark);
  }
  return left;
}
