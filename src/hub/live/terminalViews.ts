// All sockets' views of terminals at this process: who watches which, and what reaches a terminal from them.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import type { Hub, Principal } from '../parts.ts';
import type { Outbox } from './outbox.ts';
import type { TerminalHost } from './terminalHost.ts';
import { keyOf } from './terminalMessages.ts';
import { terminalSource, type WatchedSession } from './terminalSources.ts';
import { TerminalView } from './terminalView.ts';

export class TerminalViews implements Disposable {
  readonly #hub: Hub;
  readonly #host: TerminalHost;
  readonly #views = new Map<object, Map<string, TerminalView>>();
  readonly #things = new DisposableStore();
  #sockets = 0;

  constructor(hub: Hub, host: TerminalHost) {
    this.#hub = hub;
    this.#host = host;
    this.#things.add(
      hub.sessions.onDidChange((change) => {
        if (!('agent' in change) || !change.agent.connected) return;
        for (const view of this.#all(change.agent.id)) if (view.isWaiting) view.attach();
      }),
    );
    this.#things.add(
      hub.bus.onDidLose((process) => {
        for (const view of this.#all()) if (view.owner === process) view.lost();
      }),
    );
    this.#things.add(
      hub.bus.onDidMiss(() => {
        for (const view of this.#all()) if (view.owner !== undefined && view.owner !== hub.bus.processId) view.attach();
      }),
    );
  }

  /** `socket` may watch each session once. `onEnd` is called when the terminal ends, or cannot be opened; the client is told. */
  open(socket: object, { outbox, after, onEnd, ...session }: WatchedSession & { readonly outbox: Outbox; readonly after: number | undefined; readonly onEnd: () => void }): Disposable {
    const key = keyOf(this.#hub.bus.processId, ++this.#sockets);
    const views = this.#views.get(socket) ?? new Map<string, TerminalView>();
    this.#views.set(socket, views);
    const view = new TerminalView({ session, key, outbox, after, onEnd, source: () => terminalSource(this.#hub, this.#host, session, key) });
    views.set(session.id, view);
    return toDisposable(() => {
      view.dispose();
      if (views.get(session.id) === view) views.delete(session.id);
      if (views.size === 0) this.#views.delete(socket);
    });
  }

  /** Throws `policy-denied` for who may not act on it. */
  async take(socket: object, id: string, by: Principal): Promise<void> {
    const { source } = this.#view(socket, id);
    if (!(await this.#hub.sessions.mayAct(by, id))) throw new AgentsError('policy-denied', 'Only the owner of this agent, the owner of its runner and administrators may write in its terminal.');
    const before = await source.take(by.name);
    this.#hub.audit.note({ by, orgId: by.orgId, action: 'terminal.take', target: id, ...(before === null ? {} : { detail: { from: before } }) });
  }

  async write(socket: object, id: string, data: string): Promise<void> {
    await this.#view(socket, id).source.write(data);
  }

  async resize(socket: object, id: string, columns: number, rows: number): Promise<void> {
    await this.#view(socket, id).source.resize(columns, rows);
  }

  dispose(): void {
    this.#things.dispose();
    for (const view of this.#all()) view.dispose();
    this.#views.clear();
  }

  *#all(id?: string): Generator<TerminalView> {
    for (const views of this.#views.values()) for (const [watched, view] of views) if (id === undefined || id === watched) yield view;
  }

  #view(socket: object, id: string): TerminalView {
    const view = this.#views.get(socket)?.get(id);
    if (view === undefined) throw new AgentsError('invalid-transition', 'This terminal is not watched by this socket.', { hint: 'Join it first.' });
    return view;
  }
}
