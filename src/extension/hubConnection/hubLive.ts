// A window's live socket to a hub: who works there and how it stands, and the terminals that are looked at, over a socket that comes back by itself.
import type { Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { jsonOf } from '../../base/json.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { LiveFrame, type LiveRequest } from '../../protocol/hubWire/liveFrames.ts';
import { hubSocketUrl } from '../../runner/hubLink/hubAddress.ts';
import type { Wire } from '../../runner/hubLink/hubSocket.ts';
import { LINK_TIMERS, type LinkTimers } from '../../runner/hubLink/linkTimers.ts';
import type { HubLinkState } from '../../runner/hubLink/ports.ts';
import { Reconnection, type Conversation } from '../../runner/hubLink/reconnection.ts';

export type TerminalFrame = Extract<LiveFrame, { readonly type: 'terminal' | 'terminal_writer' | 'terminal_ended' | 'error' }>;

export interface HubLiveOptions {
  readonly serverUrl: string;
  readonly token: () => Promise<string | undefined>;
  readonly timers?: Partial<LinkTimers> | undefined;
  readonly log?: Log | undefined;
}

/** A snapshot of the agents of an organization is one frame. */
const MOST_BYTES = 16 * 1024 * 1024;

export class HubLive implements Disposable {
  readonly #reconnection: Reconnection<LiveRequest>;
  readonly #frames = new Emitter<LiveFrame>();
  /** What is shown in terminals here, by session. */
  readonly #terminals = new Map<string, Set<(frame: TerminalFrame) => void>>();
  readonly #log: Log;
  #wire: Wire<LiveRequest> | undefined;

  constructor({ serverUrl, token, timers, log = silentLog }: HubLiveOptions) {
    this.#log = log;
    this.#reconnection = new Reconnection<LiveRequest>({
      url: hubSocketUrl(serverUrl, '/api/live'),
      mostBytes: MOST_BYTES,
      token,
      timers: { ...LINK_TIMERS, ...timers },
      converse: (wire, hello) => this.#converse(wire, hello),
      log,
    });
  }

  get state(): HubLinkState {
    return this.#reconnection.state;
  }

  readonly onDidChangeState: Event<HubLinkState> = (listener) => this.#reconnection.onDidChangeState(listener);
  /** Of the fleet: a snapshot after each connection, then changes. */
  readonly onFrame: Event<LiveFrame> = (listener) => this.#frames.event(listener);

  start(): void {
    this.#reconnection.start();
  }

  /** Shows a session's terminal, a snapshot of it first and again after each connection, until disposed. */
  joinTerminal(sessionId: string, show: (frame: TerminalFrame) => void): Disposable {
    const shown = this.#terminals.get(sessionId) ?? new Set();
    this.#terminals.set(sessionId, shown);
    shown.add(show);
    this.#wire?.send({ type: 'terminal_join', session_id: sessionId });
    return {
      dispose: () => {
        if (!shown.delete(show) || shown.size > 0 || this.#terminals.get(sessionId) !== shown) return;
        this.#terminals.delete(sessionId);
        this.#wire?.send({ type: 'terminal_leave', session_id: sessionId });
      },
    };
  }

  /** False where the hub is not connected now. */
  send(request: LiveRequest): boolean {
    return this.#wire?.send(request) ?? false;
  }

  dispose(): void {
    this.#reconnection.dispose();
    this.#terminals.clear();
    this.#frames.dispose();
  }

  #converse(wire: Wire<LiveRequest>, hello: () => void): Conversation {
    wire.signal.addEventListener('abort', () => this.#wire === wire && (this.#wire = undefined), { once: true });
    return {
      open: () => {
        this.#wire = wire;
        wire.send({ type: 'watch_fleet' });
        for (const sessionId of this.#terminals.keys()) wire.send({ type: 'terminal_join', session_id: sessionId });
      },
      proven: () => undefined,
      hear: (text) => {
        const parsed = LiveFrame.safeParse(jsonOf(text));
        if (!parsed.success) return this.#log.debug('A frame of the hub was not understood.');
        // Whoever answers is one that answers pings.
        if (parsed.data.type === 'fleet') hello();
        this.#take(parsed.data);
      },
      bad: (fault) => this.#log.warn(`A frame of the hub was passed over: it ${fault}.`),
    };
  }

  #take(frame: LiveFrame): void {
    if (frame.type === 'terminal' || frame.type === 'terminal_writer' || frame.type === 'terminal_ended' || (frame.type === 'error' && frame.session_id !== undefined)) {
      for (const show of this.#terminals.get(frame.session_id ?? '') ?? []) show(frame);
      return;
    }
    if (frame.type === 'error') this.#log.warn(`The hub complains: ${frame.message.slice(0, 500)}`);
    else this.#frames.fire(frame);
  }
}
