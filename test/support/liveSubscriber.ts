// A watcher of the hub's live socket that comes back whenever it is cut off, asks for what follows the last number that it has, and keeps all.
import { WebSocket } from 'ws';
import { Emitter } from '../../src/base/event.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import { LiveFrame } from '../../src/protocol/hubWire/liveFrames.ts';
import type { RunnerEvent } from '../../src/protocol/runnerEvent.ts';

const RETRY_MS = 20;

export class LiveSubscriber {
  readonly #url: string;
  readonly #token: string;
  readonly #sessions: readonly string[];
  readonly #events = new Map<string, RunnerEvent[]>();
  readonly #came = new Emitter<string>();
  /** What it should not have seen: a number twice, or one left out. */
  readonly faults: string[] = [];
  /** How often it was connected. */
  connections = 0;
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #joined = new Set<string>();

  constructor(url: string, token: string, sessions: readonly string[]) {
    this.#url = `${url.replace(/^http/, 'ws')}/api/live`;
    this.#token = token;
    this.#sessions = sessions;
    this.#connect();
  }

  eventsOf(session: string): readonly RunnerEvent[] {
    return this.#events.get(session) ?? [];
  }

  /** Resolves once it has that session's events up to a number. */
  async has(session: string, seq: number, timeoutMs = 60_000): Promise<void> {
    const there = (): boolean => this.eventsOf(session).length >= seq;
    if (!there()) await waitForEvent(this.#came.event, there, { timeoutMs, what: `event ${seq} of ${session}, which has ${this.eventsOf(session).length}` });
  }

  dispose(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket?.terminate();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url, { headers: { authorization: `Bearer ${this.#token}` } });
    this.#socket = socket;
    socket.on('open', () => {
      this.connections++;
      this.#joined.clear();
      socket.send(JSON.stringify({ type: 'watch_fleet' }));
    });
    socket.on('message', (data: Buffer) => this.#hear(LiveFrame.parse(JSON.parse(data.toString()))));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#ended) this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
    });
  }

  /** As soon as the hub knows it. */
  #join(session_id: string): void {
    if (!this.#sessions.includes(session_id) || this.#joined.has(session_id)) return;
    this.#joined.add(session_id);
    this.#socket?.send(JSON.stringify({ type: 'join', session_id, after: this.eventsOf(session_id).length }));
  }

  #hear(frame: LiveFrame): void {
    if (frame.type === 'error') this.faults.push(frame.message);
    if (frame.type === 'fleet') for (const { id } of frame.agents) this.#join(id);
    if (frame.type === 'agent') this.#join(frame.agent.id);
    if (frame.type !== 'events') return;
    const events = this.#events.get(frame.session_id) ?? [];
    this.#events.set(frame.session_id, events);
    for (const event of frame.events) {
      if (event.seq !== events.length + 1) this.faults.push(`${frame.session_id}: ${event.seq} after ${events.length}`);
      events.push(event);
    }
    this.#came.fire(frame.session_id);
  }
}
