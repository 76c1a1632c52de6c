// All WebSocket upgrades of the one server, by path; what nobody takes is refused. Socket.IO minds its own path on the same server.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Upgrades } from '../parts.ts';

const SOCKET_IO = /^\/socket\.io(\/|$)/;
/** A peer that says nothing to two pings in a row is gone. */
const PING_MS = 30_000;
/** Milliseconds that a peer has to answer our close. */
const CLOSE_MS = 2_000;

interface Route {
  readonly pattern: RegExp;
  readonly server: WebSocketServer;
  readonly handler: Parameters<Upgrades['on']>[1];
}

/** Sockets are pinged, and closed with 1001 at the end. */
export class UpgradeRouter implements Upgrades {
  readonly #http: Server;
  readonly #log: Log;
  readonly #routes = new Set<Route>();
  /** With the pings since each was last heard of. */
  readonly #sockets = new Map<WebSocket, number>();
  readonly #pinging: NodeJS.Timeout;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => this.#upgrade(request, socket, head);

  constructor(http: Server, log: Log) {
    this.#http = http;
    this.#log = log;
    this.#http.on('upgrade', this.#onUpgrade);
    this.#pinging = setInterval(() => this.#ping(), PING_MS).unref();
  }

  on(pattern: RegExp, handler: Parameters<Upgrades['on']>[1], { maxPayload }: { readonly maxPayload: number }): Disposable {
    const route = { pattern, handler, server: new WebSocketServer({ noServer: true, maxPayload, clientTracking: false, perMessageDeflate: false }) };
    this.#routes.add(route);
    return toDisposable(() => void this.#routes.delete(route));
  }

  /** Takes no more, and resolves once all sockets are closed, at the latest after two seconds. */
  async close(): Promise<void> {
    clearInterval(this.#pinging);
    this.#routes.clear();
    const open = [...this.#sockets.keys()];
    const ended = open.map((socket) => new Promise<void>((resolve) => void (socket.readyState === socket.CLOSED ? resolve() : socket.once('close', () => resolve()))));
    for (const socket of open) {
      socket.close(1001, 'The hub ends');
      // One that was held up could not hear the answer.
      socket.resume();
    }
    const late = setTimeout(() => {
      for (const socket of this.#sockets.keys()) socket.terminate();
    }, CLOSE_MS);
    await Promise.all(ended);
    clearTimeout(late);
    this.#http.off('upgrade', this.#onUpgrade);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (SOCKET_IO.test(path) && this.#http.listenerCount('upgrade') > 1) return;
    // Until it is a WebSocket's, nobody else listens for its faults.
    const onFault = (): void => void socket.destroy();
    socket.on('error', onFault);
    for (const { pattern, server, handler } of this.#routes) {
      const match = pattern.exec(path);
      if (match === null) continue;
      server.handleUpgrade(request, socket, head, (webSocket) => {
        socket.off('error', onFault);
        this.#own(webSocket, path);
        handler(webSocket, request, { ...match.groups });
      });
      return;
    }
    const body = JSON.stringify({ error: 'There is no such socket.', code: 'NOT_FOUND', detail: 'There is no such socket.' });
    socket.end(`HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
  }

  #own(socket: WebSocket, path: string): void {
    this.#sockets.set(socket, 0);
    const heard = (): void => void (this.#sockets.has(socket) && this.#sockets.set(socket, 0));
    socket.on('message', heard).on('pong', heard).on('ping', heard);
    socket.on('error', (error) => this.#log.debug(`A socket of ${path}: ${messageOf(error)}`));
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #ping(): void {
    for (const [socket, unanswered] of this.#sockets) {
      if (unanswered >= 2) socket.terminate();
      else if (socket.readyState === socket.OPEN) {
        this.#sockets.set(socket, unanswered + 1);
        socket.ping();
      }
    }
  }
}
