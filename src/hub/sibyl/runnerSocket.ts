// One runner's socket: heartbeats, requests with their answers, frames in order. What the frames mean is its sink's.
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { AgentsError, errorReasonOf, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { CLOSE_AGAIN } from '../../protocol/hubWire/closeCodes.ts';
import type { HubExtensionFrame, RunnerExtensionFrame, SessionRequest } from '../../protocol/hubWire/extension.ts';
import type { HubFrame } from '../../protocol/hubWire/sibylFrames.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { RunnerConnection } from './connections.ts';
import { FrameOrder } from './frameOrder.ts';
import { readFrame, type AnyRunnerFrame } from './readFrame.ts';
import type { SibylTimers } from './timers.ts';

/** Frames that wait for the database before the socket is left unread. */
const MOST_WAITING = 64;
/** Requests under way to one runner. */
const MOST_REQUESTS = 500;
/** Bytes that a runner may leave unread before its socket is given up. */
const MOST_UNREAD = 64 * 1024 * 1024;
/** Acknowledgements gather for so long, in ms: one write for all of them. */
const ACK_MS = 25;
/** Malformed frames in a row before the socket is closed: ten thousand cost no more than that. */
const MOST_FAULTS = 20_000;
const ALIVE_MS = 5_000;
type Answered = Extract<RunnerExtensionFrame, { type: 'response' | 'response_error' }>;

/** As ws gives it. */
export interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

export interface SocketSink {
  /** Frames but for answers; in order, see FrameOrder. Faults are thrown: they are told to the runner. */
  take(frame: Exclude<AnyRunnerFrame, Answered>): Promise<void>;
  /** Resolves once the database takes writes again. */
  recovered(): Promise<void>;
  /** Once. */
  ended(): void;
}

export class RunnerSocket implements RunnerConnection {
  readonly runnerId: string;
  readonly connectionId = randomUUID();
  readonly instance: string | undefined;
  readonly extended: boolean;
  readonly connectedAt = Date.now();
  /** As it last said. */
  agents: number | undefined;
  readonly #socket: WebSocket;
  readonly #sink: SocketSink;
  readonly #timers: SibylTimers;
  readonly #log: Log;
  readonly #order: FrameOrder;
  readonly #stream: Duplex;
  readonly #acks = new Map<string, number>();
  #acking: NodeJS.Timeout | undefined;
  readonly #requests = new Map<string, { readonly timer: NodeJS.Timeout; resolve(value: unknown): void; reject(error: unknown): void }>();
  #heartbeat: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #lastSign = performance.now();
  #faults = 0;
  #ended = false;
  /** The database did not take what it said. */
  #lost = false;

  constructor(options: { readonly socket: WebSocket; /** What it is written to. */ readonly stream: Duplex; readonly runnerId: string; readonly instance: string | undefined; readonly extended: boolean; readonly sink: SocketSink; readonly timers: SibylTimers; readonly log: Log }) {
    this.runnerId = options.runnerId;
    this.instance = options.instance;
    this.extended = options.extended;
    this.#socket = options.socket;
    this.#stream = options.stream;
    this.#sink = options.sink;
    this.#timers = options.timers;
    this.#log = options.log;
    this.#order = new FrameOrder(MOST_WAITING, (crowded) => (crowded ? this.#socket.pause() : this.#socket.resume()));
  }

  /** Begins: reads frames, sends heartbeats. `early` came before. */
  start(early: readonly Message[]): void {
    const socket = this.#socket;
    socket.on('message', (data: Buffer, isBinary) => this.#read(data, isBinary));
    socket.on('pong', () => this.#sign());
    socket.on('close', () => this.#end());
    socket.on('error', (error) => this.#log.debug(`The socket of runner ${this.runnerId} failed: ${messageOf(error)}`));
    this.#heartbeat = setInterval(() => this.send({ type: 'heartbeat', server_time: new Date().toISOString() }), this.#timers.heartbeatMs);
    // Whoever answers no heartbeat for so long is gone, whatever its TCP connection says.
    this.#watch = setInterval(() => {
      if (performance.now() - this.#lastSign > this.#timers.offlineMs) this.terminate();
    }, this.#timers.heartbeatMs / 3);
    for (const { data, isBinary } of early) this.#read(data, isBinary);
    if (socket.readyState !== socket.OPEN) this.#end();
  }

  send(frame: HubFrame | HubExtensionFrame): boolean {
    if (this.#ended || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount > MOST_UNREAD) {
      this.#log.warn(`Runner ${this.runnerId} does not read what it is sent: its socket is given up.`);
      this.terminate();
      return false;
    }
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Up to this number a session's events are on disk: said soon, with whatever else is to be acknowledged. */
  acknowledge(sessionId: string, seq: number): void {
    this.#acks.set(sessionId, seq);
    this.#acking ??= setTimeout(() => {
      this.#acking = undefined;
      const acks = [...this.#acks];
      this.#acks.clear();
      this.#stream.cork();
      for (const [session_id, upTo] of acks) this.send({ type: 'events_ack', session_id, seq: upTo });
      this.#stream.uncork();
    }, ACK_MS);
  }

  request(sessionId: string, request: SessionRequest, by: string): Promise<unknown> {
    if (!this.extended) return Promise.reject(new AgentsError('unsupported', 'This runner speaks the base protocol alone: its agents cannot be driven from here.', { hint: 'Run tmux-agents on that machine.' }));
    if (this.#requests.size >= MOST_REQUESTS) return Promise.reject(new AgentsError('limit-reached', 'This runner has too many requests to answer.', { hint: 'Try again in a moment.' }));
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      const timer = setTimeout(() => {
        this.#requests.delete(id);
        reject(new AgentsError('timeout', `The runner did not answer within ${this.#timers.requestMs / 1000} s.`, { hint: 'What was asked may still happen.' }));
      }, this.#timers.requestMs);
      this.#requests.set(id, { timer, resolve, reject });
      if (!this.send({ type: 'request', id, session_id: sessionId, request, by })) this.#answer(id, (asked) => asked.reject(gone()));
    });
  }

  alive(): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (answer: boolean): void => {
        clearTimeout(timer);
        this.#socket.off('pong', pong);
        this.#socket.off('close', closed);
        resolve(answer);
      };
      const pong = (): void => done(true);
      const closed = (): void => done(false);
      const timer = setTimeout(() => done(false), ALIVE_MS);
      this.#socket.on('pong', pong);
      this.#socket.on('close', closed);
      this.#socket.ping();
    });
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // A peer that does not answer the close is not waited for.
    setTimeout(() => this.#socket.terminate(), ALIVE_MS).unref();
    this.#end();
  }

  terminate(): void {
    this.#socket.terminate();
    this.#end();
  }

  #read(data: Buffer, isBinary: boolean): void {
    if (this.#ended) return;
    this.#sign();
    const { frame, fault } = readFrame(data, isBinary);
    if (fault !== undefined) {
      this.send({ type: 'error', message: fault });
      if (++this.#faults > MOST_FAULTS) this.close(1008, 'Too many malformed frames');
      return;
    }
    this.#faults = 0;
    if (frame !== undefined) this.#take(frame);
  }

  #take(frame: AnyRunnerFrame): void {
    if (frame.type === 'response') return this.#answer(frame.id, (asked) => asked.resolve(frame.result));
    if (frame.type === 'response_error') {
      const { reason, message, hint } = frame.error;
      return this.#answer(frame.id, (asked) => asked.reject(new AgentsError(errorReasonOf(reason), message, hint === undefined ? {} : { hint })));
    }
    const work = async (): Promise<void> => {
      try {
        await this.#sink.take(frame);
      } catch (error) {
        this.#log.warn(`A ${frame.type} of runner ${this.runnerId} was not taken: ${messageOf(error)}`);
        this.send({ type: 'error', message: messageOf(error) });
        const { reason } = storeFault(error);
        if (reason === 'disk-full' || reason === 'disconnected') this.#sayAgain();
      }
    };
    if (frame.type === 'terminal' || frame.type === 'heartbeat_ack') void work();
    else if (frame.type === 'events') this.#order.beside(work);
    else this.#order.inTurn(work);
  }

  /** Something that it said is lost: it says all again with its next socket, once there is a point in that. */
  #sayAgain(): void {
    if (this.#lost) return;
    this.#lost = true;
    void this.#sink.recovered().then(() => this.#ended || this.close(CLOSE_AGAIN, 'The database is back'));
  }

  #sign(): void {
    this.#lastSign = performance.now();
  }

  #answer(id: string, settle: (asked: { resolve(value: unknown): void; reject(error: unknown): void }) => void): void {
    const asked = this.#requests.get(id);
    if (asked === undefined) return;
    this.#requests.delete(id);
    clearTimeout(asked.timer);
    settle(asked);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#heartbeat);
    clearInterval(this.#watch);
    clearTimeout(this.#acking);
    for (const id of [...this.#requests.keys()]) this.#answer(id, (asked) => asked.reject(gone()));
    // After the frames that are being worked off.
    this.#order.inTurn(() => Promise.resolve(this.#sink.ended()));
  }
}

function gone(): AgentsError {
  return new AgentsError('disconnected', 'The runner\'s connection broke before it answered.', { hint: 'What was asked may still happen.' });
}
