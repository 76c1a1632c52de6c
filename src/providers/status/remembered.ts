// The last decision, kept where the agent runs, so that the next face knows it at once: true for as long as the pane has printed nothing since.
import * as z from 'zod';
import { scrubSecrets } from '../../base/scrub.ts';
import { AgentStatus, StatusClaim, type ApprovalRequest, type AgentStatus as Status } from '../../protocol/agentStatus.ts';
import type { TmuxService } from '../../tmux/tmuxService.ts';
import type { PaneId } from '../../tmux/types.ts';
import type { Observation } from './observation.ts';

/** The pane option that holds the decision as JSON. */
export const STATUS_OPTION = '@tmux-agents-status';

/** The time, in seconds, of the pane's last output when the decision was written: as tmux has it, not as we do. */
const SEEN_OPTION = '@tmux-agents-status-seen';

/** Characters of a text that are written down at most. */
const MAX_TEXT = 500;

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

/** Two commands, and nobody is told of them. Anyone with the pane can read what is written: no secrets, and no long texts. Nothing is written to a server that is not ours: fails with `unsupported` there. */
export async function rememberStatus(tmux: TmuxService, pane: PaneId, status: Status): Promise<void> {
  const value = JSON.stringify(Remembered.parse({ v: 1, status: rememberable(status) }));
  await tmux.setOption('pane', pane, STATUS_OPTION, value);
  await tmux.command(['set-option', '-p', '-F', '-t', pane, '--', SEEN_OPTION, '#{window_activity}']);
}

/** What may be kept of it. */
export function rememberable({ request, ...status }: Status): Status {
  return { ...withShort(status), evidence: short(status.evidence), ...(request === undefined ? {} : { request: shortRequest(request) }) };
}

function withShort(status: Status): Status {
  if (status.state === 'waiting') return { ...status, text: short(status.text) };
  if (status.state === 'error') return { ...status, message: short(status.message) };
  return status.state === 'unknown' ? { ...status, reason: short(status.reason) } : status;
}

/** Whole, or without what it would do: part of a command, or a path without its command, would be another request. */
function shortRequest(request: ApprovalRequest): ApprovalRequest {
  const { id, tool } = request;
  const isWhole = [tool, request.command, request.path, request.folder].every((text) => text === undefined || text === short(text));
  return isWhole ? request : { id, ...(tool === undefined ? {} : { tool: short(tool) }) };
}

/** Cut first as well: looking for secrets takes its time in a long text. */
function short(text: string): string {
  const clean = [...scrubSecrets(text.slice(0, 4 * MAX_TEXT))];
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT - 1).join('')}…` : clean.join('');
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
