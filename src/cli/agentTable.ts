// Agents as a table for people: aligned columns, cut to the terminal's width, nothing that could drive the terminal.
import type { AgentStatus } from '../protocol/agentStatus.ts';
import { shortAge } from '../runtimes/agentText.ts';
import type { AgentInfo } from '../runtimes/types.ts';
import { cutText, plainText, textWidth } from './plainText.ts';
import { statusDetail, statusText } from './statusText.ts';

const columns: readonly { readonly title: string; readonly cell: (agent: AgentInfo, now: number, status: AgentStatus | undefined) => string }[] = [
  { title: 'AGENT', cell: (agent) => agent.agentId },
  { title: 'NAME', cell: (agent) => (agent.name === agent.agentId ? '' : agent.name) },
  { title: 'STATUS', cell: (agent, _now, status) => statusText(agent, status) },
  { title: 'PROVIDER', cell: (agent) => agent.aiProvider },
  { title: 'RUNTIME', cell: (agent) => agent.handle.runtimeId ?? agent.runtimeId },
  { title: 'AGE', cell: (agent, now) => shortAge(agent.createdAt, now) },
  {
    title: 'TASK',
    cell: (agent, _now, status) => {
      const more = 'reason' in agent && agent.reason !== undefined ? agent.reason : agent.status === 'running' ? statusDetail(status) : '';
      return more === '' ? agent.task : `${cutText(plainText(agent.task), TEXT_WIDTH / 2)} (${more})`.trim();
    },
  },
];

/** Columns that a text of any length has where nobody says how wide the line is. */
const TEXT_WIDTH = 60;

/** One line per agent under a line of titles. Columns that are empty throughout are left out. */
export function agentTable(
  agents: readonly AgentInfo[],
  { width, now, statuses = new Map() }: { readonly width: number | undefined; readonly now: number; readonly statuses?: ReadonlyMap<AgentInfo, AgentStatus> },
): string[] {
  // A long name leaves the others their place; the task comes last and may have the rest.
  const most: Readonly<Record<string, number>> = { NAME: width === undefined ? TEXT_WIDTH : Math.max(12, Math.floor(width / 4)), TASK: width ?? TEXT_WIDTH };
  const shown = columns
    .map(({ title, cell }) => [title, ...agents.map((agent) => cutText(plainText(cell(agent, now, statuses.get(agent))), most[title] ?? Infinity))])
    .filter((cells) => cells.slice(1).some((cell) => cell !== ''));
  const widths = shown.map((cells) => Math.max(...cells.map(textWidth)));
  return Array.from({ length: agents.length + 1 }, (_, row) => {
    const line = shown.map((cells, column) => pad(cells[row] ?? '', widths[column] ?? 0)).join('  ').trimEnd();
    return cutText(line, width ?? Infinity);
  });
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}
