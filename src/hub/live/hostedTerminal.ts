// A terminal that is watched, at the process that has its runner's socket: a numbered ring of what it printed, its screen, and who writes.
import { AgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { TerminalFrame } from '../parts.ts';
import type { TerminalJoined, TerminalMessage, TerminalWriter } from './terminalMessages.ts';
import { TerminalScreen } from './terminalScreen.ts';

/** Characters. */
const RING = 256 * 1024;
/** Milliseconds until the runner shows the screen; less than it takes itself to give up. */
const OPEN_MS = 15_000;
/** Where a runner tells no size. */
const SIZE = { columns: 80, rows: 24 } as const;

export interface HostedTerminalParts {
  /** Asks the runner for the whole screen. */
  readonly open: () => void;
  readonly tell: (message: TerminalMessage) => void;
}

export class HostedTerminal {
  readonly #parts: HostedTerminalParts;
  readonly #ring: { readonly seq: number; readonly data: string }[] = [];
  #ringSize = 0;
  // Numbers of an earlier life are all lower: nobody goes on after one of those.
  #seq = Date.now() * 1000;
  /** Joins that wait for the first screen. */
  readonly #opened: Promise<void>;
  #settle: { readonly open: () => void; readonly close: (error: AgentsError) => void } | undefined;
  #isOpened = false;
  #screen: Promise<TerminalScreen> | undefined;
  #writer: TerminalWriter = { key: null, name: null };
  #size: { readonly columns: number; readonly rows: number } = SIZE;

  constructor(parts: HostedTerminalParts) {
    this.#parts = parts;
    this.#opened = new Promise((open, close) => (this.#settle = { open, close }));
    this.#opened.catch(() => undefined);
  }

  get writer(): TerminalWriter {
    return this.#writer;
  }

  /** What follows `after`, where the ring has it; else the whole screen. Throws `timeout`, `disconnected`. */
  async join(after: number | undefined): Promise<TerminalJoined> {
    await waitFor(this.#opened, { timeoutMs: OPEN_MS, what: 'the runner to show the terminal' });
    const chunks = after === undefined ? undefined : this.#since(after);
    if (chunks !== undefined) return { writer: this.#writer, chunks };
    // Taken in one turn: what is printed from here on has a higher number, and is drawn after the snapshot.
    const seq = this.#seq;
    const shown = await this.#screen?.then((screen) => screen.snapshot());
    if (shown === undefined) throw new AgentsError('disconnected', 'The terminal is closed.');
    return { writer: this.#writer, screen: { seq, ...shown } };
  }

  take(frame: TerminalFrame): void {
    if (frame.type === 'terminal_ended') {
      this.#parts.tell({ kind: 'ended', reason: frame.reason ?? 'The terminal ended.' });
      return;
    }
    if (frame.reset === true) this.#reset(frame);
    else if (this.#isOpened) this.#print(frame.data);
  }

  /** Asks for the whole screen again: the runner is back, or its size has changed. */
  reopen(): void {
    this.#parts.open();
  }

  setWriter(writer: TerminalWriter): void {
    this.#writer = writer;
    this.#parts.tell({ kind: 'writer', ...writer });
  }

  dispose(): void {
    this.#settle?.close(new AgentsError('disconnected', 'The terminal was closed.'));
  }

  #reset({ data, columns = this.#size.columns, rows = this.#size.rows }: Extract<TerminalFrame, { type: 'terminal' }>): void {
    this.#size = { columns, rows };
    this.#seq++;
    this.#ring.length = 0;
    this.#ringSize = 0;
    this.#screen = TerminalScreen.open(columns, rows);
    this.#draw(data);
    this.#parts.tell({ kind: 'reset', seq: this.#seq, data, columns, rows });
    if (this.#isOpened) return;
    this.#isOpened = true;
    this.#settle?.open();
  }

  #print(data: string): void {
    const seq = ++this.#seq;
    this.#ring.push({ seq, data });
    this.#ringSize += data.length;
    while (this.#ringSize > RING && this.#ring.length > 1) this.#ringSize -= this.#ring.shift()?.data.length ?? 0;
    this.#draw(data);
    this.#parts.tell({ kind: 'data', seq, data });
  }

  #draw(data: string): void {
    void this.#screen?.then((screen) => screen.write(data));
  }

  /** Undefined where the ring no longer, or not yet, has what follows that number. */
  #since(after: number): { readonly seq: number; readonly data: string }[] | undefined {
    const first = this.#ring[0]?.seq ?? this.#seq + 1;
    return after >= first - 1 && after <= this.#seq ? this.#ring.filter(({ seq }) => seq > after) : undefined;
  }
}
