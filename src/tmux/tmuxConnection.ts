// The held connection to one tmux server: made at first use, made again with backoff, with the monitor session in place.
import { Backoff } from '../base/backoff.ts';
import type { Disposable } from '../base/disposable.ts';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../base/errors.ts';
import { Emitter, type Event } from '../base/event.ts';
import { silentLog, type Log } from '../base/log.ts';
import { throwIfCancelled, waitFor } from '../base/wait.ts';
import type { Executor } from '../exec/executor.ts';
import { ControlClient } from './controlClient.ts';
import type { TmuxNotification } from './notifications.ts';
import { MONITOR_SESSION } from './serverOptions.ts';
import { HOW_TO_INSTALL_TMUX, isTooOld, OLDEST_TMUX } from './tmuxVersion.ts';
import { withServerLock } from './serverLock.ts';
import type { PaneId, SessionId } from './types.ts';

export interface TmuxServerOptions {
  /** Which server: a socket's name (`-L`) or path (`-S`); the place's default server when both are absent. */
  readonly socketName?: string | undefined;
  readonly socketPath?: string | undefined;
  /** `own`: ours, started when there is none, with our options. `guest`: somebody else's, never started, configured or added to. */
  readonly mode: 'own' | 'guest';
  /** `-f`, in own mode: read by a server that we start. */
  readonly configFile?: string | undefined;
  /** Environment of the client, and so of a server that it starts; the place's own when absent. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly tmuxPath?: string | undefined;
  /** Own mode: the words to put before the command of a client that may start the server, asked for each time. */
  readonly startWith?: (() => Promise<readonly string[]>) | undefined;
  readonly log?: Log | undefined;
}

/** Guest mode only: the session to attach to. Without it the client only runs commands, and gets no output. */
interface AttachTarget {
  readonly attachTo?: SessionId | undefined;
}

export type ConnectionState =
  | { readonly state: 'disconnected'; readonly error?: AgentsError }
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' };

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the client must be attached. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

export interface ConnectionHandler {
  output(pane: PaneId, bytes: Buffer): void;
  wantsOutput(pane: PaneId): boolean;
  notification(notification: TmuxNotification): void;
  /** Prepares a fresh client; the connection counts as made when this resolves. */
  prepare(client: ControlClient): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** How often a connection that was lost is looked for in vain; a command may start a server at any time. */
const RETRIES_IN_VAIN = 8;

/** There is no server, or the session that a guest attaches to is gone from it. */
const nothingThere = /no server running|error connecting to|no sessions|server exited|lost server|can't find session/;

export class TmuxConnection implements Disposable {
  readonly #executor: Executor;
  readonly #options: TmuxServerOptions & AttachTarget;
  readonly #handler: ConnectionHandler;
  readonly #log: Log;
  readonly #backoff = new Backoff({ firstMs: 100, longestMs: 30_000 });
  readonly #changed = new Emitter<ConnectionState>();
  #state: ConnectionState = { state: 'disconnected' };
  #client: ControlClient | undefined;
  #connecting: { readonly client: Promise<ControlClient>; readonly mayStart: boolean } | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retriesInVain = 0;
  #endExpected = false;
  #disposed = false;
  #left: Promise<void> = Promise.resolve();

  constructor(executor: Executor, options: TmuxServerOptions & AttachTarget, handler: ConnectionHandler) {
    this.#executor = executor;
    this.#options = options;
    this.#handler = handler;
    this.#log = options.log ?? silentLog;
  }

  readonly onDidChange: Event<ConnectionState> = this.#changed.event;

  get state(): ConnectionState {
    return this.#state;
  }

  /** The attached client, connecting first where that is needed. One attempt serves all who wait. */
  async client(options: ConnectOptions = {}): Promise<ControlClient> {
    // A retry under way may find no server where this caller is free to start one.
    if (this.#connecting?.mayStart === false) await waitFor(this.#connecting.client, { signal: options.signal, what: 'tmux' }).catch(() => undefined);
    return this.#attach(options, this.#options.mode === 'own');
  }

  /** Says that the server is about to end at our own wish: no reconnecting after that. */
  expectEnd(): void {
    this.#endExpected = true;
  }

  /** Runs what makes the server announce something while no other face is just connecting to it: see serverLock.ts. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return withServerLock(this.#lockName(), work);
  }

  /** Detaches, as soon as no other face is in the way, and stops reconnecting; the server and its sessions live on. */
  dispose(): void {
    void this.leave();
  }

  /** As `dispose`; resolves when our client is gone. */
  leave(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    if (client) this.#left = this.exclusively(() => client.leave());
    this.#changed.dispose();
    return this.#left;
  }

  async #attach({ signal, timeoutMs = CONNECT_TIMEOUT_MS }: ConnectOptions, mayStart: boolean): Promise<ControlClient> {
    throwIfCancelled(signal);
    if (this.#disposed) throw new AgentsError('disconnected', 'The connection to tmux was closed.');
    if (this.#client) return this.#client;
    this.#connecting ??= { mayStart, client: this.#start(timeoutMs, mayStart).finally(() => (this.#connecting = undefined)) };
    return waitFor(this.#connecting.client, { signal, what: `tmux in ${this.#executor.label}` });
  }

  /** A server that is just ending takes a newcomer with it; the next one finds it gone and starts another. */
  async #start(timeoutMs: number, mayStart: boolean): Promise<ControlClient> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#connect(timeoutMs, mayStart);
      } catch (error) {
        if (!mayStart || this.#disposed || attempt === 5 || !nothingThere.test(messageOf(error))) throw error;
      }
    }
  }

  #connect(timeoutMs: number, mayStart: boolean): Promise<ControlClient> {
    return this.exclusively(() => this.#connectAlone(timeoutMs, mayStart));
  }

  async #connectAlone(timeoutMs: number, mayStart: boolean): Promise<ControlClient> {
    clearTimeout(this.#retry);
    this.#endExpected = false;
    this.#setState({ state: 'connecting' });
    let client: ControlClient | undefined;
    try {
      const before = mayStart ? await this.#options.startWith?.() : undefined;
      const stream = await this.#executor.open([...(before ?? []), ...this.#argv(mayStart)], this.#environment());
      client = new ControlClient(stream, { ...this.#streamHandler(), ended: (error) => this.#ended(opened, error) });
      const opened = client;
      await waitFor(client.ready, { timeoutMs, what: `tmux in ${this.#executor.label} to accept the connection` });
      await this.#handler.prepare(client);
      if (this.#disposed) throw new AgentsError('disconnected', 'The connection to tmux was closed.');
      this.#client = client;
      this.#backoff.reset();
      this.#retriesInVain = 0;
      this.#setState({ state: 'connected' });
      return client;
    } catch (error) {
      client?.dispose();
      const failure = await this.#explain(error);
      this.#setState({ state: 'disconnected', error: failure });
      throw failure;
    }
  }

  #streamHandler(): Pick<ConnectionHandler, 'output' | 'wantsOutput' | 'notification'> {
    return {
      output: (pane, bytes) => this.#handler.output(pane, bytes),
      wantsOutput: (pane) => this.#handler.wantsOutput(pane),
      notification: (notification) => this.#handler.notification(notification),
    };
  }

  /** An established client ended by itself: say so, and come back. */
  #ended(client: ControlClient, error: AgentsError): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    if (this.#disposed) return;
    this.#log.info(`tmux in ${this.#executor.label}: ${error.message}`);
    this.#setState({ state: 'disconnected', error });
    if (!this.#endExpected) this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    this.#retry = setTimeout(() => {
      if (this.#disposed || this.#client) return;
      this.#attach({}, false).catch((error: unknown) => {
        this.#log.debug(`tmux in ${this.#executor.label}: ${messageOf(error)}`);
        if (nothingThere.test(messageOf(error))) this.#retriesInVain++;
        const isOver = isAgentsError(error, 'tmux-missing') || this.#retriesInVain >= RETRIES_IN_VAIN;
        if (!this.#disposed && !this.#client && !isOver) this.#scheduleRetry();
      });
    }, this.#backoff.next());
    this.#retry.unref();
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#changed.fire(state);
  }

  /** Makes of a failure what a person can act on; an old tmux is asked for its version. */
  async #explain(error: unknown): Promise<AgentsError> {
    const place = this.#executor.label;
    if (isAgentsError(error, 'command-not-found')) {
      return new AgentsError('tmux-missing', `tmux was not found in ${place}.`, { hint: HOW_TO_INSTALL_TMUX, cause: error });
    }
    const failure = asAgentsError(error, 'tmux-failed');
    if (this.#disposed || failure.reason === 'cancelled' || nothingThere.test(failure.message)) return failure;
    const version = await this.#version().catch(() => undefined);
    if (version === undefined || !isTooOld(version)) return failure;
    return new AgentsError('tmux-failed', `The tmux in ${place} is too old: it is ${version}, and ${OLDEST_TMUX} is needed.`, { hint: HOW_TO_INSTALL_TMUX, cause: failure });
  }

  async #version(): Promise<string> {
    const { tmuxPath = 'tmux' } = this.#options;
    const { stdout } = await this.#executor.run([tmuxPath, '-V'], { timeoutMs: 3_000, ...this.#environment() });
    return stdout.toString('utf8').trim();
  }

  /** The environment without the marks of a tmux that we may run in ourselves: they would send the client there. */
  #environment(): { readonly env?: Readonly<Record<string, string>> } {
    const { env } = this.#options;
    if (!env) return {};
    const { TMUX: _server, TMUX_PANE: _pane, ...clean } = env;
    return { env: clean };
  }

  #lockName(): string {
    const { socketName = '', socketPath = '', env = process.env } = this.#options;
    return [this.#executor.label, process.getuid?.() ?? 0, env['TMUX_TMPDIR'] ?? '', socketPath, socketName].join('\0');
  }

  #argv(mayStart: boolean): string[] {
    const { socketName, socketPath, configFile, mode, attachTo, tmuxPath = 'tmux' } = this.#options;
    const server = [
      ...(socketPath === undefined ? [] : ['-S', socketPath]),
      ...(socketName === undefined ? [] : ['-L', socketName]),
      ...(mode === 'own' && configFile !== undefined ? ['-f', configFile] : []),
    ];
    const attach =
      mode === 'own'
        ? ['new-session', '-A', '-s', MONITOR_SESSION, '-n', MONITOR_SESSION, '-x', '200', '-y', '50', '-f', CLIENT_FLAGS, 'cat', '-']
        : attachTo === undefined
          ? ['attach-session', '-f', 'ignore-size,no-output']
          : ['attach-session', '-t', attachTo, '-f', CLIENT_FLAGS];
    return [tmuxPath, '-u', ...(mayStart ? [] : ['-N']), ...server, '-C', ...attach];
  }
}

/** `ignore-size`: windows keep the size of the terminals that show them. `pause-after`: seconds that a pane may run ahead of us. */
const CLIENT_FLAGS = 'ignore-size,pause-after=2';
