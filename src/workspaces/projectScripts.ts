// A project's own scripts: each a process group with a deadline, its output in a file, nothing of it left when it is over.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AgentsError, messageOf } from '../base/errors.ts';
import { cancelled, pause, throwIfCancelled } from '../base/wait.ts';
import type { ProjectScript } from '../protocol/projectFile.ts';

const GRACE_MS = 5_000;

export interface ScriptDescriptors {
  readonly stdout: number;
  readonly stderr: number;
}

export interface ScriptRun {
  readonly name: 'setup' | 'run' | 'teardown';
  readonly script: ProjectScript;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its output is appended to it, unless it is shown. */
  readonly logFile: string;
  /** This process' descriptors that its output goes to instead, for somebody who watches. However this process exits then, the script goes with it. */
  readonly show?: ScriptDescriptors | undefined;
  /** No limit when absent. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs it to its end. Throws `timeout`, `cancelled`, `command-not-found`, or `internal` with its last words when it fails; its whole group has ended by then. */
export async function runScript(run: ScriptRun): Promise<void> {
  const { name, script, folder, env, logFile, show, timeoutMs, signal } = run;
  throwIfCancelled(signal);
  if (show === undefined) mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const [program = 'sh', ...args] = typeof script === 'string' ? ['sh', '-c', script] : script;
  const log = show === undefined ? openSync(logFile, 'a', 0o600) : undefined;
  const where = show === undefined ? { hint: `Its output is in ${logFile}.` } : {};
  try {
    const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', log ?? show?.stdout, log ?? show?.stderr], detached: process.platform !== 'win32', windowsHide: true });
    const end = await endOf(child, { timeoutMs, signal, diesWithUs: show !== undefined });
    if (end.why === 'cancelled') throw cancelled();
    if (end.why === 'timeout') throw new AgentsError('timeout', `The project's ${name} script did not end within ${(timeoutMs ?? 0) / 1_000} s and was ended.`, where);
    if (end.error !== undefined) throw new AgentsError('command-not-found', `The project's ${name} script cannot be started: ${messageOf(end.error)}`, { cause: end.error });
    if (end.code === 0) return;
    const failed = `The project's ${name} script failed (${end.code ?? end.signal})`;
    throw show === undefined ? new AgentsError('internal', `${failed}${said(logFile)}`, where) : new AgentsError('internal', `${failed}.`);
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

interface ScriptEnd {
  readonly why: 'exit' | 'timeout' | 'cancelled';
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly error?: Error;
}

interface Limits {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Its group has left the terminal's, so that a second Ctrl-C, which ends this process at once, would not reach it. */
  readonly diesWithUs: boolean;
}

function endOf(child: ChildProcess, { timeoutMs, signal, diesWithUs }: Limits): Promise<ScriptEnd> {
  return new Promise((resolve) => {
    let why: ScriptEnd['why'] = 'exit';
    let force: NodeJS.Timeout | undefined;
    const stop = (reason: ScriptEnd['why']): void => {
      if (why !== 'exit') return;
      why = reason;
      signalGroup(child, 'SIGTERM');
      force = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), timeoutMs);
    const onAbort = (): void => stop('cancelled');
    signal?.addEventListener('abort', onAbort);
    const onExit = (): void => void signalGroup(child, 'SIGKILL');
    if (diesWithUs) process.once('exit', onExit);
    const settle = (end: Omit<ScriptEnd, 'why'>): void => {
      clearTimeout(timer);
      clearTimeout(force);
      signal?.removeEventListener('abort', onAbort);
      process.removeListener('exit', onExit);
      // What it started in the background has no owner any more.
      signalGroup(child, 'SIGKILL');
      void groupGone(child).then(() => resolve({ why, ...end }));
    };
    child.once('error', (error) => settle({ error }));
    child.once('exit', (code, ending) => settle({ code, signal: ending }));
  });
}

/** A killed process takes a moment; one that nobody reaps is not waited for longer than a second. */
async function groupGone(child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 1_000; signalGroup(child, 0) && Date.now() < deadline; ) await pause(10);
}

/** False when nobody is left in it. */
function signalGroup(child: ChildProcess, name: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(process.platform === 'win32' ? child.pid : -child.pid, name);
  } catch {
    return false;
  }
}

/** Its last line, behind a colon; nothing when it said nothing. */
function said(file: string): string {
  const line = readFileSync(file, 'utf8').trimEnd().split('\n').pop()?.slice(-300) ?? '';
  return line === '' ? '.' : `: ${line}`;
}
