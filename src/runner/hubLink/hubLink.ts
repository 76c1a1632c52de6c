// A runner's connection to its hub: made, kept, made again for as long as it takes, and given up only where a person has to act.
import { randomUUID } from 'node:crypto';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import { isReadable, runnerSocketUrl } from './hubAddress.ts';
import { HubConversation } from './hubConversation.ts';
import { HubSocket } from './hubSocket.ts';
import { KnownProjects } from './knownProjects.ts';
import { nextLinkState, publicState, type LinkInput, type LinkState } from './linkState.ts';
import { LINK_TIMERS, type LinkTimers } from './linkTimers.ts';
import type { HubLinkState, SharedFleet, TaskPort } from './ports.ts';

export interface HubLinkOptions {
  /** `https://hub.example`: the sockets are below its `/api`. */
  readonly serverUrl: string;
  readonly runnerId: string;
  /** Asked before each attempt where it is a function; without one the link is refused until a person acts. */
  readonly token: string | (() => Promise<string | undefined>);
  readonly fleet: SharedFleet;
  /** Without them the runner takes no tasks. */
  readonly tasks?: TaskPort | undefined;
  /** One per process. Default: a new one per link. */
  readonly instance?: string | undefined;
  readonly clientVersion?: string | undefined;
  readonly log?: Log | undefined;
  readonly timers?: Partial<LinkTimers> | undefined;
}

export class HubLink implements Disposable {
  readonly #options: HubLinkOptions;
  readonly #log: Log;
  readonly #timers: LinkTimers;
  readonly #url: URL;
  readonly #instance: string;
  readonly #projects: KnownProjects;
  readonly #changes = new Emitter<HubLinkState>();
  #state: LinkState = { kind: 'stopped' };
  #socket: HubSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  /** Does not connect yet. Throws `bad-input` for an address that is none. */
  constructor(options: HubLinkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#timers = { ...LINK_TIMERS, ...options.timers };
    this.#url = runnerSocketUrl(options.serverUrl, options.runnerId);
    this.#instance = options.instance ?? randomUUID();
    this.#projects = new KnownProjects(options.tasks);
  }

  get state(): HubLinkState {
    return publicState(this.#state);
  }

  readonly onDidChangeState: Event<HubLinkState> = (listener) => this.#changes.event(listener);

  /** Connects; also at once out of a wait, and again where the hub had refused. */
  start(): void {
    if (this.#disposed) return;
    if (this.#state.kind === 'stopped' && isReadable(this.#url)) this.#log.warn(`What is said to ${this.#url.host}, the token too, is not encrypted: use https.`);
    this.#take({ type: 'start' });
  }

  /** Says goodbye to the hub. */
  dispose(): void {
    if (this.#disposed) return;
    this.#take({ type: 'stop' });
    this.#disposed = true;
    this.#projects.dispose();
    this.#changes.dispose();
  }

  #take(input: LinkInput): void {
    const before = this.#state;
    this.#state = nextLinkState(before, input, { ...this.#timers, now: Date.now(), random: Math.random() });
    if (this.#state === before) return;
    this.#enter(this.#state);
    this.#changes.fire(this.state);
  }

  #enter(state: LinkState): void {
    clearTimeout(this.#timer);
    switch (state.kind) {
      case 'connecting':
        return this.#connect();
      case 'opened':
        this.#timer = setTimeout(() => this.#take({ type: 'proven' }), this.#timers.provenMs);
        return;
      case 'connected':
        return this.#log.info(`Connected to the hub at ${this.#url.host}${state.extension ? '' : ', which speaks the base protocol'}.`);
      case 'waiting':
        this.#leave();
        this.#log.info(`${state.reason} The next attempt is in ${Math.round(state.delayMs / 1000)} s.`);
        this.#timer = setTimeout(() => this.#take({ type: 'waited' }), state.delayMs);
        return;
      case 'refused':
        this.#leave();
        return this.#log.error(`${state.reason} It is not tried again until somebody acts.`);
      case 'stopped':
        return this.#leave();
    }
  }

  #leave(): void {
    this.#socket?.dispose();
    this.#socket = undefined;
  }

  #connect(): void {
    this.#leave();
    const state = this.#state;
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

  async #token(): Promise<string | Extract<LinkInput, { readonly type: 'lost' }>['fault']> {
    const { token } = this.#options;
    if (typeof token === 'string') return token;
    try {
      const given = await waitFor(token(), { timeoutMs: this.#timers.handshakeMs, what: "the runner's token" });
      return given ?? { how: 'no-token', reason: 'There is no token for this hub.' };
    } catch (error) {
      return { how: 'network', reason: `There is no token for the hub yet: ${messageOf(error)}` };
    }
  }

  #open(token: string): void {
    const { fleet, tasks, clientVersion = 'tmux-agents' } = this.#options;
    const timers = this.#timers;
    const socket: HubSocket = new HubSocket({
      url: this.#url,
      token,
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
    const conversation = new HubConversation({
      wire: socket,
      fleet,
      tasks,
      projects: this.#projects,
      client: clientVersion,
      instance: this.#instance,
      timers,
      onHello: () => {
        socket.keepPinging();
        this.#take({ type: 'hello' });
      },
      log: this.#log,
    });
    const subscription = this.#changes.event(({ state }) => {
      if (state === 'connected' && this.#socket === socket) conversation.proven();
    });
    socket.signal.addEventListener('abort', () => subscription.dispose(), { once: true });
  }
}
