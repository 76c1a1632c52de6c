// A runner over the real socket whose agents do what the test says: it shares sessions, tells their events, answers requests, shows terminals.
import { Emitter } from '../../src/base/event.ts';
import { EXTENSION_HEADER, EXTENSION_VERSION, HubExtensionFrame, type SessionRequest } from '../../src/protocol/hubWire/extension.ts';
import { SharedSession, type SharedAsk } from '../../src/protocol/hubWire/sharedSession.ts';
import type { RunnerEvent, RunnerEventBody } from '../../src/protocol/runnerEvent.ts';
import { sibylClient, type SibylClient } from './sibylClient.ts';

export interface ScriptedRunnerOptions {
  readonly url: string;
  /** A user's bearer token: the runner is theirs. */
  readonly userToken: string;
  readonly name: string;
  readonly hostname?: string;
  readonly capabilities?: readonly string[];
  readonly maxAgents?: number;
  /** What it shares from the first. */
  readonly sessions?: Readonly<Record<string, Partial<Omit<SharedSession, 'session_id'>>>>;
}

export interface Asked {
  readonly sessionId: string;
  readonly request: SessionRequest;
  readonly by: string;
}

interface Scripted {
  shared: SharedSession;
  readonly events: RunnerEvent[];
  screen: string;
  columns: number;
  rows: number;
}

export class ScriptedRunner {
  readonly id: string;
  readonly name: string;
  /** All that was asked of it, in order. */
  readonly asked: Asked[] = [];
  readonly onAsked = new Emitter<Asked>();
  /** What was typed into each session's terminal. */
  readonly typed = new Map<string, string>();
  readonly onTyped = new Emitter<string>();
  readonly tasks: string[] = [];
  /** What a request is answered with; one that throws is refused with its words. */
  answer: (asked: Asked) => unknown = () => null;
  readonly #url: string;
  readonly #token: string;
  readonly #sessions = new Map<string, Scripted>();
  readonly #watched = new Set<string>();
  #client: SibylClient | undefined;

  private constructor(url: string, id: string, name: string, token: string) {
    this.#url = url;
    this.id = id;
    this.name = name;
    this.#token = token;
  }

  /** Registers and connects it. */
  static async start({ url, userToken, name, hostname = 'here', capabilities = [], maxAgents = 3, sessions = {} }: ScriptedRunnerOptions): Promise<ScriptedRunner> {
    const answer = await fetch(`${url}/api/runners/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${userToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name, hostname, capabilities, max_concurrent_agents: maxAgents, client_version: '0.1.0' }),
    });
    if (!answer.ok) throw new Error(`The runner was not registered: ${await answer.text()}`);
    const { id, token } = (await answer.json()) as { readonly id: string; readonly token: string };
    const runner = new ScriptedRunner(url, id, name, token);
    for (const [sessionId, about] of Object.entries(sessions)) runner.share(sessionId, about);
    await runner.connect();
    return runner;
  }

  /** Connects, or connects again: the hub is told all sessions, and gets the events that it has not. */
  async connect(): Promise<void> {
    const client = await sibylClient(this.#url, this.id, this.#token, { headers: { [EXTENSION_HEADER]: String(EXTENSION_VERSION) } });
    this.#client = client;
    this.#watched.clear();
    client.socket.on('message', (data: Buffer) => this.#hear(data.toString()));
    await client.hear('hello');
    client.say({ type: 'hello', protocol: EXTENSION_VERSION, client: 'tmux-agents/0.1.0', instance: `${this.id}-${process.pid}`, sessions: [...this.#sessions.values()].map(({ shared }) => shared), tasks: [] });
    client.say({ type: 'status', status: 'online', agent_count: this.#living() });
    await client.hear('resume');
  }

  /** As the end of its process. */
  drop(): void {
    this.#client?.drop();
  }

  /** Shares a session, or what has changed of one. */
  share(sessionId: string, changes: Partial<Omit<SharedSession, 'session_id'>> = {}): void {
    const now = Date.now();
    const before = this.#sessions.get(sessionId);
    const shared = SharedSession.parse({
      ...(before?.shared ?? { name: sessionId, provider_id: 'claude', title: '', state: 'RUNNING', status: { state: 'working' }, status_since: now, created_at: now, last_seq: 0, terminal: true }),
      ...changes,
      session_id: sessionId,
    });
    this.#sessions.set(sessionId, before === undefined ? { shared, events: [], screen: '', columns: 80, rows: 24 } : Object.assign(before, { shared }));
    this.#client?.say({ type: 'session', session: shared });
    if (before === undefined || before.shared.state !== shared.state) this.#client?.say({ type: 'status', status: 'online', agent_count: this.#living() });
  }

  /** It waits for a person: for this alone. */
  asks(sessionId: string, ask: Partial<SharedAsk> & { readonly text: string }): void {
    const whole = { id: `${sessionId}-ask`, kind: 'permission' as const, since: Date.now(), answerable: true, ...ask };
    this.share(sessionId, { state: 'WAITING_FOR_APPROVAL', status: { state: 'waiting', kind: whole.kind, text: whole.text }, status_since: whole.since, asks: [whole] });
  }

  goneSession(sessionId: string): void {
    this.#sessions.delete(sessionId);
    this.#client?.say({ type: 'session_gone', session_id: sessionId });
  }

  /** Numbers what happened, and tells it. `ts` is Unix ms. */
  tell(sessionId: string, bodies: readonly (RunnerEventBody & { readonly ts?: number })[]): void {
    const session = this.#session(sessionId);
    const from = session.events.length;
    for (const body of bodies) session.events.push({ ts: Date.now(), ...body, sessionId, orgId: 'local', seq: session.events.length + 1 });
    session.shared = { ...session.shared, last_seq: session.events.length };
    this.#send(session, from);
  }

  /** Prints into its terminal. */
  print(sessionId: string, data: string): void {
    this.#session(sessionId).screen += data;
    if (this.#watched.has(sessionId)) this.#client?.say({ type: 'terminal', session_id: sessionId, data });
  }

  /** How large the terminal is now. */
  sizeOf(sessionId: string): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#session(sessionId);
    return { columns, rows };
  }

  #hear(text: string): void {
    const parsed = HubExtensionFrame.safeParse(JSON.parse(text));
    if (!parsed.success) {
      const frame = JSON.parse(text) as { readonly type: string; readonly task_id?: string };
      if (frame.type === 'task_assign' && frame.task_id !== undefined) {
        this.tasks.push(frame.task_id);
        this.#client?.say({ type: 'task_ack', task_id: frame.task_id });
      }
      return;
    }
    const frame = parsed.data;
    switch (frame.type) {
      case 'resume':
        for (const { session_id: id, after_seq: after } of frame.sessions) {
          const session = this.#sessions.get(id);
          if (session !== undefined) this.#send(session, after);
        }
        return;
      case 'request':
        return this.#answer(frame.id, { sessionId: frame.session_id, request: frame.request, by: frame.by });
      case 'terminal_open':
        if (!this.#sessions.has(frame.session_id)) return this.#client?.say({ type: 'terminal_ended', session_id: frame.session_id, reason: 'It is gone.' });
        this.#watched.add(frame.session_id);
        return this.#show(frame.session_id);
      case 'terminal_close':
        this.#watched.delete(frame.session_id);
        return;
      case 'terminal_input':
        this.typed.set(frame.session_id, (this.typed.get(frame.session_id) ?? '') + frame.data);
        this.onTyped.fire(frame.session_id);
        // As a shell echoes.
        return this.print(frame.session_id, frame.data.replaceAll('\r', '\r\n$ '));
      case 'terminal_resize':
        if (!this.#sessions.has(frame.session_id)) return;
        Object.assign(this.#session(frame.session_id), { columns: frame.columns, rows: frame.rows });
        return this.#show(frame.session_id);
      case 'hello':
      case 'events_ack':
      case 'result_ack':
        return;
    }
  }

  #answer(id: string, asked: Asked): void {
    this.asked.push(asked);
    try {
      this.#client?.say({ type: 'response', id, ok: true, result: this.answer(asked) });
    } catch (error) {
      this.#client?.say({ type: 'response_error', id, error: { reason: 'unsupported', message: error instanceof Error ? error.message : String(error) } });
    }
    this.onAsked.fire(asked);
  }

  #show(sessionId: string): void {
    const { screen, columns, rows } = this.#session(sessionId);
    this.#client?.say({ type: 'terminal', session_id: sessionId, data: screen, reset: true, columns, rows });
  }

  #send(session: Scripted, after: number): void {
    for (let from = after; from < session.events.length; from += 500) this.#client?.say({ type: 'events', session_id: session.shared.session_id, events: session.events.slice(from, from + 500) });
  }

  #session(id: string): Scripted {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Error(`${this.name} has no session ${id}.`);
    return session;
  }

  #living(): number {
    return [...this.#sessions.values()].filter(({ shared }) => shared.state !== 'COMPLETED' && shared.state !== 'FAILED').length;
  }
}
