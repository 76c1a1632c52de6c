// The watched terminals whose runners are connected to this process; the hub's other processes reach them over the bus.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { Hub } from '../parts.ts';
import { HostedTerminal } from './hostedTerminal.ts';
import { CALL, TerminalCall, TOPIC, type TerminalJoined, type TerminalMessage } from './terminalMessages.ts';

/** Milliseconds that a terminal stays open without a watcher. */
const LINGER_MS = 5000;

interface Hosted {
  readonly id: string;
  readonly runnerId: string;
  readonly sessionId: string;
  readonly terminal: HostedTerminal;
  /** By their keys. */
  readonly watchers: Set<string>;
  readonly messages: Emitter<TerminalMessage>;
  lingering: NodeJS.Timeout | undefined;
}

export class TerminalHost implements Disposable {
  readonly #hub: Hub;
  readonly #lingerMs: number;
  readonly #hosted = new Map<string, Hosted>();
  readonly #things = new DisposableStore();

  constructor(hub: Hub, lingerMs = LINGER_MS) {
    this.#hub = hub;
    this.#lingerMs = lingerMs;
    const { bus, sessions } = hub;
    this.#things.add(sessions.onTerminal(({ id, frame }) => this.#hosted.get(id)?.terminal.take(frame)));
    this.#things.add(
      sessions.onConnection(({ runner, connected }) => {
        for (const hosted of this.#hosted.values()) {
          if (hosted.runnerId !== runner.id) continue;
          if (connected) hosted.terminal.reopen();
          else this.#end(hosted, { kind: 'lost' });
        }
      }),
    );
    this.#things.add(bus.serve(CALL, (params) => this.#answer(params)));
    this.#things.add(
      bus.onDidLose((process) => {
        for (const hosted of this.#hosted.values()) for (const key of hosted.watchers) if (key.startsWith(`${process}/`)) this.leave(hosted.id, key);
      }),
    );
  }

  /** Opens it at its runner where it is not. Throws `timeout`, `disconnected`. */
  async join(session: { readonly id: string; readonly runnerId: string; readonly sessionId: string }, key: string, after: number | undefined): Promise<TerminalJoined> {
    const hosted = this.#hosted.get(session.id) ?? this.#open(session);
    clearTimeout(hosted.lingering);
    hosted.watchers.add(key);
    try {
      return await hosted.terminal.join(after);
    } catch (error) {
      this.leave(session.id, key);
      throw error;
    }
  }

  /** What a terminal says, to a watcher at this process. It is there from `join` on. */
  messagesOf(id: string): Event<TerminalMessage> | undefined {
    return this.#hosted.get(id)?.messages.event;
  }

  leave(id: string, key: string): void {
    const hosted = this.#hosted.get(id);
    if (hosted?.watchers.delete(key) !== true) return;
    if (hosted.terminal.writer.key === key) hosted.terminal.setWriter({ key: null, name: null });
    if (hosted.watchers.size > 0) return;
    hosted.lingering = setTimeout(() => {
      this.#remove(hosted);
      this.#hub.runners.terminal(hosted.runnerId, { type: 'terminal_close', session_id: hosted.sessionId });
    }, this.#lingerMs);
  }

  /** Makes a watcher the one that writes. Whether it may is checked before. Returns who was it. */
  take(id: string, key: string, name: string): string | null {
    const { terminal } = this.#watched(id, key);
    const before = terminal.writer;
    terminal.setWriter({ key, name });
    return before.key === key ? null : before.name;
  }

  /** Throws `policy-denied` where another writes. */
  write(id: string, key: string, data: string): void {
    const { terminal, runnerId, sessionId } = this.#writing(id, key);
    this.#hub.runners.terminal(runnerId, { type: 'terminal_input', session_id: sessionId, data, by: terminal.writer.name ?? '' });
  }

  /** As `write`. The runner shows the screen again, in the size that it has then. */
  resize(id: string, key: string, columns: number, rows: number): void {
    const { terminal, runnerId, sessionId } = this.#writing(id, key);
    this.#hub.runners.terminal(runnerId, { type: 'terminal_resize', session_id: sessionId, columns, rows });
    terminal.reopen();
  }

  dispose(): void {
    this.#things.dispose();
    for (const hosted of [...this.#hosted.values()]) this.#remove(hosted);
  }

  #open({ id, runnerId, sessionId }: { readonly id: string; readonly runnerId: string; readonly sessionId: string }): Hosted {
    const messages = new Emitter<TerminalMessage>();
    const open = (): void => this.#hub.runners.terminal(runnerId, { type: 'terminal_open', session_id: sessionId });
    const terminal = new HostedTerminal({ open, tell: (message) => (message.kind === 'ended' ? this.#end(hosted, message) : this.#tell(hosted, message)) });
    const hosted: Hosted = { id, runnerId, sessionId, terminal, watchers: new Set(), messages, lingering: undefined };
    this.#hosted.set(id, hosted);
    open();
    return hosted;
  }

  #tell({ id, messages, watchers }: Hosted, message: TerminalMessage): void {
    messages.fire(message);
    const { bus } = this.#hub;
    for (const key of watchers) {
      if (key.startsWith(`${bus.processId}/`)) continue;
      bus.publish(`${TOPIC}${id}`, message);
      return;
    }
  }

  #end(hosted: Hosted, message: TerminalMessage): void {
    this.#tell(hosted, message);
    this.#remove(hosted);
  }

  #remove(hosted: Hosted): void {
    clearTimeout(hosted.lingering);
    if (this.#hosted.get(hosted.id) === hosted) this.#hosted.delete(hosted.id);
    hosted.terminal.dispose();
    hosted.messages.dispose();
  }

  #watched(id: string, key: string): Hosted {
    const hosted = this.#hosted.get(id);
    if (hosted?.watchers.has(key) !== true) throw new AgentsError('invalid-transition', 'This terminal is not watched here.', { hint: 'Join it first.' });
    return hosted;
  }

  #writing(id: string, key: string): Hosted {
    const hosted = this.#watched(id, key);
    const { writer } = hosted.terminal;
    if (writer.key !== key) throw new AgentsError('policy-denied', writer.name === null ? 'Nobody writes in this terminal yet: take it first.' : `${writer.name} writes in this terminal: take it over first.`);
    return hosted;
  }

  async #answer(params: unknown): Promise<unknown> {
    const call = TerminalCall.parse(params);
    switch (call.what) {
      case 'join': {
        const agent = await this.#hub.sessions.find(call.id);
        if (agent === undefined) throw new AgentsError('not-found', 'There is no such agent.');
        return await this.join({ id: call.id, runnerId: agent.runner_id, sessionId: agent.session_id }, call.key, call.after);
      }
      case 'leave':
        return this.leave(call.id, call.key);
      case 'take':
        return this.take(call.id, call.key, call.name);
      case 'write':
        return this.write(call.id, call.key, call.data);
      case 'resize':
        return this.resize(call.id, call.key, call.columns, call.rows);
    }
  }
}
