// The terminals that a hub watches: each opened once, its bytes dropped while the network is behind, its screen drawn anew after that. They never
// stand before events or results.
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import type { HubExtensionFrame } from '../../protocol/hubWire/extension.ts';
import type { Wire } from './hubSocket.ts';
import type { SharedFleet, TerminalTap } from './ports.ts';
import { WatchedTerminal } from './watchedTerminal.ts';

type TerminalFrame = Extract<HubExtensionFrame, { readonly type: `terminal_${string}` }>;

export interface TerminalDeskParts {
  readonly wire: Wire;
  readonly fleet: Pick<SharedFleet, 'openTerminal'>;
  readonly gatherMs: number;
  readonly log: Log;
}

const MOST_OPEN = 64;
/** Characters of keys that may wait for a terminal to take them. */
const MOST_INPUT = 1_000_000;
const OPEN_MS = 20_000;
const INPUT_MS = 10_000;

/** One that is open or about to be. */
class OpenTerminal implements Disposable {
  readonly #parts: TerminalDeskParts;
  readonly #sessionId: string;
  readonly #gone: () => void;
  readonly #end = new AbortController();
  readonly #shown: WatchedTerminal;
  #tap: TerminalTap | undefined;
  /** Opening, keys and sizes, one after the other. */
  #turns: Promise<void>;
  #inputWaiting = 0;
  /** What waits for its turn already is not asked for twice; of sizes the last counts. */
  #opensSoon = false;
  #size: { readonly columns: number; readonly rows: number } | undefined;
  /** Counts the openings: what an earlier one still says is not heard. */
  #opening = 0;

  constructor(parts: TerminalDeskParts, sessionId: string, gone: () => void) {
    this.#parts = parts;
    this.#sessionId = sessionId;
    this.#gone = gone;
    this.#shown = new WatchedTerminal({ ...parts, sessionId, redraw: () => this.open() });
    this.#turns = this.#open();
  }

  /** Draws the whole screen, by opening it (again). */
  open(): void {
    if (this.#opensSoon) return;
    this.#opensSoon = true;
    this.#turns = this.#turns.then(() => {
      this.#opensSoon = false;
      return this.#open();
    });
  }

  write(data: string): void {
    if (this.#inputWaiting + data.length > MOST_INPUT) return this.#parts.log.warn(`${this.#sessionId}: keys from the hub were dropped: its terminal does not take them.`);
    this.#inputWaiting += data.length;
    this.#inTurn('keys', async (tap) => tap?.write(data), () => (this.#inputWaiting -= data.length));
  }

  resize(columns: number, rows: number): void {
    const isAsked = this.#size !== undefined;
    this.#size = { columns, rows };
    if (isAsked) return;
    this.#inTurn('a size', async (tap) => {
      const size = this.#size;
      this.#size = undefined;
      if (size !== undefined) await tap?.resize(size.columns, size.rows);
    });
  }

  dispose(): void {
    this.#end.abort();
    this.#opening++;
    this.#shown.dispose();
    this.#tap?.dispose();
    this.#tap = undefined;
  }

  async #open(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#tap?.dispose();
    this.#tap = undefined;
    const opening = ++this.#opening;
    const isCurrent = (): boolean => opening === this.#opening;
    this.#shown.begins();
    const coming = this.#parts.fleet.openTerminal(this.#sessionId, {
      data: (data, options) => isCurrent() && this.#shown.data(data, options),
      ended: (reason) => isCurrent() && this.#ended(reason),
    });
    try {
      const tap = await waitFor(coming, { timeoutMs: OPEN_MS, signal: this.#end.signal, what: 'the terminal' });
      if (tap === undefined) throw new AgentsError('unsupported', 'This terminal is not shared.');
      if (isCurrent()) this.#tap = tap;
      else tap.dispose();
    } catch (error) {
      // It may come yet.
      coming.then((tap) => tap?.dispose(), () => undefined);
      if (isCurrent()) this.#ended(messageOf(error));
    }
  }

  #ended(reason: string): void {
    this.#shown.end(reason);
    this.dispose();
    this.#gone();
  }

  #inTurn(what: string, act: (tap: TerminalTap | undefined) => Promise<void>, done: () => unknown = () => undefined): void {
    this.#turns = this.#turns.then(async () => {
      try {
        await waitFor(act(this.#tap), { timeoutMs: INPUT_MS, signal: this.#end.signal, what: `the terminal to take ${what}` });
      } catch (error) {
        if (!this.#end.signal.aborted) this.#parts.log.warn(`${this.#sessionId}: its terminal did not take ${what}: ${messageOf(error)}`);
      } finally {
        done();
      }
    });
  }
}

export class TerminalDesk {
  readonly #parts: TerminalDeskParts;
  readonly #open = new Map<string, OpenTerminal>();

  constructor(parts: TerminalDeskParts) {
    this.#parts = parts;
    parts.wire.signal.addEventListener('abort', () => this.#closeAll(), { once: true });
  }

  take(frame: TerminalFrame): void {
    const { session_id: sessionId } = frame;
    const terminal = this.#open.get(sessionId);
    switch (frame.type) {
      case 'terminal_open':
        return terminal === undefined ? this.#opens(sessionId) : terminal.open();
      case 'terminal_close':
        terminal?.dispose();
        this.#open.delete(sessionId);
        return;
      case 'terminal_input':
        return terminal?.write(frame.data);
      case 'terminal_resize':
        return terminal?.resize(frame.columns, frame.rows);
    }
  }

  #opens(sessionId: string): void {
    if (this.#open.size >= MOST_OPEN) {
      this.#parts.wire.send({ type: 'terminal_ended', session_id: sessionId, reason: 'Too many terminals of this runner are open.' });
      return;
    }
    const terminal: OpenTerminal = new OpenTerminal(this.#parts, sessionId, () => {
      if (this.#open.get(sessionId) === terminal) this.#open.delete(sessionId);
    });
    this.#open.set(sessionId, terminal);
  }

  #closeAll(): void {
    for (const terminal of this.#open.values()) terminal.dispose();
    this.#open.clear();
  }
}
