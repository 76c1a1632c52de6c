// What one terminal prints, on its way to a hub: gathered into frames, dropped while the network is behind, drawn anew after that.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Wire } from './hubSocket.ts';

export interface WatchedTerminalParts {
  readonly wire: Wire;
  readonly sessionId: string;
  /** Milliseconds that output waits for more. */
  readonly gatherMs: number;
  /** Asks for the whole screen. */
  readonly redraw: () => void;
}

interface Size {
  readonly columns?: number;
  readonly rows?: number;
}

/** Bytes that may wait for the network before output is dropped, and again none before the screen is drawn anew. */
const WAITING = { most: 256 * 1024, again: 16 * 1024 } as const;
/** Characters of a frame. */
const FRAME = 64 * 1024;
/** Characters that may be gathered. */
const MOST = 512 * 1024;

export class WatchedTerminal implements Disposable {
  readonly #parts: WatchedTerminalParts;
  readonly #owned = new DisposableStore();
  #gathered = '';
  #reset: Size | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Something was dropped: nothing is sent until the screen comes whole. */
  #isBehind = false;

  constructor(parts: WatchedTerminalParts) {
    this.#parts = parts;
    this.#owned.add(parts.wire.onDrain(() => this.#catchUp()));
  }

  /** It is being opened (again): its whole screen comes next. */
  begins(): void {
    this.#gathered = '';
    this.#reset = undefined;
    this.#isBehind = false;
  }

  data(data: string, { reset = false, columns, rows }: { readonly reset?: boolean } & Size = {}): void {
    if (this.#owned.isDisposed) return;
    if (reset) {
      this.#gathered = '';
      this.#reset = { ...(columns === undefined ? {} : { columns }), ...(rows === undefined ? {} : { rows }) };
      this.#isBehind = false;
    }
    if (this.#isBehind) return;
    this.#gathered += data;
    if (this.#gathered.length > MOST && this.#reset === undefined) return this.#drop();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#parts.gatherMs);
  }

  /** What was gathered goes out before. */
  end(reason: string): void {
    const { wire, sessionId } = this.#parts;
    if (!this.#isBehind) this.#flush();
    wire.send({ type: 'terminal_ended', session_id: sessionId, reason: reason.slice(0, 1000) });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#owned.dispose();
    this.#gathered = '';
  }

  #flush(): void {
    const { wire, sessionId } = this.#parts;
    if (this.#gathered === '' && this.#reset === undefined) return;
    if (wire.waiting > WAITING.most) return this.#drop();
    const text = this.#gathered;
    const reset = this.#reset;
    this.#gathered = '';
    this.#reset = undefined;
    let at = 0;
    do {
      const part = text.slice(at, endOf(text, at + FRAME));
      wire.send({ type: 'terminal', session_id: sessionId, data: part, ...(reset === undefined || at > 0 ? {} : { reset: true, ...reset }) });
      at += part.length;
    } while (at < text.length);
  }

  #drop(): void {
    this.#gathered = '';
    this.#reset = undefined;
    this.#isBehind = true;
    this.#catchUp();
  }

  #catchUp(): void {
    const { wire, redraw } = this.#parts;
    if (!this.#isBehind || wire.waiting > WAITING.again || wire.signal.aborted) return;
    this.#isBehind = false;
    redraw();
  }
}

/** Not between the two halves of a character. */
function endOf(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at < text.length && code >= 0xd800 && code < 0xdc00 ? at + 1 : at;
}
