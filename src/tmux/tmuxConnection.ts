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
import type { PaneId } from './types.ts';

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
  readonly log?: Log | undefined;
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

export class TmuxConnection implements Disposable {
  readonly #executor: Executor;
  readonly #options: TmuxServerOptions;
  readonly #handler: ConnectionHandler;
  readonly #log: Log;
  readonly #backoff = new Backoff({ firstMs: 100, longestMs: 30_000 });
  readonly #changed = new Emitter<ConnectionState>();
  #state: ConnectionState = { state: 'disconnected' };
  #client: ControlClient | undefined;
  #connecting: Promise<ControlClient> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(executor: Executor, options: TmuxServerOptions, handler: ConnectionHandler) {
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
  async client({ signal, timeoutMs = CONNECT_TIMEOUT_MS }: ConnectOptions = {}): Promise<ControlClient> {
    throwIfCancelled(signal);
    if (this.#disposed) throw new AgentsError('disconnected', 'The connection to tmux was closed.');
    if (this.#client) return this.#client;
    this.#connecting ??= this.#connect(timeoutMs).finally(() => (this.#connecting = undefined));
    return waitFor(this.#connecting, { signal, what: `tmux in ${this.#executor.label}` });
  }

  /** Detaches and stops reconnecting; the server and its sessions live on. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#retry);
    this.#client?.dispose();
    this.#changed.dispose();
  }

  async #connect(timeoutMs: number): Promise<ControlClient> {
    clearTimeout(this.#retry);
    this.#setState({ state: 'connecting' });
    let client: ControlClient | undefined;
    try {
      const stream = await this.#executor.open(this.#argv(), this.#options.env ? { env: this.#options.env } : {});
      client = new ControlClient(stream, { ...this.#streamHandler(), ended: (error) => this.#ended(opened, error) });
      const opened = client;
      await waitFor(client.ready, { timeoutMs, what: `tmux in ${this.#executor.label} to accept the connection` });
      await this.#handler.prepare(client);
      if (this.#disposed) throw new AgentsError('disconnected', 'The connection to tmux was closed.');
      this.#client = client;
      this.#backoff.reset();
      this.#setState({ state: 'connected' });
      return client;
    } catch (error) {
      client?.dispose();
      const failure = connectError(error, this.#executor.label);
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
    if (this.#options.mode === 'own') this.#scheduleRetry();
  }

  #scheduleRetry(): void {
    this.#retry = setTimeout(() => {
      if (this.#disposed || this.#client) return;
      this.client().catch((error: unknown) => {
        this.#log.debug(`tmux in ${this.#executor.label}: ${messageOf(error)}`);
        if (!this.#disposed && !isAgentsError(error, 'tmux-missing')) this.#scheduleRetry();
      });
    }, this.#backoff.next());
    this.#retry.unref();
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#changed.fire(state);
  }

  #argv(): string[] {
    const { socketName, socketPath, configFile, mode, tmuxPath = 'tmux' } = this.#options;
    const server = [
      ...(socketPath === undefined ? [] : ['-S', socketPath]),
      ...(socketName === undefined ? [] : ['-L', socketName]),
      ...(mode === 'own' && configFile !== undefined ? ['-f', configFile] : []),
    ];
    const attach =
      mode === 'own'
        ? ['new-session', '-A', '-s', MONITOR_SESSION, '-x', '200', '-y', '50', '-f', CLIENT_FLAGS, 'cat']
        : ['attach-session', '-f', CLIENT_FLAGS];
    return [tmuxPath, '-u', ...server, '-C', ...attach];
  }
}

/** `ignore-size`: windows keep the size of the terminals that show them. `pause-after`: seconds that a pane may run ahead of us. */
const CLIENT_FLAGS = 'ignore-size,pause-after=2';

function connectError(error: unknown, place: string): AgentsError {
  if (isAgentsError(error, 'command-not-found')) {
    return new AgentsError('tmux-missing', `tmux was not found in ${place}.`, {
      hint: 'Install tmux 3.2 or newer: apt-get install tmux, dnf install tmux, or brew install tmux.',
      cause: error,
    });
  }
  return asAgentsError(error, 'tmux-failed');
}
