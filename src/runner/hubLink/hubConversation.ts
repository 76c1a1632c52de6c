// What is said over one socket: Sibyl's frames with every hub, and with one that says hello the extension's. It ends with its socket.
import { DisposableStore } from '../../base/disposable.ts';
import { unreachable } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { EXTENSION_VERSION, type HubExtensionFrame } from '../../protocol/hubWire/extension.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { HubFrame } from '../../protocol/hubWire/sibylFrames.ts';
import { EventStream } from './eventStream.ts';
import { heardFrame } from './hubFrames.ts';
import type { Wire } from './hubSocket.ts';
import type { KnownProjects } from './knownProjects.ts';
import type { LinkTimers } from './linkTimers.ts';
import type { SharedFleet, TaskPort } from './ports.ts';
import type { Conversation } from './reconnection.ts';
import { RequestDesk } from './requestDesk.ts';
import { ResultStream } from './resultStream.ts';
import { RowStream } from './rowStream.ts';
import { helloRows } from './sharedRows.ts';
import { TaskDesk } from './taskDesk.ts';
import { TerminalDesk } from './terminalDesk.ts';

export interface ConversationParts {
  readonly wire: Wire;
  readonly fleet: SharedFleet;
  readonly tasks: TaskPort | undefined;
  readonly projects: KnownProjects;
  readonly client: string;
  readonly instance: string;
  readonly timers: LinkTimers;
  /** The hub speaks the extension. */
  readonly onHello: () => void;
  readonly log: Log;
}

/** Unacknowledged events of all sessions together. */
const WINDOW = { count: 2_000, bytes: 2 * 1024 * 1024 } as const;
/** Frames that were not understood, of which the log hears one by one. */
const MOST_BAD = 20;

export class HubConversation implements Conversation {
  readonly #parts: ConversationParts;
  readonly #owned = new DisposableStore();
  readonly #events: EventStream;
  readonly #rows: RowStream;
  readonly #requests: RequestDesk;
  readonly #terminals: TerminalDesk;
  readonly #tasks: TaskDesk;
  readonly #results: ResultStream | undefined;
  /** What the hello said; events of others are sent once their row is. Undefined before the hub's hello. */
  #told: Set<string> | undefined;
  /** Rows for which the hello had no room. */
  #rest: readonly SharedSession[] = [];
  #resumed = false;
  #bad = 0;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    const { wire, fleet, tasks, projects, timers, log } = parts;
    wire.signal.addEventListener('abort', () => this.#owned.dispose(), { once: true });
    this.#events = new EventStream({ wire, fleet, window: WINDOW, gatherMs: timers.gatherMs, log });
    this.#rows = new RowStream({ wire, gatherMs: timers.rowsMs, onSent: (session) => this.#rowSent(session) });
    this.#requests = new RequestDesk({ wire, fleet, deadlineMs: timers.requestMs, log });
    this.#terminals = new TerminalDesk({ wire, fleet, gatherMs: timers.gatherMs, log });
    this.#tasks = new TaskDesk({ wire, tasks, projects, agentCount: () => fleet.list().filter(({ ended_at: endedAt }) => endedAt === undefined).length, log });
    this.#results = tasks === undefined ? undefined : new ResultStream(wire, tasks);
    this.#owned.add(fleet.onDidChange((session) => this.#changed(session)));
    this.#owned.add(fleet.onDidGo((sessionId) => this.#gone(sessionId)));
    this.#owned.add(fleet.onEvent((event) => this.#told !== undefined && this.#events.take(event)));
  }

  /** The socket is open. */
  open(): void {
    this.#tasks.begin();
  }

  /** It was not refused. */
  proven(): void {
    this.#results?.begin();
  }

  hear(text: string): void {
    const heard = heardFrame(text);
    if (heard.kind === 'base') return this.#base(heard.frame);
    if (heard.kind === 'extension') return this.#extension(heard.frame);
    this.bad(heard.fault);
    if (heard.answer !== undefined) this.#parts.wire.send(heard.answer);
  }

  /** A frame of the hub was passed over. */
  bad(fault: string): void {
    if (this.#bad++ < MOST_BAD) this.#parts.log.warn(`A frame of the hub was passed over: it ${fault}.`);
  }

  #base(frame: HubFrame): void {
    const { wire, log } = this.#parts;
    switch (frame.type) {
      case 'heartbeat':
        wire.send({ type: 'heartbeat_ack' });
        return this.#results?.heartbeat();
      case 'task_assign':
        return this.#tasks.assign(frame);
      case 'task_cancel':
        return this.#tasks.cancel(frame.task_id);
      case 'project_registered':
        return log.debug('The hub knows of a project.');
      case 'error':
        return log.warn(`The hub complains: ${frame.message.slice(0, 500)}`);
      default:
        return unreachable(frame);
    }
  }

  #extension(frame: HubExtensionFrame): void {
    if (frame.type === 'hello') return this.#hello();
    if (this.#told === undefined) return this.bad(`is of the extension (${frame.type}) and came before its hello`);
    switch (frame.type) {
      case 'resume':
        return this.#resume(frame.sessions);
      case 'events_ack':
        return this.#events.acked(frame.session_id, frame.seq);
      case 'result_ack':
        return this.#results?.acked(frame.task_id);
      case 'request':
        return this.#requests.take(frame);
      case 'terminal_open':
      case 'terminal_close':
      case 'terminal_input':
      case 'terminal_resize':
        return this.#terminals.take(frame);
      default:
        return unreachable(frame);
    }
  }

  #hello(): void {
    if (this.#told !== undefined) return this.bad('is a second hello');
    const { wire, fleet, tasks, client, instance, onHello } = this.#parts;
    const { rows, rest } = helloRows(fleet.list());
    this.#told = new Set(rows.map(({ session_id: sessionId }) => sessionId));
    this.#rest = rest;
    this.#results?.expectAcks();
    wire.send({ type: 'hello', protocol: EXTENSION_VERSION, client: client.slice(0, 100), instance: instance.slice(0, 100), sessions: [...rows], tasks: unfinished(tasks) });
    onHello();
  }

  #resume(sessions: readonly { readonly session_id: string; readonly after_seq: number }[]): void {
    const known = new Map(this.#parts.fleet.list().map((session) => [session.session_id, session.last_seq]));
    for (const { session_id: sessionId, after_seq: after } of sessions) {
      const lastSeq = known.get(sessionId);
      if (lastSeq !== undefined) this.#events.resume(sessionId, after, lastSeq);
    }
    if (this.#resumed) return;
    this.#resumed = true;
    for (const session of this.#rest) this.#rows.changed(session);
    this.#rest = [];
    this.#rows.begin();
  }

  #rowSent({ session_id: sessionId, last_seq: lastSeq }: SharedSession): void {
    if (this.#told?.has(sessionId) === true || this.#events.has(sessionId)) return;
    this.#events.resume(sessionId, 0, lastSeq);
  }

  #changed(session: SharedSession): void {
    this.#tasks.sessionsChanged();
    if (this.#told !== undefined) this.#rows.changed(session);
  }

  #gone(sessionId: string): void {
    this.#tasks.sessionsChanged();
    if (this.#told === undefined) return;
    this.#told.delete(sessionId);
    this.#events.forget(sessionId);
    this.#rows.gone(sessionId);
  }
}

/** What the hub has not heard the end of: tasks that run, and those whose results wait for it. */
function unfinished(tasks: TaskPort | undefined): string[] {
  return tasks === undefined ? [] : [...new Set([...tasks.open(), ...tasks.results().map(({ taskId }) => taskId)])].slice(0, 10_000);
}
