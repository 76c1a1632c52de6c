// Small facts about processes of this machine: whose child one is, whether it lives, and the environment it was started with.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Processes between an agent's pane and its CLI; wrappers make one or two. */
const MAX_DEPTH = 16;

/** True where `pid` is `root` or one of its descendants. */
export async function isBelow(pid: number, root: number): Promise<boolean> {
  let current: number | undefined = pid;
  for (let depth = 0; depth < MAX_DEPTH && current !== undefined && current > 1; depth++) {
    if (current === root) return true;
    current = await parentOf(current);
  }
  return false;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, but is another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Of its start. Where it cannot be read (elsewhere than on Linux, or another user's) our own is taken. */
export async function environmentOf(pid: number): Promise<ReadonlyMap<string, string>> {
  try {
    return parseEnvironment(await readFile(`/proc/${pid}/environ`, 'utf8'));
  } catch {
    return new Map(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  }
}

function parseEnvironment(text: string): Map<string, string> {
  return new Map(
    text.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at <= 0 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]];
    }),
  );
}

async function parentOf(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // proc(5): `pid (comm) state ppid`; comm may hold anything, so fields count from the last `)`.
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return parent === undefined ? undefined : Number(parent);
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(pid)], { timeout: 5_000 }).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? undefined : Number(stdout.trim());
}
