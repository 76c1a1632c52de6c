// An agent's terminal on another machine, through a hub: what it shows is drawn here, what is typed goes there. One writes at a time; typing takes over.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import type { HubLinkState } from '../../runner/hubLink/ports.ts';
import type { HubLive, TerminalFrame } from './hubLive.ts';

/** A fresh terminal: reset, also out of the alternate screen. */
const FRESH = '\u001bc\u001b[3J';
/** Characters that wait to be typed: one frame. */
const MOST_TYPED = 65_536;

export class HubTerminal implements vscode.Pseudoterminal, Disposable {
  readonly #live: HubLive;
  readonly #sessionId: string;
  readonly #write = new vscode.EventEmitter<string>();
  readonly #close = new vscode.EventEmitter<number | void>();
  readonly #override = new vscode.EventEmitter<vscode.TerminalDimensions | undefined>();
  #joined: Disposable | undefined;
  #watching: Disposable | undefined;
  #isWriter = false;
  /** Typed before the hub made this terminal the one that writes; undefined where it was not asked to. */
  #typed: string | undefined;
  #isOver = false;
  #size: vscode.TerminalDimensions | undefined;

  readonly onDidWrite = this.#write.event;
  readonly onDidClose = this.#close.event;
  readonly onDidOverrideDimensions = this.#override.event;

  constructor(live: HubLive, sessionId: string) {
    this.#live = live;
    this.#sessionId = sessionId;
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    this.#size = size;
    this.#joined = this.#live.joinTerminal(this.#sessionId, (frame) => this.#take(frame));
    this.#watching = this.#live.onDidChangeState((state) => this.#connection(state));
    this.#connection(this.#live.state);
  }

  close(): void {
    this.dispose();
  }

  handleInput(data: string): void {
    if (this.#isOver) return this.#close.fire();
    if (this.#isWriter ? this.#type(data) : this.#takeOver(data)) return;
    this.#say('Not connected to the hub: nothing was typed.');
  }

  /** A size is the writer's to give. */
  setDimensions(size: vscode.TerminalDimensions): void {
    this.#size = size;
    if (this.#isWriter) this.#resize();
  }

  dispose(): void {
    this.#joined?.dispose();
    this.#watching?.dispose();
    this.#joined = undefined;
    this.#watching = undefined;
  }

  #type(data: string): boolean {
    return this.#live.send({ type: 'terminal_write', session_id: this.#sessionId, data });
  }

  /** Asked once for all that is typed until it is granted or refused. */
  #takeOver(data: string): boolean {
    const isAsked = this.#typed !== undefined;
    if (!isAsked && !this.#live.send({ type: 'terminal_take', session_id: this.#sessionId })) return false;
    this.#typed = ((this.#typed ?? '') + data).slice(0, MOST_TYPED);
    return true;
  }

  #granted(): void {
    const typed = this.#typed;
    if (typed === undefined) return;
    this.#typed = undefined;
    this.#resize();
    if (typed !== '') this.#type(typed);
  }

  #resize(): void {
    if (this.#size === undefined || this.#size.columns < 2 || this.#size.rows < 2) return;
    this.#live.send({ type: 'terminal_resize', session_id: this.#sessionId, columns: Math.min(1000, this.#size.columns), rows: Math.min(1000, this.#size.rows) });
  }

  #take(frame: TerminalFrame): void {
    switch (frame.type) {
      case 'terminal':
        if (frame.snapshot === true) {
          // As large as it is there: lines break where its program breaks them.
          if (frame.columns !== undefined && frame.rows !== undefined) this.#override.fire({ columns: frame.columns, rows: frame.rows });
          this.#write.fire(FRESH);
        }
        return this.#write.fire(frame.data);
      case 'terminal_writer':
        if (this.#isWriter && !frame.you && frame.name !== null) this.#say(`${frame.name} types now; type to take over.`);
        this.#isWriter = frame.you;
        return frame.you ? this.#granted() : undefined;
      case 'terminal_ended':
        this.#isOver = true;
        this.#say(`${frame.reason} Press any key to close this terminal.`);
        return this.dispose();
      case 'error':
        // Refused: the next key asks again.
        this.#typed = undefined;
        return this.#say(frame.message);
    }
  }

  #connection(state: HubLinkState): void {
    if (state.state === 'connected') return;
    this.#isWriter = false;
    this.#typed = undefined;
    if (state.state === 'waiting' || state.state === 'refused') this.#say(state.reason);
  }

  #say(text: string): void {
    this.#write.fire(`\r\n\u001b[0;2m[${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')}]\u001b[0m\r\n`);
  }
}
