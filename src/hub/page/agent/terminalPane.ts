// An xterm.js terminal that draws what the hub sends, at the size that the agent's terminal has; for a writer at the size that there is room for.
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { DisposableStore, toDisposable, type Disposable } from '../../../base/disposable.ts';
import type { LiveFrame } from '../../../protocol/hubWire/liveFrames.ts';
import { answerNoQueries } from './answerNoQueries.ts';
import { terminalThemes } from './terminalThemes.ts';

export interface TerminalPaneOptions {
  /** What the writer typed. */
  readonly onInput: (data: string) => void;
  /** The writer's size, when it changes. */
  readonly onSize: (columns: number, rows: number) => void;
  /** F6: the focus is to go elsewhere, as Tab goes to the agent. */
  readonly onLeave: () => void;
}

/** CSS pixels. */
const LARGEST = 13;
/** The smallest that can be read where there is room: what is wider is scrolled. On a phone all of it is worth more. */
const SMALLEST = 10;
const SMALLEST_NARROW = 7;
const NARROW = 560;
/** Milliseconds of quiet after which a new size is taken. */
const SETTLED_MS = 150;

export class TerminalPane implements Disposable {
  readonly #options: TerminalPaneOptions;
  readonly #place: HTMLElement;
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #owned = new DisposableStore();
  #writer = false;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  constructor(place: HTMLElement, options: TerminalPaneOptions) {
    this.#options = options;
    this.#place = place;
    this.#terminal = new Terminal({
      disableStdin: true,
      scrollback: 5000,
      fontSize: LARGEST,
      fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
      cursorInactiveStyle: 'outline',
      // An agent's links are not made links: whoever trusts one copies it.
      linkHandler: { activate: () => undefined },
      minimumContrastRatio: 4.5,
    });
    this.#owned.add(this.#terminal);
    this.#terminal.loadAddon(this.#fit);
    this.#owned.add(answerNoQueries(this.#terminal));
    this.#terminal.open(place);
    this.#owned.add(this.#terminal.onData((data) => void (this.#writer && this.#options.onInput(data))));
    this.#terminal.attachCustomKeyEventHandler((event) => this.#mayTake(event));
    const observer = new ResizeObserver(() => this.#settle());
    observer.observe(place);
    this.#owned.add(toDisposable(() => observer.disconnect()));
  }

  draw({ data, snapshot, columns, rows }: Extract<LiveFrame, { readonly type: 'terminal' }>): void {
    if (snapshot === true) this.#terminal.reset();
    if (columns !== undefined && rows !== undefined) this.#terminal.resize(columns, rows);
    this.#terminal.write(data);
    if (snapshot === true || columns !== undefined) this.#size();
  }

  setWriter(writer: boolean): void {
    if (this.#writer === writer) return;
    this.#writer = writer;
    this.#terminal.options.disableStdin = !writer;
    this.#terminal.options.cursorBlink = writer && !window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#size();
  }

  setTheme(dark: boolean): void {
    this.#terminal.options.theme = terminalThemes[dark ? 'dark' : 'light'];
  }

  setScreenReader(on: boolean): void {
    this.#terminal.options.screenReaderMode = on;
  }

  focus(): void {
    this.#terminal.focus();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#settling);
    this.#owned.dispose();
  }

  /** F6 leaves. For whoever only looks, Tab goes on as everywhere. */
  #mayTake(event: KeyboardEvent): boolean {
    if (event.key === 'F6') {
      if (event.type === 'keydown') {
        event.preventDefault();
        this.#options.onLeave();
      }
      return false;
    }
    return this.#writer || event.key !== 'Tab';
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#size(), SETTLED_MS);
  }

  /** A writer's terminal takes the room that there is; for all others the letters are made small enough for the width that it has. */
  #size(): void {
    if (this.#disposed || this.#place.clientWidth === 0) return;
    const { options } = this.#terminal;
    if (this.#writer) {
      options.fontSize = LARGEST;
      const fitting = this.#fit.proposeDimensions();
      if (fitting === undefined || Number.isNaN(fitting.cols) || fitting.cols < 2 || fitting.rows < 2) return;
      if (fitting.cols === this.#terminal.cols && fitting.rows === this.#terminal.rows) return;
      this.#terminal.resize(fitting.cols, fitting.rows);
      this.#options.onSize(fitting.cols, fitting.rows);
      return;
    }
    const screen = this.#place.querySelector<HTMLElement>('.xterm-screen');
    if (screen === null || screen.clientWidth === 0) return;
    const perPixel = screen.clientWidth / (options.fontSize ?? LARGEST);
    const smallest = this.#place.clientWidth < NARROW ? SMALLEST_NARROW : SMALLEST;
    const fontSize = Math.max(smallest, Math.min(LARGEST, Math.floor(((this.#place.clientWidth - 16) / perPixel) * 2) / 2));
    if (fontSize !== options.fontSize) options.fontSize = fontSize;
  }
}
