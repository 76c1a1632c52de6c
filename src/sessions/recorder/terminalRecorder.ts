// Records what an agent's pane prints, as an asciicast: the screen as it is at the beginning, then every byte; the size is asked for when a silence ends.
import { join } from 'node:path';
import { DisposableStore, toDisposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Redactor } from '../../base/redact.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId } from '../../tmux/types.ts';
import { CastRecorder } from '../recording/castRecorder.ts';
import type { TerminalRecording } from './recorderParts.ts';

/** The recording's file in a session's folder. */
export const RECORDING = 'terminal.cast';

/** Milliseconds of silence after which the terminal may have another size. */
const SILENCE_MS = 1_000;

export interface TerminalRecorderOptions {
  readonly manager: RuntimeManager;
  readonly redactor: Redactor;
  /** Bytes kept at most. */
  readonly maxBytes: number;
  readonly log: Log;
}

/** Records until disposed. Throws what keeps it from that: no pane, no disk. */
export async function recordTerminal(agent: AgentInfo, folder: string, { manager, redactor, maxBytes, log }: TerminalRecorderOptions): Promise<TerminalRecording> {
  const tmux = manager.getTmux(agent.handle);
  const pane = await paneOf(manager, tmux, agent);
  let size = await sizeOf(tmux, pane);
  const cast = new CastRecorder(join(folder, RECORDING), { columns: size.columns, rows: size.rows, title: agent.name, redactor, maxBytes, log });
  const owned = new DisposableStore();
  owned.add(toDisposable(() => void cast.close().catch((error: unknown) => log.warn(`The recording of ${agent.agentId} could not be ended: ${messageOf(error)}`))));
  let bytes = 0;
  let last = performance.now();
  // What is printed while the screen is being asked for is on it already, or follows it.
  let early: Buffer[] | undefined = [];
  const resized = async (): Promise<void> => {
    const now = await sizeOf(tmux, pane);
    if (now.columns === size.columns && now.rows === size.rows) return;
    size = now;
    cast.resize(now.columns, now.rows);
  };
  owned.add(
    tmux.onPaneOutput(pane, (chunk) => {
      bytes += chunk.length;
      const silent = performance.now() - last > SILENCE_MS;
      last = performance.now();
      if (silent) resized().catch((error: unknown) => log.debug(`${agent.agentId}: ${messageOf(error)}`));
      if (early === undefined) cast.write(chunk);
      else early.push(chunk);
    }),
  );
  try {
    cast.write(await screenOf(tmux, pane));
  } catch (error) {
    owned.dispose();
    throw error;
  }
  early = undefined;
  return { dispose: () => owned.dispose(), get bytes() { return bytes; } };
}

async function paneOf(manager: RuntimeManager, tmux: TmuxService, agent: AgentInfo): Promise<PaneId> {
  const target = await manager.getPane(agent.handle);
  if (typeof target === 'string') return target;
  const found = (await tmux.listPanes(target.session)).find(({ windowIndex, index }) => String(windowIndex) === target.window && String(index) === target.pane);
  if (found === undefined) throw new AgentsError('not-found', `The agent "${agent.agentId}" has no pane.`);
  return found.id;
}

async function sizeOf(tmux: TmuxService, pane: PaneId): Promise<{ readonly columns: number; readonly rows: number }> {
  const [line = ''] = await tmux.command(['display-message', '-p', '-t', pane, '#{pane_width} #{pane_height}']);
  const [columns = 80, rows = 24] = line.split(' ').map(Number);
  return { columns, rows };
}

/** The screen as escape sequences that draw it on an empty terminal, the cursor where it is. */
async function screenOf(tmux: TmuxService, pane: PaneId): Promise<string> {
  const lines = await tmux.command(['capture-pane', '-p', '-e', '-t', pane]);
  const [line = ''] = await tmux.command(['display-message', '-p', '-t', pane, '#{cursor_x} #{cursor_y} #{alternate_on}']);
  const [x = 0, y = 0, alternate = 0] = line.split(' ').map(Number);
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return `${alternate === 1 ? '\u001b[?1049h' : ''}\u001b[H\u001b[2J${lines.join('\r\n')}\u001b[0m\u001b[${y + 1};${x + 1}H`;
}
