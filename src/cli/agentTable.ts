// Agents as a table for people: aligned columns, cut to the terminal's width, nothing that could drive the terminal.
import type { AgentInfo } from '../runtimes/types.ts';

/** What a state is called, with what is known of an end. */
export function stateText(agent: AgentInfo): string {
  switch (agent.status) {
    case 'starting':
    case 'running':
    case 'unknown':
      return agent.status;
    case 'exited':
      return agent.exitCode === null ? `exited${agent.signal === undefined ? '' : `(${agent.signal})`}` : `exited(${agent.exitCode})`;
    case 'failed':
      return 'failed';
  }
}

/** `5s`, `12m`, `3h`, `4d`. */
export function ageText(createdAt: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(createdAt)) / 1_000));
  if (Number.isNaN(seconds)) return '?';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

const columns: readonly { readonly title: string; readonly cell: (agent: AgentInfo, now: number) => string }[] = [
  { title: 'AGENT', cell: (agent) => agent.agentId },
  { title: 'NAME', cell: (agent) => (agent.name === agent.agentId ? '' : agent.name) },
  { title: 'STATUS', cell: stateText },
  { title: 'PROVIDER', cell: (agent) => agent.aiProvider },
  { title: 'RUNTIME', cell: (agent) => agent.handle.runtimeId ?? agent.runtimeId },
  { title: 'AGE', cell: (agent, now) => ageText(agent.createdAt, now) },
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
