// The daemon's local socket, for its user alone: a line of JSON asks, a line of JSON answers.
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Disposable } from '../../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../../../base/errors.ts';
import { jsonOf } from '../../../base/json.ts';
import { waitFor } from '../../../base/wait.ts';
import { DaemonRequest, DaemonStatus } from '../../../protocol/daemonStatus.ts';
import { makeSocketFolder } from './daemonPlaces.ts';

/** Characters of a question, and milliseconds that one may take. */
const LONGEST = 10_000;
const ASK_MS = 5_000;
const MOST_CONNECTIONS = 20;

/** Answers until it is disposed. Only who holds the daemon's lock may call it: a socket that lies there is a dead one's. */
export async function serveStatus(path: string, status: () => DaemonStatus): Promise<Disposable> {
  makeSocketFolder(dirname(path));
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    socket.setTimeout(ASK_MS, () => socket.destroy());
    answer(socket, status);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, path);
  return {
    dispose() {
      server.close();
      for (const socket of sockets) socket.destroy();
      rmSync(path, { force: true });
    },
  };
}

/** Undefined where no daemon listens. Throws `timeout`, and `disconnected` for an answer that is none. */
export async function askStatus(path: string): Promise<DaemonStatus | undefined> {
  const socket = connect(path);
  try {
    const line = await waitFor(firstLine(socket), { timeoutMs: ASK_MS, what: 'the daemon to answer' });
    if (line === undefined) return undefined;
    const parsed = DaemonStatus.safeParse(jsonOf(line));
    if (parsed.success) return parsed.data;
    throw new AgentsError('disconnected', 'The daemon gave no answer that this version understands.', { hint: 'Start it again, if it is of another version.' });
  } finally {
    socket.destroy();
  }
}

function answer(socket: Socket, status: () => DaemonStatus): void {
  let length = 0;
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > LONGEST) socket.destroy();
  });
  createInterface({ input: socket }).on('error', () => undefined).on('line', (line) => {
    const reply = DaemonRequest.safeParse(jsonOf(line)).success ? statusOrFault(status) : { error: 'The question is not known.' };
    socket.write(`${JSON.stringify(reply)}\n`);
  });
}

function statusOrFault(status: () => DaemonStatus): DaemonStatus | { readonly error: string } {
  try {
    return status();
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function firstLine(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => socket.write(`${JSON.stringify({ type: 'status' })}\n`));
    socket.once('error', (error) => ('code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') ? resolve(undefined) : reject(fault(error))));
    createInterface({ input: socket }).on('error', () => undefined).once('line', resolve).once('close', () => reject(new AgentsError('disconnected', 'The daemon did not answer.')));
  });
}

function fault(error: unknown): AgentsError {
  return isAgentsError(error) ? error : new AgentsError('disconnected', `The daemon cannot be asked: ${messageOf(error)}`, { cause: error });
}

async function listening(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new AgentsError('folder-unwritable', `The daemon's socket ${path} cannot be made: ${messageOf(error)}`, { cause: error })));
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
}
