// Keeps the faces of one machine apart: one at a time connects to a tmux server, leaves it, or makes and ends sessions on it.
import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Milliseconds after which work goes on without the lock: a stopped process must not hold everybody up. */
const PATIENCE_MS = 3_000;

/** Work of this process, by lock, one after the other. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other process of this machine holds the lock of that name. Up to 3.5a a tmux server can crash, and take every agent along, when it has something to
 * announce while a control client is just connecting (tmux pull request 4980); see docs/decisions/0005. The lock is an abstract Unix socket: it goes with its process.
 * Elsewhere than on Linux only this process is kept in order.
 */
export async function withServerLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(name) ?? Promise.resolve();
  const mine = before.then(() => locked(name, work));
  const settled = mine.catch(() => undefined);
  queues.set(name, settled);
  void settled.then(() => {
    if (queues.get(name) === settled) queues.delete(name);
  });
  return mine;
}

async function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const release = process.platform === 'linux' ? await acquire(`\0tmux-agents-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`) : () => undefined;
  try {
    return await work();
  } finally {
    release();
  }
}

/** Resolves with the release, or after the patience is over with nothing to release. */
async function acquire(path: string): Promise<() => void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const server = await listen(path);
    if (server) return server;
    const left = deadline - Date.now();
    if (left <= 0) return () => undefined;
    await holderGone(path, left);
  }
}

/** Takes the name, or undefined when somebody has it. Who connects to it waits for its end. */
function listen(path: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const waiting = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiting.add(socket.on('error', () => undefined));
    });
    server.once('error', () => resolve(undefined));
    server.listen(path, () => {
      server.unref();
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/** Resolves when the holder lets go or ends, or when the time is over. */
function holderGone(path: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    socket.on('error', () => undefined);
    socket.once('close', done);
    socket.resume();
  });
}
