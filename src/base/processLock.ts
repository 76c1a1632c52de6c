// A lock among the processes of one machine that goes with its holder: one face writes to an agent, or changes a queue's file, at a time.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { cancelled } from './wait.ts';
import { toDisposable, type Disposable } from './disposable.ts';
import { AgentsError, isAgentsError } from './errors.ts';

export interface LockOptions {
  /** Milliseconds to wait for it. Default: as long as the signal allows. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds between two looks at a lock file of a living process; where sockets keep the lock its end is an event. */
const LOOK_MS = 200;

/** Work of this process, by lock, one after the other. */
const queues = new Map<string, Promise<unknown>>();

/** Runs `work` while nobody else holds the lock of that path. Throws `timeout` or `cancelled` when it cannot be had; nothing was run then. */
export async function withProcessLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const deadline = options.timeoutMs === undefined ? Infinity : Date.now() + options.timeoutMs;
  const before = queues.get(path) ?? Promise.resolve();
  let leave = (): void => undefined;
  const mine = new Promise<void>((resolve) => (leave = resolve));
  const turn = before.then(() => mine);
  queues.set(path, turn);
  try {
    await patiently(before, deadline, options.signal);
    const release = process.platform === 'linux' ? await bySocket(path, deadline, options.signal) : await byFile(path, deadline, options.signal);
    try {
      return await work();
    } finally {
      release();
    }
  } finally {
    leave();
    void turn.then(() => queues.get(path) === turn && queues.delete(path));
  }
}

/**
 * Takes the lock of that path until it is disposed or this process ends, however it ends. Undefined when somebody has it for longer than `timeoutMs`
 * (default: 0, one attempt), this process included. Of the same lock as `withProcessLock`.
 */
export async function holdProcessLock(path: string, { timeoutMs = 0, signal }: LockOptions = {}): Promise<Disposable | undefined> {
  const deadline = Date.now() + timeoutMs;
  try {
    const release = process.platform === 'linux' ? await bySocket(path, deadline, signal) : await byFile(path, deadline, signal);
    return toDisposable(release);
  } catch (error) {
    if (isAgentsError(error, 'timeout')) return undefined;
    throw error;
  }
}

/** Resolves with `event`; throws when the time is over or the signal fires. */
function patiently(event: Promise<unknown>, deadline: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(cancelled()));
    const timer = deadline === Infinity ? undefined : setTimeout(() => settle(() => reject(tooLong())), Math.max(0, deadline - Date.now()));
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);
    event.then(
      () => settle(resolve),
      () => settle(resolve),
    );
  });
}

function tooLong(): AgentsError {
  return new AgentsError('timeout', 'Another face is writing to this agent for too long.');
}

/** An abstract Unix socket: its name is free again the moment its process ends, however it ends. */
async function bySocket(path: string, deadline: number, signal: AbortSignal | undefined): Promise<() => void> {
  const name = `\0tmux-agents-prompts-${createHash('sha256').update(`${process.getuid?.() ?? 0} ${path}`).digest('hex').slice(0, 32)}`;
  for (;;) {
    const release = await listen(name);
    if (release) return release;
    const holder = connect(name);
    const gone = new Promise<void>((resolve) => holder.on('error', () => undefined).resume().once('close', () => resolve()));
    await patiently(gone, deadline, signal).finally(() => holder.destroy());
  }
}

/** Takes the name, or undefined when somebody has it. Who connects to it learns of its end. */
function listen(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => void waiting.add(socket.on('error', () => undefined)));
    server.once('error', () => resolve(undefined));
    server.listen(name, () => {
      server.unref();
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/** A file that names its process; one whose process is gone counts for nothing. */
async function byFile(path: string, deadline: number, signal: AbortSignal | undefined): Promise<() => void> {
  const file = `${path}.lock`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch {
      if (!holderLives(file)) rmSync(file, { force: true });
      else await patiently(new Promise((resolve) => setTimeout(resolve, LOOK_MS)), deadline, signal);
    }
  }
}

function holderLives(file: string): boolean {
  try {
    process.kill(Number.parseInt(readFileSync(file, 'utf8'), 10), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
