// What one live socket is sent, with an eye on how much of it waits: whoever does not read is closed, and costs the others nothing.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { CLOSE_TOO_SLOW } from '../../protocol/hubWire/closeCodes.ts';
import type { LiveFrame } from '../../protocol/hubWire/liveFrames.ts';

/** Bytes and milliseconds. */
export interface OutboxLimits {
  /** More than this must not wait for longer than `slowMs`. */
  readonly slowBytes: number;
  readonly slowMs: number;
  /** More than this must not wait at all. */
  readonly mostBytes: number;
  /** A terminal's output is left out while more than this waits. */
  readonly cloggedBytes: number;
  /** That a client has to answer our close. */
  readonly closeMs: number;
}

export const usualLimits: OutboxLimits = { slowBytes: 4 * 1024 * 1024, slowMs: 3000, mostBytes: 16 * 1024 * 1024, cloggedBytes: 512 * 1024, closeMs: 5000 };

/** A frame that is sent to many is made once. */
export function encodeFrame(frame: LiveFrame): Buffer {
  return Buffer.from(JSON.stringify(frame));
}

/** Events in the texts that they are stored in. */
export function encodeEvents(sessionId: string, texts: readonly string[]): Buffer {
  return Buffer.from(`{"type":"events","session_id":${JSON.stringify(sessionId)},"events":[${texts.join(',')}]}`);
}

export class Outbox {
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #limits: OutboxLimits;
  #slow: NodeJS.Timeout | undefined;
  #closing = false;
  #corked = false;

  /** `stream` is what the socket is made of. */
  constructor(socket: WebSocket, stream: Socket, limits: OutboxLimits) {
    this.#socket = socket;
    this.#stream = stream;
    this.#limits = limits;
    socket.once('close', () => {
      this.#closing = true;
      clearTimeout(this.#slow);
    });
  }

  get isOpen(): boolean {
    return !this.#closing && this.#socket.readyState === this.#socket.OPEN;
  }

  /** Whether much waits: what is only worth seeing now may be left out. */
  get isClogged(): boolean {
    return this.#socket.bufferedAmount > this.#limits.cloggedBytes;
  }

  send(frame: LiveFrame): void {
    this.sendEncoded(encodeFrame(frame));
  }

  sendEncoded(frame: Buffer): void {
    if (!this.isOpen) return;
    this.#gather();
    this.#socket.send(frame, { binary: false });
    const waiting = this.#socket.bufferedAmount;
    if (waiting > this.#limits.mostBytes) this.close(CLOSE_TOO_SLOW, 'Reads too slowly');
    else if (waiting > this.#limits.slowBytes) this.#slow ??= setTimeout(() => this.#look(), this.#limits.slowMs);
  }

  /** Resolves once it left this process, or never will: for much that need not be sent at once. */
  sendThrough(frame: Buffer): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => this.#socket.send(frame, { binary: false }, () => resolve()));
  }

  /** Nothing is sent after this. A client that does not answer the close is not waited for. */
  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    clearTimeout(this.#slow);
    const late = setTimeout(() => this.#socket.terminate(), this.#limits.closeMs);
    this.#socket.once('close', () => clearTimeout(late));
    this.#socket.close(code, reason);
  }

  /** What is sent in one turn, such as the events of a commit, is one write. */
  #gather(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#stream.uncork();
    });
  }

  #look(): void {
    this.#slow = undefined;
    if (this.#socket.bufferedAmount > this.#limits.slowBytes) this.close(CLOSE_TOO_SLOW, 'Reads too slowly');
  }
}
