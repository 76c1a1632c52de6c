// The page's one live socket: it comes back by itself, and goes on where it was.
import { signal, type ReadonlySignal } from '@preact/signals';
import { Backoff } from '../../../base/backoff.ts';
import { toDisposable, type Disposable } from '../../../base/disposable.ts';
import { LiveFrame, type LiveRequest } from '../../../protocol/hubWire/liveFrames.ts';
import { Joins, type SessionFrame } from './joins.ts';

export type LinkState = 'off' | 'connecting' | 'open' | 'lost';

const PING_MS = 20_000;
/** A hub that says nothing for so long after a ping is not there. */
const SILENCE_MS = 10_000;

export interface LiveOptions {
  readonly url: string;
  /** Frames of the fleet; those of a session go to whoever joined it. */
  readonly onFrame: (frame: LiveFrame) => void;
  /** After each lost connection, before the next try: false when there is no use in one, such as for whoever is signed out. */
  readonly mayRetry: () => Promise<boolean>;
}

export class LiveConnection implements Disposable {
  readonly #options: LiveOptions;
  readonly #joins = new Joins();
  readonly #listeners = new Map<string, Set<(frame: SessionFrame) => void>>();
  readonly #backoff = new Backoff({ firstMs: 500, longestMs: 10_000 });
  readonly #state = signal<LinkState>('off');
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setInterval> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    // A laptop that wakes, a phone that has signal again: no need to wait for the next try.
    window.addEventListener('online', this.#atOnce);
    document.addEventListener('visibilitychange', this.#atOnce);
  }

  get state(): ReadonlySignal<LinkState> {
    return this.#state;
  }

  start(): void {
    if (this.#state.peek() === 'off') this.#open('connecting');
  }

  /** Closes it until `start`; who listens stays. */
  stop(): void {
    this.#state.value = 'off';
    this.#drop();
  }

  /** Sends it if the socket is open: what is typed into a connection that is lost is not kept. */
  send(request: LiveRequest): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  /** A session's events after that number, then live ones. */
  joinEvents(sessionId: string, after: number, listener: (frame: SessionFrame) => void): Disposable {
    const heard = this.#listen(sessionId, listener);
    this.send(this.#joins.joinEvents(sessionId, after));
    return toDisposable(() => {
      heard.dispose();
      this.send(this.#joins.leaveEvents(sessionId));
    });
  }

  joinTerminal(sessionId: string, listener: (frame: SessionFrame) => void): Disposable {
    const heard = this.#listen(sessionId, listener);
    this.send(this.#joins.joinTerminal(sessionId));
    return toDisposable(() => {
      heard.dispose();
      this.send(this.#joins.leaveTerminal(sessionId));
    });
  }

  dispose(): void {
    this.stop();
    window.removeEventListener('online', this.#atOnce);
    document.removeEventListener('visibilitychange', this.#atOnce);
  }

  #listen(sessionId: string, listener: (frame: SessionFrame) => void): Disposable {
    const listeners = this.#listeners.get(sessionId) ?? new Set();
    this.#listeners.set(sessionId, listeners.add(listener));
    return toDisposable(() => void (listeners.delete(listener) && listeners.size === 0 && this.#listeners.get(sessionId) === listeners && this.#listeners.delete(sessionId)));
  }

  readonly #atOnce = (): void => {
    if (document.visibilityState === 'visible' && this.#retry !== undefined) this.#open('lost');
  };

  #open(state: LinkState): void {
    this.#drop();
    this.#state.value = state;
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#backoff.reset();
      this.#state.value = 'open';
      for (const request of this.#joins.renewed()) this.send(request);
      this.#ping = setInterval(() => this.#probe(), PING_MS);
    });
    socket.addEventListener('message', ({ data }) => this.#hear(data));
    socket.addEventListener('close', () => void (this.#socket === socket && this.#lost()));
  }

  #hear(data: unknown): void {
    clearTimeout(this.#silence);
    const frame = readFrame(data);
    if (frame === undefined) return;
    if (!isOfSession(frame)) return this.#options.onFrame(frame);
    if (!this.#joins.take(frame)) return;
    for (const listener of [...(this.#listeners.get(frame.session_id) ?? [])]) listener(frame);
    if (frame.type === 'agent_gone') this.#options.onFrame(frame);
  }

  #probe(): void {
    if (!this.send({ type: 'ping' })) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #lost(): void {
    this.#drop();
    this.#state.value = 'lost';
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#options.mayRetry().then((may) => {
        if (may && this.#state.peek() === 'lost' && this.#socket === undefined) this.#open('lost');
      });
    }, this.#backoff.next());
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    clearInterval(this.#ping);
    this.#retry = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

function isOfSession(frame: LiveFrame): frame is SessionFrame {
  return 'session_id' in frame && frame.session_id !== undefined;
}

/** Undefined for a frame of a newer hub, or none at all. */
function readFrame(data: unknown): LiveFrame | undefined {
  if (typeof data !== 'string') return undefined;
  try {
    const parsed = LiveFrame.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
