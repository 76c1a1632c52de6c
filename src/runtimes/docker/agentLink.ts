// The held connection to the tmux of one agent's container, and what it last said of the agent; asked again only after tmux reported a change.
import type { Disposable } from '../../base/disposable.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { waitFor } from '../../base/wait.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId } from '../../tmux/types.ts';
import { cannotStart, findAgentPane, readLaunchFailure, recordOfPane, stateOfPane } from '../agentPanes.ts';
import type { PaneView } from './containerState.ts';

/** Milliseconds that a listing waits for one container's tmux. */
const LOOK_TIMEOUT_MS = 3_000;

export class AgentLink implements Disposable {
  readonly containerId: string;
  readonly tmux: TmuxService;
  readonly #agentId: string;
  readonly #changed = new Emitter<void>();
  readonly #store = new DisposableStore();
  #view: PaneView | undefined;
  #paneId: PaneId | undefined;
  #looking: Promise<PaneView> | undefined;
  #stale = true;
  /** Set while somebody was told `unknown`: the answer that comes late is news. */
  #gaveUp = false;

  /** Takes ownership of the service. */
  constructor(containerId: string, agentId: string, tmux: TmuxService) {
    this.containerId = containerId;
    this.#agentId = agentId;
    this.tmux = this.#store.add(tmux);
    this.#store.add(tmux.onDidChangeTree(() => this.#reconsider()));
    this.#store.add(tmux.onDidChangeConnection(({ state }) => {
      if (state === 'disconnected') this.#lose();
    }));
    this.#store.add(this.#changed);
  }

  /** Fires when the agent's state or record is another than the last answer of `look`. */
  readonly onDidChange = this.#changed.event;

  get isConnected(): boolean {
    return this.tmux.connection.state === 'connected';
  }

  /** What tmux says of the agent; from memory while nothing changed. Never fails: what cannot be reached is `unknown`. */
  async look(timeoutMs = LOOK_TIMEOUT_MS): Promise<PaneView> {
    if (!this.#stale && this.#looking === undefined && this.#view !== undefined && this.isConnected) return this.#view;
    try {
      return await waitFor(this.#refresh(), { timeoutMs, what: 'tmux in the container' });
    } catch (error) {
      this.#gaveUp = true;
      return { found: 'unknown', reason: messageOf(error) };
    }
  }

  /** The agent's pane, looked up again where it was not seen yet. */
  async pane(): Promise<PaneId | undefined> {
    if (this.#paneId === undefined || this.#stale) await this.#refresh();
    return this.#paneId;
  }

  /** Makes the next look ask tmux, after a change that tmux tells nobody of. */
  forget(): void {
    this.#stale = true;
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** Makes the next look ask tmux, and tells of it if the answer differs. */
  #reconsider(): void {
    this.#stale = true;
    if (!this.#changed.hasListeners || this.#store.isDisposed) return;
    const before = JSON.stringify(this.#view);
    void this.look().then((view) => {
      if (!this.#store.isDisposed && JSON.stringify(view) !== before) this.#changed.fire();
    });
  }

  /** Tells of a lost connection once. It is not asked for again here: that would be a loop where connecting fails. */
  #lose(): void {
    this.#stale = true;
    if (this.#view === undefined) return;
    this.#view = undefined;
    this.#changed.fire();
  }

  async #refresh(): Promise<PaneView> {
    // A look under way may have asked before the change: the next one is queued behind it.
    if (this.#looking !== undefined) await this.#looking.catch(() => undefined);
    if (!this.#stale && this.#view !== undefined && this.isConnected) return this.#view;
    this.#looking ??= this.#ask().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #ask(): Promise<PaneView> {
    this.#stale = false;
    try {
      const pane = findAgentPane(await this.tmux.listPanes(), this.#agentId);
      const record = pane === undefined ? undefined : recordOfPane(pane);
      this.#paneId = pane?.id;
      if (pane === undefined || record === undefined) this.#view = { found: false };
      else this.#view = { found: true, record, state: stateOfPane(pane, cannotStart(pane) ? await readLaunchFailure(this.tmux, pane) : undefined) };
      if (this.#gaveUp) queueMicrotask(() => this.#changed.fire());
      this.#gaveUp = false;
      return this.#view;
    } catch (error) {
      this.#stale = true;
      this.#view = undefined;
      throw error;
    }
  }
}
