// A hub for tests, to the letter of Sibyl's socket, and of our extension where it is told to speak it: what a runner says is kept and checked.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { Emitter } from '../../src/base/event.ts';
import { waitFor } from '../../src/base/wait.ts';
import { RunnerExtensionFrame } from '../../src/protocol/hubWire/extension.ts';
import type { SharedSession } from '../../src/protocol/hubWire/sharedSession.ts';
import { MAX_FRAME_BYTES, RunnerFrame, type TaskResult } from '../../src/protocol/hubWire/sibylFrames.ts';
import type { RunnerEvent } from '../../src/protocol/runnerEvent.ts';

export type HeardOfRunner = RunnerFrame | RunnerExtensionFrame;
export type FrameOf<Type extends HeardOfRunner['type']> = Extract<HeardOfRunner, { readonly type: Type }>;

/** What a hub has on disk: it outlives its process. */
export class HubMemory {
  readonly events = new Map<string, RunnerEvent[]>();
  readonly rows = new Map<string, SharedSession>();
  readonly results = new Map<string, TaskResult[]>();
  /** Events that came though they were there, and those that came too early. */
  doubles = 0;
  gaps = 0;

  seqOf(sessionId: string): number {
    return this.events.get(sessionId)?.at(-1)?.seq ?? 0;
  }
}

export interface SibylOptions {
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Whether it speaks our extension, with runners that do. Default: true. */
  readonly extension?: boolean;
  readonly heartbeatMs?: number;
  readonly memory?: HubMemory;
  /** Says no, with an HTTP status or a close frame. */
  /** What its REST answers; 404 without it. */
  readonly rest?: (request: IncomingMessage, body: unknown) => { readonly status: number; readonly body: unknown };
  readonly refuse?: (request: IncomingMessage) => { readonly status: number } | { readonly code: number; readonly reason: string } | undefined;
}

/** Milliseconds that anything may take on a loaded machine. */
const SLOW_MS = 30_000;

/** One runner's socket. */
export class SibylSocket {
  readonly frames: HeardOfRunner[] = [];
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  isClosed = false;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
  }

  get runnerId(): string {
    return decodeURIComponent(this.request.url?.split('/').at(-1) ?? '');
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }
}

export class SibylServer {
  readonly memory: HubMemory;
  readonly sockets: SibylSocket[] = [];
  /** Frames of a runner that are none. */
  readonly faults: string[] = [];
  /** Whether events are acknowledged, and results. */
  acksEvents = true;
  acksResults = true;
  readonly #options: SibylOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #heard = new Emitter<{ readonly from: SibylSocket; readonly frame?: HeardOfRunner }>();
  #heartbeat: NodeJS.Timeout | undefined;

  static async open(options: SibylOptions = {}): Promise<SibylServer> {
    const server = new SibylServer(options);
    await new Promise<void>((resolve) => server.#http.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve));
    return server;
  }

  private constructor(options: SibylOptions) {
    this.#options = options;
    this.memory = options.memory ?? new HubMemory();
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 16 * MAX_FRAME_BYTES });
    this.#http.on('upgrade', (request, socket, head) => {
      const refusal = options.refuse?.(request);
      if (refusal !== undefined && 'status' in refusal) return void socket.end(`HTTP/1.1 ${refusal.status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      this.#sockets.handleUpgrade(request, socket, head, (accepted) => {
        if (refusal !== undefined) accepted.close(refusal.code, refusal.reason);
        else this.#accept(accepted, request);
      });
    });
    if (options.heartbeatMs !== undefined) this.#heartbeat = setInterval(() => this.beat(), options.heartbeatMs);
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${this.#options.host ?? '127.0.0.1'}:${this.port}`;
  }

  /** The newest socket that is open. */
  get runner(): SibylSocket {
    const open = this.sockets.findLast(({ isClosed }) => !isClosed);
    if (open === undefined) throw new Error('No runner is connected.');
    return open;
  }

  beat(): void {
    for (const socket of this.sockets) if (!socket.isClosed) socket.send({ type: 'heartbeat', server_time: new Date().toISOString() });
  }

  /** What `of` gives as soon as it is something. It is looked at now and after each frame. */
  async until<T>(of: () => T | undefined | false, what: string, timeoutMs = SLOW_MS): Promise<T> {
    const now = of();
    if (now !== undefined && now !== false) return now;
    let subscription: { dispose(): void } | undefined;
    const coming = new Promise<T>((resolve) => {
      subscription = this.#heard.event(() => {
        const value = of();
        if (value !== undefined && value !== false) resolve(value);
      });
    });
    return waitFor(coming, { timeoutMs, what }).finally(() => subscription?.dispose());
  }

  /** The first frame of that type that `accept` takes, of any socket, heard already or to come. */
  frame<Type extends HeardOfRunner['type']>(type: Type, accept: (frame: FrameOf<Type>) => boolean = () => true, timeoutMs = SLOW_MS): Promise<FrameOf<Type>> {
    const fits = (frame: HeardOfRunner): frame is FrameOf<Type> => frame.type === type && accept(frame as FrameOf<Type>);
    return this.until(() => this.sockets.flatMap(({ frames }) => frames).find(fits), `a frame "${type}"`, timeoutMs);
  }

  /** So many sockets have come in all. */
  async connected(count = 1, timeoutMs = SLOW_MS): Promise<SibylSocket> {
    await this.until(() => this.sockets.length >= count, `runner's socket ${count}`, timeoutMs);
    return this.sockets[count - 1] ?? this.runner;
  }

  /** As a process that is killed. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const { socket } of this.sockets) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const { status, body } = this.#options.rest?.(request, text === '' ? undefined : JSON.parse(text)) ?? { status: 404, body: { detail: 'Not Found' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #accept(socket: WebSocket, request: IncomingMessage): void {
    const from = new SibylSocket(socket, request);
    this.sockets.push(from);
    socket.on('message', (data) => this.#hear(from, (data as Buffer).toString('utf8')));
    socket.on('close', () => {
      from.isClosed = true;
      this.#heard.fire({ from });
    });
    socket.on('error', () => undefined);
    if (this.#options.extension !== false && request.headers['x-tmux-agents-extension'] !== undefined) from.send({ type: 'hello', protocol: 1, hub_version: 'test' });
    this.#heard.fire({ from });
  }

  #hear(from: SibylSocket, text: string): void {
    const value: unknown = JSON.parse(text);
    const base = RunnerFrame.safeParse(value);
    const extension = RunnerExtensionFrame.safeParse(value);
    const frame = base.success ? base.data : extension.success ? extension.data : undefined;
    if (Buffer.byteLength(text) > MAX_FRAME_BYTES) this.faults.push(`a frame of ${text.length} characters`);
    if (frame === undefined) {
      this.faults.push(text.slice(0, 300));
      return;
    }
    from.frames.push(frame);
    this.#take(from, frame);
    this.#heard.fire({ from, frame });
  }

  #take(from: SibylSocket, frame: HeardOfRunner): void {
    const { rows, results } = this.memory;
    if (frame.type === 'hello') {
      rows.clear();
      for (const session of frame.sessions) rows.set(session.session_id, session);
      from.send({ type: 'resume', sessions: frame.sessions.map(({ session_id: id }) => ({ session_id: id, after_seq: this.memory.seqOf(id) })) });
    } else if (frame.type === 'session') {
      rows.set(frame.session.session_id, frame.session);
    } else if (frame.type === 'session_gone') {
      rows.delete(frame.session_id);
    } else if (frame.type === 'events') {
      this.#store(from, frame);
    } else if (frame.type === 'task_complete') {
      results.set(frame.task_id, [...(results.get(frame.task_id) ?? []), frame.result]);
      if (this.acksResults && this.#options.extension !== false) from.send({ type: 'result_ack', task_id: frame.task_id });
    }
  }

  #store(from: SibylSocket, { session_id: id, events }: FrameOf<'events'>): void {
    const { memory } = this;
    if (!memory.rows.has(id)) this.faults.push(`events of ${id}, of which nothing was said`);
    const stored = memory.events.get(id) ?? [];
    memory.events.set(id, stored);
    for (const event of events) {
      const last = stored.at(-1)?.seq ?? 0;
      if (event.seq <= last) memory.doubles++;
      else if (event.seq === last + 1) stored.push(event);
      else {
        memory.gaps++;
        return from.send({ type: 'resume', sessions: [{ session_id: id, after_seq: last }] });
      }
    }
    if (this.acksEvents) from.send({ type: 'events_ack', session_id: id, seq: memory.seqOf(id) });
  }
}
