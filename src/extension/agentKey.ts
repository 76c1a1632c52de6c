// One text that names an agent among all runtimes: key of maps, id of tree items.
import type { AgentInfo } from '../runtimes/types.ts';

export type AgentKey = string;

/** The id under which the runtime that reaches it is registered here. */
export function runtimeOf(agent: AgentInfo): string {
  return agent.handle.runtimeId ?? agent.runtimeId;
}

export function agentKey(agent: AgentInfo): AgentKey {
  return `${runtimeOf(agent)}/${agent.agentId}`;
}

/** True when its program has ended and only what it printed is left. */
export function isFinished(agent: AgentInfo): boolean {
  return agent.status === 'exited' || agent.status === 'failed';
}
