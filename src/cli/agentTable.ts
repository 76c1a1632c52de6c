// Agents as a table for people: aligned columns, cut to the terminal's width, nothing that could drive the terminal.
import { shortAge, stateText } from '../runtimes/agentText.ts';
import type { AgentInfo } from '../runtimes/types.ts';

const columns: readonly { readonly title: string; readonly cell: (agent: AgentInfo, now: number) => string }[] = [
  { title: 'AGENT', cell: (agent) => agent.agentId },
  { title: 'NAME', cell: (agent) => (agent.name === agent.agentId ? '' : agent.name) },
  { title: 'STATUS', cell: stateText },
  { title: 'PROVIDER', cell: (agent) => agent.aiProvider },
  { title: 'RUNTIME', cell: (agent) => agent.handle.runtimeId ?? agent.runtimeId },
  { title: 'AGE', cell: (agent, now) => shortAge(agent.createdAt, now) },
  { title: 'TASK', cell: (agent) => ('reason' in agent && agent.reason !== undefined ? `${agent.task} (${agent.reason})`.trim() : agent.task) },
];

/** One line per agent under a line of titles. Columns that are empty throughout are left out. */
export function agentTable(agents: readonly AgentInfo[], { width, now }: { readonly width: number | undefined; readonly now: number }): string[] {
  const shown = columns
    .map(({ title, cell }) => [title, ...agents.map((agent) => oneLine(cell(agent, now)))])
    .filter((cells) => cells.slice(1).some((cell) => cell !== ''));
  const widths = shown.map((cells) => Math.max(...cells.map(length)));
  return Array.from({ length: agents.length + 1 }, (_, row) => {
    const line = shown.map((cells, column) => pad(cells[row] ?? '', widths[column] ?? 0)).join('  ').trimEnd();
    return width === undefined || length(line) <= width ? line : `${[...line].slice(0, Math.max(0, width - 1)).join('')}…`;
  });
}

function length(text: string): number {
  return [...text].length;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - length(text)));
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
