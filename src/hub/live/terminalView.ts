// One socket's view of one terminal: a whole screen or what it missed, then what is printed. A socket that does not read misses some, and gets a whole
// screen when it reads again; a runner that is away brings its terminal back with it.
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError } from '../../base/errors.ts';
import type { Outbox } from './outbox.ts';
import type { TerminalJoined, TerminalMessage, TerminalWriter } from './terminalMessages.ts';
import type { TerminalSource, WatchedSession } from './terminalSources.ts';

/** How often it is looked whether a socket reads again. */
const CLOGGED_MS = 250;

export interface TerminalViewParts {
  readonly session: WatchedSession;
  readonly key: string;
  readonly outbox: Outbox;
  /** The number that the client has, of an earlier time. */
  readonly after: number | undefined;
  /** Undefined while its runner is connected nowhere. */
  readonly source: () => Promise<TerminalSource | undefined>;
  /** It is over, by the terminal's end or a fault that was told. */
  readonly onEnd: () => void;
}

export class TerminalView implements Disposable {
  readonly #parts: TerminalViewParts;
  #source: TerminalSource | undefined;
  #state: 'attaching' | 'live' | 'clogged' | 'waiting' | 'over' = 'attaching';
  /** Messages that came before what it begins with. */
  #held: TerminalMessage[] = [];
  #seq = -1;
  /** Counts attempts: what an earlier one still says is not heard. */
  #attempt = 0;
  #clogged: NodeJS.Timeout | undefined;

  constructor(parts: TerminalViewParts) {
    this.#parts = parts;
    this.attach(parts.after);
  }

  get owner(): string | undefined {
    return this.#source?.owner;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Throws `invalid-transition` while it has none. */
  get source(): TerminalSource {
    if (this.#source === undefined) throw new AgentsError('invalid-transition', 'This terminal is not open yet.');
    return this.#source;
  }

  /** Begins, or begins again. */
  attach(after?: number): void {
    if (this.#state === 'over') return;
    clearTimeout(this.#clogged);
    this.#state = 'attaching';
    this.#held = [];
    const attempt = ++this.#attempt;
    this.#attach(attempt, after).catch((error: unknown) => {
      if (attempt !== this.#attempt || this.#state === 'over') return;
      const fault = asAgentsError(error);
      if (fault.reason === 'disconnected') this.lost();
      else this.#end(fault.message);
    });
  }

  /** Its runner, or the process that has it, is gone: it waits for the runner to come back. */
  lost(): void {
    if (this.#state === 'waiting' || this.#state === 'over') return;
    this.#letGo();
    this.#state = 'waiting';
    this.#parts.outbox.send({ type: 'error', session_id: this.#parts.session.id, message: 'Its runner is not connected now; the terminal comes back with it.' });
  }

  dispose(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#letGo();
  }

  async #attach(attempt: number, after: number | undefined): Promise<void> {
    const source = this.#source ?? (await this.#parts.source());
    if (attempt !== this.#attempt) return;
    if (source === undefined) return this.lost();
    const isNew = this.#source === undefined;
    this.#source = source;
    const joined = await source.join(after, isNew ? (message) => this.#hear(source, message) : () => undefined);
    if (attempt !== this.#attempt) return;
    this.#state = 'live';
    this.#begin(joined);
    for (const message of this.#held.splice(0)) if (this.#isLive()) this.#take(message);
  }

  /** A message may have ended that. */
  #isLive(): boolean {
    return this.#state === 'live';
  }

  #begin({ writer, screen, chunks = [] }: TerminalJoined): void {
    if (screen !== undefined) this.#show(screen);
    for (const chunk of chunks) this.#print(chunk);
    this.#tellWriter(writer);
    // Nothing new: the client goes on after the number that it has.
    if (screen === undefined && chunks.length === 0) this.#seq = this.#parts.after ?? this.#seq;
  }

  #hear(source: TerminalSource, message: TerminalMessage): void {
    if (source !== this.#source) return;
    if (this.#state === 'attaching') this.#held.push(message);
    else if (this.#state === 'live' || message.kind === 'ended' || message.kind === 'lost') this.#take(message);
  }

  #take(message: TerminalMessage): void {
    switch (message.kind) {
      case 'data':
        if (message.seq <= this.#seq) return;
        if (this.#parts.outbox.isClogged) return this.#skip();
        // Something was lost between the hub's processes.
        return message.seq > this.#seq + 1 ? this.attach() : this.#print(message);
      case 'reset':
        if (message.seq <= this.#seq) return;
        return this.#parts.outbox.isClogged ? this.#skip() : this.#show(message);
      case 'writer':
        return this.#tellWriter(message);
      case 'ended':
        return this.#end(message.reason);
      case 'lost':
        return this.lost();
    }
  }

  #print({ seq, data }: { readonly seq: number; readonly data: string }): void {
    this.#seq = seq;
    this.#parts.outbox.send({ type: 'terminal', session_id: this.#parts.session.id, seq, data });
  }

  #show({ seq, data, columns, rows }: { readonly seq: number; readonly data: string; readonly columns: number; readonly rows: number }): void {
    this.#seq = seq;
    this.#parts.outbox.send({ type: 'terminal', session_id: this.#parts.session.id, seq, data, snapshot: true, columns, rows });
  }

  #tellWriter({ key, name }: TerminalWriter): void {
    this.#parts.outbox.send({ type: 'terminal_writer', session_id: this.#parts.session.id, name, you: key === this.#parts.key });
  }

  /** What it does not read is left out, until it reads again. */
  #skip(): void {
    this.#state = 'clogged';
    this.#clogged = setTimeout(() => {
      if (this.#state !== 'clogged') return;
      if (this.#parts.outbox.isClogged) this.#skip();
      else this.attach();
    }, CLOGGED_MS);
  }

  #end(reason: string): void {
    if (this.#state === 'over') return;
    this.dispose();
    this.#parts.outbox.send({ type: 'terminal_ended', session_id: this.#parts.session.id, reason });
    this.#parts.onEnd();
  }

  #letGo(): void {
    clearTimeout(this.#clogged);
    this.#attempt++;
    this.#source?.dispose();
    this.#source = undefined;
    this.#held = [];
  }
}
