// Output of a server that is not ours: nothing may be linked there, so each session that somebody listens to gets a client of its own.
import type { Disposable } from '../base/disposable.ts';
import type { Executor } from '../exec/executor.ts';
import { TmuxConnection, type TmuxServerOptions } from './tmuxConnection.ts';
import type { PaneId, SessionId } from './types.ts';

export interface GuestOutputHandler {
  /** The session that a pane is in. */
  sessionOf(pane: PaneId): Promise<SessionId>;
  output(pane: PaneId, bytes: Buffer): void;
  /** Output of these panes may have been missed up to now, none from here on. */
  watched(panes: readonly PaneId[]): void;
}

interface Watcher {
  readonly connection: TmuxConnection;
  readonly panes: Set<PaneId>;
}

export class GuestOutput implements Disposable {
  readonly #executor: Executor;
  readonly #options: TmuxServerOptions;
  readonly #handler: GuestOutputHandler;
  readonly #watchers = new Map<SessionId, Watcher>();
  readonly #wanted = new Map<PaneId, Promise<void>>();
  #disposed = false;

  constructor(executor: Executor, options: TmuxServerOptions, handler: GuestOutputHandler) {
    this.#executor = executor;
    this.#options = options;
    this.#handler = handler;
  }

  /** Resolves when the pane's output arrives; fails as connecting does. */
  watch(pane: PaneId): Promise<void> {
    const wanted = this.#wanted.get(pane);
    if (wanted !== undefined) return wanted;
    const watching = this.#attach(pane);
    this.#wanted.set(pane, watching);
    // What failed is tried anew by the next who asks.
    watching.catch(() => {
      if (this.#wanted.get(pane) === watching) this.#wanted.delete(pane);
    });
    return watching;
  }

  /** Nobody listens to the pane any more; a session without listeners is left. */
  unwatch(pane: PaneId): void {
    this.#wanted.delete(pane);
    for (const [session, { connection, panes }] of this.#watchers) {
      if (!panes.delete(pane) || panes.size > 0) continue;
      this.#watchers.delete(session);
      connection.dispose();
    }
  }

  dispose(): void {
    this.#disposed = true;
    for (const { connection } of this.#watchers.values()) connection.dispose();
    this.#watchers.clear();
  }

  async #attach(pane: PaneId): Promise<void> {
    const session = await this.#handler.sessionOf(pane);
    if (this.#disposed || !this.#wanted.has(pane)) return;
    const watcher = this.#watchers.get(session) ?? this.#watcher(session);
    this.#watchers.set(session, watcher);
    watcher.panes.add(pane);
    const wasConnected = watcher.connection.state.state === 'connected';
    await watcher.connection.client();
    if (wasConnected) this.#handler.watched([pane]);
  }

  #watcher(session: SessionId): Watcher {
    const panes = new Set<PaneId>();
    const connection = new TmuxConnection(
      this.#executor,
      { ...this.#options, attachTo: session },
      {
        output: (pane, bytes) => this.#handler.output(pane, bytes),
        wantsOutput: (pane) => panes.has(pane),
        notification: (notification) => {
          if (notification.type !== 'pause') return;
          connection.client().then((client) => client.send([['refresh-client', '-A', `${notification.pane}:continue`]])).catch(() => undefined);
          if (panes.has(notification.pane)) this.#handler.watched([notification.pane]);
        },
        prepare: () => Promise.resolve(),
      },
    );
    connection.onDidChange(({ state }) => state === 'connected' && this.#handler.watched([...panes]));
    return { connection, panes };
  }
}
