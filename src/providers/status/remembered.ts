// The last decision, kept where the agent runs, so that the next face knows it at once: true for as long as the pane has printed nothing since.
import * as z from 'zod';
import { AgentStatus, StatusClaim, type AgentStatus as Status } from '../../protocol/agentStatus.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId } from '../../tmux/types.ts';
import type { Observation } from './observation.ts';

/** The pane option that holds the decision as JSON. */
export const STATUS_OPTION = '@tmux-agents-status';

/** The time, in seconds, of the pane's last output when the decision was written: as tmux has it, not as we do. */
const SEEN_OPTION = '@tmux-agents-status-seen';

const Remembered = z.object({ v: z.literal(1), status: AgentStatus });

/** What a pane tells when it is first looked at. */
export interface PaneGreeting {
  readonly title: string;
  /** Columns and rows. */
  readonly size: { readonly columns: number; readonly rows: number };
  readonly remembered: Observation | undefined;
}

const GREETING = ['#{pane_title}', '#{pane_width}', '#{pane_height}', '#{window_activity}', `#{${SEEN_OPTION}}`, `#{${STATUS_OPTION}}`];

/** One command. Fails as commands do. */
export async function greetPane(tmux: TmuxService, pane: PaneId): Promise<PaneGreeting> {
  const [title = '', columns = '', rows = '', activity = '', seen = '', ...json] = await tmux.command(['display-message', '-p', '-t', pane, GREETING.join('\n')]);
  return { title, size: { columns: Number(columns), rows: Number(rows) }, remembered: activity !== '' && activity === seen ? observationOf(json.join('\n')) : undefined };
}

/** Two commands, and nobody is told of them. Nothing is written to a server that is not ours: fails with `unsupported` there. */
export async function rememberStatus(tmux: TmuxService, pane: PaneId, status: Status): Promise<void> {
  const value = JSON.stringify(Remembered.parse({ v: 1, status }));
  await tmux.setOption('pane', pane, STATUS_OPTION, value);
  await tmux.command(['set-option', '-p', '-F', '-t', pane, '--', SEEN_OPTION, '#{window_activity}']);
}

function observationOf(json: string): Observation | undefined {
  try {
    const { status } = Remembered.parse(JSON.parse(json));
    const { since, evidence, rule, request } = status;
    return { source: 'remembered', at: since, claim: StatusClaim.parse(status), evidence, ...(rule === undefined ? {} : { rule }), ...(request === undefined ? {} : { request }) };
  } catch {
    return undefined;
  }
}
