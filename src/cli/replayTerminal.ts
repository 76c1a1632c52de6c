// The terminal emulator behind replays: xterm.js without a screen, loaded when the first replay needs it.
import type { ReplayTerminal } from '../providers/status/replay.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export async function openReplayTerminal({ columns, rows }: TerminalSize): Promise<ReplayTerminal & { dispose(): void }> {
  const { default: xterm } = await import('@xterm/headless');
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true, logLevel: 'off' });
  return {
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    lines: () => {
      const { active } = terminal.buffer;
      return Array.from({ length: terminal.rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '');
    },
    dispose: () => terminal.dispose(),
  };
}
