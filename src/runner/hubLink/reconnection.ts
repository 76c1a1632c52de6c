// A connection to a hub that is made, kept, made again for as long as it takes, and given up only where a person has to act. What is said over it is
// somebody else's.
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import { isReadable } from './hubAddress.ts';
import { HubSocket, type SentFrame, type Wire } from './hubSocket.ts';
import { nextLinkState, publicState, type LinkFault, type LinkInput, type LinkState } from './linkState.ts';
import type { LinkTimers } from './linkTimers.ts';
import type { HubLinkState } from './ports.ts';

/** What is said over one socket; it ends with the wire's signal. */
export interface Conversation {
  /** The socket is open. */
  open(): void;
  /** It was not refused. */
  proven(): void;
  hear(text: string): void;
  /** A frame of the hub was passed over: `fault` goes on "it ...". */
  bad(fault: string): void;
}

export interface ReconnectionParts<Frame extends object> {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly mostBytes?: number | undefined;
  /** See `HubLinkOptions.certificate`. */
  readonly certificate?: string | undefined;
  /** Asked before each attempt where it is a function; without one the connection is refused until a person acts. */
  readonly token: string | (() => Promise<string | undefined>);
  readonly timers: LinkTimers;
  /** `hello`: the hub speaks our extension, and answers pings. */
  readonly converse: (wire: Wire<Frame>, hello: () => void) => Conversation;
  readonly log: Log;
}

export class Reconnection<Frame extends object = SentFrame> implements Disposable {
  readonly #parts: ReconnectionParts<Frame>;
  readonly #changes = new Emitter<HubLinkState>();
  #state: LinkState = { kind: 'stopped' };
  #socket: HubSocket<Frame> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Does not connect yet. */
  constructor(parts: ReconnectionParts<Frame>) {
    this.#parts = parts;
  }

  get state(): HubLinkState {
    return publicState(this.#state);
  }

  readonly onDidChangeState: Event<HubLinkState> = (listener) => this.#changes.event(listener);

  /** Connects; also at once out of a wait, and again where the hub had refused. */
  start(): void {
    if (this.#disposed) return;
    const { url, log } = this.#parts;
    if (this.#state.kind === 'stopped' && isReadable(url)) log.warn(`What is said to ${url.host}, the token too, is not encrypted: use https.`);
    this.#take({ type: 'start' });
  }

  /** Says goodbye to the hub. */
  dispose(): void {
    if (this.#disposed) return;
    this.#take({ type: 'stop' });
    this.#disposed = true;
    this.#changes.dispose();
  }

  #take(input: LinkInput): void {
    const before = this.#state;
    this.#state = nextLinkState(before, input, { ...this.#parts.timers, now: Date.now(), random: Math.random() });
    if (this.#state === before) return;
    this.#enter(this.#state);
    this.#changes.fire(this.state);
  }

  #enter(state: LinkState): void {
    const { timers, log, url } = this.#parts;
    clearTimeout(this.#timer);
    switch (state.kind) {
      case 'connecting':
        return this.#connect(state);
      case 'opened':
        this.#timer = setTimeout(() => this.#take({ type: 'proven' }), timers.provenMs);
        return;
      case 'connected':
        return log.info(`Connected to the hub at ${url.host}${state.extension ? ', with our extension' : ''}.`);
      case 'waiting':
        this.#leave();
        log.info(`${state.reason} The next attempt is in ${Math.round(state.delayMs / 1000)} s.`);
        this.#timer = setTimeout(() => this.#take({ type: 'waited' }), state.delayMs);
        return;
      case 'refused':
        this.#leave();
        return log.error(`${state.reason} It is not tried again until somebody acts.`);
      case 'stopped':
        return this.#leave();
    }
  }

  #leave(): void {
    this.#socket?.dispose();
    this.#socket = undefined;
  }

  #connect(state: LinkState): void {
    this.#leave();
    void this.#token().then((token) => {
      if (this.#state !== state) return;
      if (typeof token !== 'string') return this.#take({ type: 'lost', fault: token });
      try {
        this.#open(token);
      } catch (error) {
        // What is no header's value cannot be sent, now or later.
        this.#take({ type: 'lost', fault: { how: 'no-token', reason: `The token cannot be used: ${messageOf(error)}.` } });
      }
    });
  }

  async #token(): Promise<string | LinkFault> {
    const { token, timers } = this.#parts;
    if (typeof token === 'string') return token;
    try {
      const given = await waitFor(token(), { timeoutMs: timers.handshakeMs, what: 'the token' });
      return given ?? { how: 'no-token', reason: 'There is no token for this hub.' };
    } catch (error) {
      return { how: 'network', reason: `There is no token for the hub yet: ${messageOf(error)}` };
    }
  }

  #open(token: string): void {
    const { url, headers, mostBytes, certificate, timers, converse } = this.#parts;
    const socket: HubSocket<Frame> = new HubSocket<Frame>({
      url,
      token,
      headers,
      mostBytes,
      certificate,
      handshakeMs: timers.handshakeMs,
      silenceMs: timers.silenceMs,
      pingMs: timers.pingMs,
      onOpen: () => {
        this.#take({ type: 'opened' });
        conversation.open();
      },
      onFrame: (text) => {
        conversation.hear(text);
        this.#take({ type: 'proven' });
      },
      onOversized: (bytes) => {
        conversation.bad(`has ${bytes} bytes`);
        this.#take({ type: 'proven' });
      },
      onLost: (fault) => this.#take({ type: 'lost', fault }),
    });
    this.#socket = socket;
    const conversation = converse(socket, () => {
      socket.keepPinging();
      this.#take({ type: 'hello' });
    });
    const subscription = this.#changes.event(({ state }) => {
      if (state === 'connected' && this.#socket === socket) conversation.proven();
    });
    socket.signal.addEventListener('abort', () => subscription.dispose(), { once: true });
  }
}
