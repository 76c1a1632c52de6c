// What an agent is doing, in few letters, for a table.
import type { AgentStatus } from '../protocol/agentStatus.ts';
import { stateText } from '../runtimes/agentText.ts';
import type { AgentInfo } from '../runtimes/types.ts';

/** `working`, `waits: permission`, `idle`, `error`; as far as its process tells where nobody knows more. */
export function statusText(agent: AgentInfo, status: AgentStatus | undefined): string {
  // The facts of the process come first: a listing may know an end before the status does.
  if (status === undefined || agent.status !== 'running') return stateText(agent);
  switch (status.state) {
    case 'waiting':
      return `waits: ${status.kind}`;
    case 'starting':
    case 'working':
    case 'idle':
    case 'error':
      return status.state;
    case 'exited':
    case 'unknown':
      return stateText(agent);
  }
}

/** What it waits for, or what went wrong; empty where there is nothing to tell. */
export function statusDetail(status: AgentStatus | undefined): string {
  if (status?.state === 'waiting') return status.request?.command ?? status.request?.path ?? status.text;
  return status?.state === 'error' ? status.message : '';
}
