// Programs that a killed preparation left running in its folder: known by the environment that it gave them, and ended before the folder goes.
import { readFile, readdir } from 'node:fs/promises';
import { pause } from '../base/wait.ts';

const GRACE_MS = 3_000;

/** Ends them, and waits until they are gone. Where there is no /proc nothing is done. */
export async function endLeftovers(path: string): Promise<void> {
  const deadline = Date.now() + GRACE_MS;
  let told: NodeJS.Signals = 'SIGTERM';
  for (let alive = await startedFor(path); alive.length > 0; alive = await startedFor(path)) {
    for (const pid of alive) signal(pid, told);
    if (Date.now() > deadline) {
      if (Date.now() > deadline + GRACE_MS) return;
      told = 'SIGKILL';
    }
    await pause(50);
  }
}

async function startedFor(path: string): Promise<number[]> {
  const wanted = `TMUX_AGENTS_WORKSPACE=${path}`;
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const found = await Promise.all(pids.map(async (pid) => ((await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0').includes(wanted) ? [pid] : [])));
  return found.flat();
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
