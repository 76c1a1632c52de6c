// Agents that somebody started by hand in a session of the user's own tmux server: found, followed and driven, never configured.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import type { AdoptedSession } from '../../protocol/adoptedSession.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId, SessionId, TmuxSession } from '../../tmux/types.ts';
import { currentOwner, newAgentId } from '../agentConfig.ts';
import { agentInfo } from '../agentPanes.ts';
import type { AgentHandle, AgentInfo } from '../types.ts';
import type { AdoptedStore } from './adoptedStore.ts';
import { isListening } from './tmuxSocket.ts';

export interface AdoptedSessionsOptions {
  readonly store: AdoptedStore;
  /** A service in guest mode on the user's own server, and that server's socket. */
  readonly tmux: TmuxService;
  readonly socketPath: string;
  readonly runtimeType: string;
  readonly log: Log;
}

export class AdoptedSessions implements Disposable {
  readonly #options: AdoptedSessionsOptions;
  readonly #changed = new Emitter<void>();

  constructor(options: AdoptedSessionsOptions) {
    this.#options = options;
  }

  /** Fires when the list or the state of an adopted session may have changed, while watched. */
  readonly onDidChange: Event<void> = this.#changed.event;

  get tmux(): TmuxService {
    return this.#options.tmux;
  }

  /** Sessions of the user's own server that are not adopted yet. */
  async listAdoptable(): Promise<TmuxSession[]> {
    const adopted = this.#options.store.read();
    return (await this.#sessions()).filter((session) => !adopted.some((record) => isSame(record, session)));
  }

  /** Takes a session over as an agent. Throws `not-found` when it is gone, `name-taken` when it is adopted already. */
  async adopt(sessionId: SessionId, about: { readonly name?: string; readonly aiProvider?: string; readonly runtimeId: string }): Promise<AgentInfo> {
    const session = (await this.#sessions()).find((candidate) => candidate.id === sessionId);
    if (!session) throw new AgentsError('not-found', 'That tmux session is gone.');
    if (this.#options.store.read().some((record) => isSame(record, session))) {
      throw new AgentsError('name-taken', `The tmux session "${session.name}" is adopted already.`);
    }
    const record: AdoptedSession = {
      v: 1,
      agentId: newAgentId(session.name),
      name: about.name ?? session.name,
      aiProvider: about.aiProvider ?? 'custom',
      taskTitle: '',
      workingDirectory: await this.#folderOf(session.id),
      sessionName: session.name,
      runtimeId: about.runtimeId,
      owner: currentOwner(),
      createdAt: new Date(session.created * 1_000).toISOString(),
      sessionId: session.id,
      sessionCreated: session.created,
    };
    this.#options.store.update((records) => [...records, record]);
    return this.#info(record, session);
  }

  /** Forgets that a session was adopted; the session goes on. */
  release(agentId: string): void {
    this.#options.store.update((records) => records.filter((record) => record.agentId !== agentId));
  }

  rename(agentId: string, name: string): void {
    this.#options.store.update((records) => records.map((record) => (record.agentId === agentId ? { ...record, name } : record)));
  }

  /** The adopted sessions that live. One that is positively gone is taken off the record. */
  async list(): Promise<AgentInfo[]> {
    const records = this.#options.store.read();
    if (records.length === 0) return [];
    const sessions = await this.#sessions();
    const live = records.flatMap((record) => {
      const session = sessions.find((candidate) => isSame(record, candidate));
      return session ? [this.#info(record, session)] : [];
    });
    if (live.length < records.length) this.#forgetGone(new Set(live.map((agent) => agent.agentId)), new Set(records.map((record) => record.agentId)));
    return live;
  }

  /** Where the file cannot be written the next look does it: they are not listed in any case. */
  #forgetGone(live: ReadonlySet<string>, looked: ReadonlySet<string>): void {
    try {
      this.#options.store.update((now) => now.filter((record) => live.has(record.agentId) || !looked.has(record.agentId)));
    } catch (error) {
      this.#options.log.warn(messageOf(error));
    }
  }

  /** The pane a person would see first in the session. */
  async paneOf(sessionId: SessionId): Promise<PaneId> {
    const [windows, panes] = await Promise.all([this.tmux.listWindows(sessionId), this.tmux.listPanes(sessionId)]);
    const window = windows.find((candidate) => candidate.active) ?? windows[0];
    const inWindow = panes.filter((pane) => pane.windowId === window?.id);
    const pane = inWindow.find((candidate) => candidate.active) ?? inWindow[0];
    if (!pane) throw new AgentsError('not-found', 'The adopted tmux session is gone.');
    return pane.id;
  }

  async kill(agentId: string, sessionId: SessionId): Promise<void> {
    const record = this.#options.store.read().find((candidate) => candidate.agentId === agentId);
    const session = (await this.#sessions()).find((candidate) => record !== undefined && isSame(record, candidate));
    if (session?.id === sessionId) await this.tmux.killSession(sessionId);
    this.release(agentId);
  }

  /** Follows the file, and the server while anything on it is adopted. */
  watch(): Disposable {
    const store = new DisposableStore();
    try {
      store.add(this.#options.store.watch(() => this.#changed.fire()));
    } catch (error) {
      // Adopting fails too then, and says so: only what other faces adopt is not heard of.
      this.#options.log.warn(messageOf(error));
    }
    store.add(this.tmux.onDidChangeTree(() => this.#changed.fire()));
    return store;
  }

  dispose(): void {
    this.#changed.dispose();
    this.tmux.dispose();
  }

  async #sessions(): Promise<TmuxSession[]> {
    return (await isListening(this.#options.socketPath)) ? this.tmux.listSessions() : [];
  }

  async #folderOf(sessionId: SessionId): Promise<string> {
    const pane = await this.paneOf(sessionId);
    return (await this.tmux.listPanes(sessionId)).find((candidate) => candidate.id === pane)?.path ?? '';
  }

  #info(record: AdoptedSession, session: TmuxSession): AgentInfo {
    const handle: AgentHandle = {
      runtimeType: this.#options.runtimeType,
      agentId: record.agentId,
      data: { adopted: true, sessionId: session.id, session: session.name },
    };
    return { ...agentInfo({ ...record, sessionName: session.name }, { status: 'running' }, handle), adopted: true };
  }
}

function isSame(record: AdoptedSession, session: TmuxSession): boolean {
  return record.sessionId === session.id && record.sessionCreated === session.created;
}
