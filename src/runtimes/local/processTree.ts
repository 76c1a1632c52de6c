// The processes below a process on this machine, told apart from later ones with the same id.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AgentsError } from '../../base/errors.ts';
import { pause } from '../../base/wait.ts';

export interface ProcessFact {
  readonly pid: number;
  readonly parent: number;
  /** When it started, in whatever unit the system counts: equal pid and start is the same process. */
  readonly started: string;
  /** Stopped by SIGSTOP, or traced. */
  readonly stopped: boolean;
}

/** All descendants of `root`, itself included, or nothing when it is gone. */
export async function processTree(root: number): Promise<ProcessFact[]> {
  const all = await listProcesses();
  const tree = all.filter((fact) => fact.pid === root);
  for (const ancestor of tree) tree.push(...all.filter((fact) => fact.parent === ancestor.pid));
  return tree;
}

/** Ends by SIGKILL those of `facts` that still are the same processes, and what they have started meanwhile. */
export async function killSurvivors(facts: readonly ProcessFact[]): Promise<void> {
  if (facts.length === 0) return;
  const all = await listProcesses();
  const doomed = all.filter(({ pid, started }) => facts.some((fact) => fact.pid === pid && fact.started === started));
  for (const ancestor of doomed) doomed.push(...all.filter((fact) => fact.parent === ancestor.pid && !doomed.includes(fact)));
  signalAll(doomed, 'SIGKILL');
}

/** Rounds in which what was forked just before its parent stopped is found. */
const ROUNDS = 10;

/**
 * Stops everything below `root`, but not itself: tmux would wake its own child at once. Resolves with those that are stopped now; what was started while they were
 * being stopped is, too. Throws when a process goes on all the same.
 */
export async function stopBelow(root: number): Promise<ProcessFact[]> {
  for (let round = 0; round < ROUNDS; round++) {
    const below = (await processTree(root)).filter(({ pid }) => pid !== root);
    const running = below.filter(({ stopped }) => !stopped);
    if (running.length === 0) return below;
    signalAll(running, 'SIGSTOP');
    // The signal takes effect when the process is scheduled next.
    await pause(round * 5);
  }
  throw new AgentsError('internal', `The processes below ${root} cannot be stopped.`);
}

/** Lets everything below `root` go on. */
export async function continueBelow(root: number): Promise<void> {
  // The youngest first: a parent that waits for its child finds it awake.
  signalAll((await processTree(root)).filter(({ pid }) => pid !== root).reverse(), 'SIGCONT');
}

/** What is stopped gets the hangup, and wakes to nothing else. */
export function hangUpStopped(facts: readonly ProcessFact[]): void {
  const stopped = facts.filter((fact) => fact.stopped);
  signalAll(stopped, 'SIGHUP');
  signalAll(stopped, 'SIGCONT');
}

function signalAll(facts: readonly ProcessFact[], signal: NodeJS.Signals): void {
  for (const { pid } of facts) {
    try {
      process.kill(pid, signal);
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
  return { pid: Number.parseInt(stat, 10), parent: Number(parent), started, stopped: state === 'T' || state === 't' };
}

async function fromPs(): Promise<ProcessFact[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,stat=,lstart='], { timeout: 5_000 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, started] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    if (pid === undefined || parent === undefined || state === undefined || started === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), started, stopped: state.startsWith('T') }];
  });
}
