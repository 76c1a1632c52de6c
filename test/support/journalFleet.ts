// Shared agents for a test of the connection to a hub: real journals in a folder of their own, and beside them what a test says that they do.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentsError } from '../../src/base/errors.ts';
import { Emitter } from '../../src/base/event.ts';
import type { SessionRequest } from '../../src/protocol/hubWire/extension.ts';
import type { SharedSession } from '../../src/protocol/hubWire/sharedSession.ts';
import type { RunnerEvent } from '../../src/protocol/runnerEvent.ts';
import type { SharedFleet, TerminalSink, TerminalTap } from '../../src/runner/hubLink/ports.ts';
import { readJournal } from '../../src/sessions/journal/readJournal.ts';
import { SessionJournal } from '../../src/sessions/journal/sessionJournal.ts';

export class JournalFleet implements SharedFleet {
  readonly folder: string;
  readonly changes = new Emitter<SharedSession>();
  readonly gone = new Emitter<string>();
  readonly events = new Emitter<RunnerEvent>();
  readonly rows = new Map<string, SharedSession>();
  readonly requests: { readonly sessionId: string; readonly request: SessionRequest; readonly by: string }[] = [];
  readonly terminals = new Map<string, TestTerminal>();
  /** How often a journal was read. */
  reads = 0;
  answer: (sessionId: string, request: SessionRequest, by: string) => Promise<unknown> = () => Promise.resolve('done');
  readonly #journals = new Map<string, SessionJournal>();

  /** Journals that lie in `folder` already go on. */
  constructor(folder = mkdtempSync(join(tmpdir(), 'tmux-agents-fleet-'))) {
    this.folder = folder;
  }

  readonly onDidChange = this.changes.event;
  readonly onDidGo = this.gone.event;
  readonly onEvent = this.events.event;

  list(): readonly SharedSession[] {
    return [...this.rows.values()].map((row) => ({ ...row, last_seq: this.#journals.get(row.session_id)?.lastSeq ?? 0 }));
  }

  readEvents(sessionId: string, fromSeq: number): AsyncIterable<RunnerEvent> {
    this.reads++;
    return readJournal(join(this.folder, sessionId), fromSeq);
  }

  request(sessionId: string, request: SessionRequest, by: string): Promise<unknown> {
    this.requests.push({ sessionId, request, by });
    return this.answer(sessionId, request, by);
  }

  openTerminal(sessionId: string, show: TerminalSink): Promise<TerminalTap | undefined> {
    return Promise.resolve(this.terminals.get(sessionId)?.open(show));
  }

  /** A session with a journal, told. */
  async add(sessionId: string, more: Partial<SharedSession> = {}): Promise<SessionJournal> {
    const journal = await SessionJournal.open(join(this.folder, sessionId), { sessionId, orgId: 'org' });
    journal.onEvent((event) => this.events.fire(event));
    this.#journals.set(sessionId, journal);
    this.change(sessionId, more);
    return journal;
  }

  change(sessionId: string, more: Partial<SharedSession>): void {
    const row: SharedSession = {
      session_id: sessionId,
      name: sessionId,
      provider_id: 'claude_code',
      title: '',
      state: 'RUNNING',
      status: { state: 'working' },
      status_since: 1,
      asks: [],
      queued_prompts: 0,
      created_at: 1,
      terminal: true,
      ...this.rows.get(sessionId),
      ...more,
      last_seq: this.#journals.get(sessionId)?.lastSeq ?? 0,
    };
    this.rows.set(sessionId, row);
    this.changes.fire(row);
  }

  remove(sessionId: string): void {
    this.rows.delete(sessionId);
    this.gone.fire(sessionId);
  }

  journal(sessionId: string): SessionJournal {
    const journal = this.#journals.get(sessionId);
    if (journal === undefined) throw new AgentsError('not-found', `No session ${sessionId}`);
    return journal;
  }

  /** Writes so many chunks, `text` and a number each. */
  write(sessionId: string, count: number, text = 'line '): void {
    for (let at = 0; at < count; at++) this.journal(sessionId).append({ type: 'TERMINAL_CHUNK', data: `${text}${at}`, stream: 'stdout' });
  }

  async end(): Promise<void> {
    for (const journal of this.#journals.values()) await journal.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a test prints on it; keys and sizes are kept. */
export class TestTerminal {
  readonly keys: string[] = [];
  readonly sizes: string[] = [];
  readonly sized = new Emitter<void>();
  readonly onSize = this.sized.event;
  readonly typed = new Emitter<void>();
  readonly onKeys = this.typed.event;
  screen = '$ ';
  opened = 0;
  closed = 0;
  #show: TerminalSink | undefined;

  open(show: TerminalSink): TerminalTap {
    this.opened++;
    this.#show = show;
    show.data(this.screen, { reset: true, columns: 80, rows: 24 });
    return {
      write: (data) => {
        this.keys.push(data);
        this.typed.fire();
        return Promise.resolve();
      },
      resize: (columns, rows) => {
        this.sizes.push(`${columns}x${rows}`);
        this.sized.fire();
        return Promise.resolve();
      },
      dispose: () => {
        this.closed++;
        if (this.#show === show) this.#show = undefined;
      },
    };
  }

  print(data: string): void {
    this.screen = (this.screen + data).slice(-2000);
    this.#show?.data(data);
  }

  end(reason: string): void {
    this.#show?.ended(reason);
  }
}
