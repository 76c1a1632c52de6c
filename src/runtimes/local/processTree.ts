// The processes below a process on this machine, told apart from later ones with the same id.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessFact {
  readonly pid: number;
  readonly parent: number;
  /** When it started, in whatever unit the system counts: equal pid and start is the same process. */
  readonly started: string;
}

/** All descendants of `root`, itself included, or nothing when it is gone. */
export async function processTree(root: number): Promise<ProcessFact[]> {
  const all = await listProcesses();
  const tree = all.filter((fact) => fact.pid === root);
  for (const ancestor of tree) tree.push(...all.filter((fact) => fact.parent === ancestor.pid));
  return tree;
}

/** Ends by SIGKILL those of `facts` that still are the same processes. */
export async function killSurvivors(facts: readonly ProcessFact[]): Promise<void> {
  if (facts.length === 0) return;
  const alive = new Map((await listProcesses()).map((fact) => [fact.pid, fact.started]));
  for (const { pid, started } of facts) {
    if (alive.get(pid) !== started) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
}

function listProcesses(): Promise<ProcessFact[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

async function fromProc(): Promise<ProcessFact[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const facts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').then(parseStat, () => undefined)));
  return facts.filter((fact) => fact !== undefined);
}

/** proc(5): `pid (comm) state ppid ... starttime(22)`; comm may hold spaces and parentheses, so fields count from the last `)`. */
function parseStat(stat: string): ProcessFact | undefined {
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const [state, parent, started] = [fields[0], fields[1], fields[19]];
  if (close < 0 || parent === undefined || started === undefined || state === 'Z') return undefined;
  return { pid: Number.parseInt(stat, 10), parent: Number(parent), started };
}

async function fromPs(): Promise<ProcessFact[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,lstart='], { timeout: 5_000 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, started] = /^\s*(\d+)\s+(\d+)\s+(.+)$/.exec(line) ?? [];
    return pid === undefined || parent === undefined || started === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), started }];
  });
}
