// What a terminal showed last, as text: the end of a session's output, drawn by a terminal emulator without a screen.
import type { RunnerEvent } from '../../../protocol/runnerEvent.ts';

const SIZE = { columns: 200, rows: 50 };
/** Characters of output that are drawn, and lines that are kept. */
const DRAWN = 512 * 1024;
const LINES = 2_000;

/** At most so many characters, the last ones; without blank lines at its ends. */
export async function terminalText(events: AsyncIterable<RunnerEvent>, most: number): Promise<string> {
  let chunks: string[] = [];
  let size = 0;
  for await (const event of events) {
    if (event.type !== 'TERMINAL_CHUNK') continue;
    chunks.push(event.data);
    size += event.data.length;
    if (size < 2 * DRAWN) continue;
    const last = chunks.join('').slice(-DRAWN);
    chunks = [last];
    size = last.length;
  }
  const output = chunks.join('').slice(-DRAWN);
  return output === '' ? '' : (await drawn(output)).slice(-most);
}

async function drawn(output: string): Promise<string> {
  const { default: xterm } = await import('@xterm/headless');
  const terminal = new xterm.Terminal({ cols: SIZE.columns, rows: SIZE.rows, scrollback: LINES, allowProposedApi: true, logLevel: 'off' });
  try {
    await new Promise<void>((resolve) => terminal.write(output, resolve));
    const { active } = terminal.buffer;
    const lines: string[] = [];
    for (let at = 0; at < active.length; at++) {
      const line = active.getLine(at);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped === true && lines.length > 0) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    return lines.join('\n').replace(/^\s*\n/, '').trimEnd();
  } finally {
    terminal.dispose();
  }
}
