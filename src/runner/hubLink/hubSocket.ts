// One socket to a hub, from its upgrade to its end: told once why it ended, bounded in what it holds, closed when nothing is heard any more.
import { WebSocket, type ClientOptions, type RawData } from 'ws';
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { RunnerExtensionFrame } from '../../protocol/hubWire/extension.ts';
import { MAX_FRAME_BYTES, type RunnerFrame } from '../../protocol/hubWire/sibylFrames.ts';
import type { LinkFault } from './linkState.ts';

export type SentFrame = RunnerFrame | RunnerExtensionFrame;

/** What speaks over a socket knows of it. */
export interface Wire<Frame extends object = SentFrame> {
  /** False when it is closed, or the frame is longer than a hub takes. */
  send(frame: Frame): boolean;
  /** Bytes that wait for the network. */
  readonly waiting: number;
  /** Something of what waited has gone out. */
  readonly onDrain: Event<void>;
  /** Fires when it has ended. */
  readonly signal: AbortSignal;
}

export interface HubSocketOptions {
  readonly url: URL;
  readonly token: string;
  /** Sent with the upgrade. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Bytes of a frame of the hub; one of more is passed over. Default: MAX_FRAME_BYTES. */
  readonly mostBytes?: number | undefined;
  /** See `HubLinkOptions.certificate`. */
  readonly certificate?: string | undefined;
  /** Milliseconds for the upgrade; without a word of the hub; between two pings of our own. */
  readonly handshakeMs: number;
  readonly silenceMs: number;
  readonly pingMs: number;
  readonly onOpen: () => void;
  readonly onFrame: (text: string) => void;
  /** A frame of so many bytes was passed over. */
  readonly onOversized: (bytes: number) => void;
  /** Once, and nothing after it. */
  readonly onLost: (fault: LinkFault) => void;
}

/** Of so many times the bytes that are taken a frame ends the socket, before it is held. */
const MOST_OVER = 8;
/** A hub that lets so many bytes wait does not read. */
const MOST_WAITING = 16 * MAX_FRAME_BYTES;
/** Pings of our own in whose time nothing is heard. */
const UNANSWERED = 2;
/** Milliseconds that a close may take before it is cut. */
const CLOSE_MS = 1_000;

export class HubSocket<Frame extends object = SentFrame> implements Wire<Frame>, Disposable {
  readonly #options: HubSocketOptions;
  readonly #socket: WebSocket;
  readonly #drain = new Emitter<void>();
  readonly #end = new AbortController();
  readonly #watch: NodeJS.Timeout;
  readonly #mostBytes: number;
  #ping: NodeJS.Timeout | undefined;
  #silenceMs: number;
  #heardAt = performance.now();

  constructor(options: HubSocketOptions) {
    this.#options = options;
    this.#mostBytes = options.mostBytes ?? MAX_FRAME_BYTES;
    this.#silenceMs = options.silenceMs;
    const socket = new WebSocket(options.url, {
      headers: { ...options.headers, authorization: `Bearer ${options.token}` },
      handshakeTimeout: options.handshakeMs,
      maxPayload: MOST_OVER * this.#mostBytes,
      perMessageDeflate: false,
      ...(options.certificate === undefined ? {} : pinned(options.certificate)),
      // A text that is no UTF-8 is a frame that cannot be read, not the end of the socket.
      skipUTF8Validation: true,
    });
    this.#socket = socket;
    socket.on('open', () => this.#opened());
    socket.on('message', (data) => this.#heard(data));
    socket.on('ping', () => this.#isHeard());
    socket.on('pong', () => this.#isHeard());
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      this.#lose({ how: 'status', status: response.statusCode ?? 0 });
    });
    socket.on('error', (error) => this.#fails(sentenceOf(error)));
    socket.on('close', (code, reason) => this.#closed(code, reason.toString('utf8')));
    this.#watch = setInterval(() => this.#look(), Math.max(10, options.silenceMs / 6));
  }

  readonly onDrain: Event<void> = (listener) => this.#drain.event(listener);

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Frame): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN || this.#end.signal.aborted) return false;
    const text = JSON.stringify(frame);
    if (Buffer.byteLength(text) > MAX_FRAME_BYTES) return false;
    this.#socket.send(text, () => this.#drain.fire());
    if (this.waiting > MOST_WAITING) this.#fails('The hub does not read what it is sent.');
    return true;
  }

  /** Where the hub is known to answer them: a connection that is dead is seen sooner than by its heartbeats. */
  keepPinging(): void {
    this.#silenceMs = Math.min(this.#silenceMs, UNANSWERED * this.#options.pingMs);
    this.#ping ??= setInterval(() => {
      // A ping behind what waits would tell nothing.
      if (this.#socket.readyState === WebSocket.OPEN && this.waiting < MAX_FRAME_BYTES) this.#socket.ping();
    }, this.#options.pingMs);
  }

  /** Says goodbye; `onLost` is not called any more. */
  dispose(): void {
    this.#lose(undefined);
    const { readyState } = this.#socket;
    if (readyState !== WebSocket.OPEN) return this.#socket.terminate();
    this.#socket.close(1000, 'Bye');
    const cut = setTimeout(() => this.#socket.terminate(), CLOSE_MS);
    this.#socket.once('close', () => clearTimeout(cut));
  }

  #opened(): void {
    this.#isHeard();
    this.#options.onOpen();
  }

  #heard(data: RawData): void {
    this.#isHeard();
    if (this.#end.signal.aborted) return;
    const bytes = bufferOf(data);
    if (bytes.length > this.#mostBytes) this.#options.onOversized(bytes.length);
    else this.#options.onFrame(bytes.toString('utf8'));
  }

  #isHeard(): void {
    this.#heardAt = performance.now();
  }

  #look(): void {
    const silentMs = performance.now() - this.#heardAt;
    if (silentMs > this.#silenceMs && this.#socket.readyState === WebSocket.OPEN) this.#fails(`Nothing was heard of the hub for ${Math.round(silentMs / 1000)} s.`);
  }

  #fails(reason: string): void {
    this.#lose({ how: 'network', reason });
    this.#socket.terminate();
  }

  #closed(code: number, reason: string): void {
    // 1005: a close frame without a code; 1006: none at all.
    this.#lose(code === 1006 ? { how: 'network', reason: 'The connection broke.' } : { how: 'closed', code, reason });
  }

  #lose(fault: LinkFault | undefined): void {
    if (this.#end.signal.aborted) return;
    clearInterval(this.#watch);
    clearInterval(this.#ping);
    this.#end.abort();
    this.#drain.dispose();
    if (fault !== undefined) this.#options.onLost(fault);
  }
}

/** Resolves when no more than so many bytes wait; fails with `cancelled` when the socket has ended. */
export async function whenBelow(wire: Pick<Wire, 'waiting' | 'onDrain' | 'signal'>, bytes: number): Promise<void> {
  while (wire.waiting > bytes && !wire.signal.aborted) await new Promise<void>((resolve) => onceDrained(wire, resolve));
  if (wire.signal.aborted) throw new AgentsError('cancelled', 'The connection has ended.');
}

function onceDrained(wire: Pick<Wire, 'onDrain' | 'signal'>, resolve: () => void): void {
  const done = (): void => {
    subscription.dispose();
    wire.signal.removeEventListener('abort', done);
    resolve();
  };
  const subscription = wire.onDrain(done);
  wire.signal.addEventListener('abort', done);
}

function bufferOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function sentenceOf(error: Error): string {
  const message = error instanceof AggregateError && error.errors.length > 0 ? messageOf(error.errors[0]) : messageOf(error);
  return `The hub cannot be reached: ${message === '' ? 'the connection failed' : message}.`;
}

/** That certificate alone is trusted, under any name. */
function pinned(certificate: string): ClientOptions {
  // Node takes what is returned for the fault that it found.
  return { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => false };
}
