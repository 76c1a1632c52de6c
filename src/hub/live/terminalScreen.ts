// A terminal without a screen: what was printed becomes what it would show, as text that draws it again. It is memory alone: nothing to let go of.
import type { SerializeAddon } from '@xterm/addon-serialize';
import type { Terminal } from '@xterm/headless';

/** Lines above the screen that a snapshot holds. */
const SCROLLBACK = 1000;

export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #serializer: SerializeAddon;

  private constructor(terminal: Terminal, serializer: SerializeAddon) {
    this.#terminal = terminal;
    this.#serializer = serializer;
  }

  /** The emulator is loaded when the first terminal is watched. */
  static async open(columns: number, rows: number): Promise<TerminalScreen> {
    const [{ default: xterm }, { default: addon }] = await Promise.all([import('@xterm/headless'), import('@xterm/addon-serialize')]);
    const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: SCROLLBACK, allowProposedApi: true, logLevel: 'off' });
    const serializer = new addon.SerializeAddon();
    terminal.loadAddon(serializer);
    return new TerminalScreen(terminal, serializer);
  }

  write(data: string): void {
    this.#terminal.write(data);
  }

  /** What it shows once all that was written is shown; nothing that is written later is in it. */
  snapshot(): Promise<{ readonly data: string; readonly columns: number; readonly rows: number }> {
    return new Promise((resolve) => {
      this.#terminal.write('', () => resolve({ data: this.#serializer.serialize({ scrollback: SCROLLBACK }), columns: this.#terminal.cols, rows: this.#terminal.rows }));
    });
  }
}
