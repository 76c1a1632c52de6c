// Two listings of one place compared: what appeared, changed and went.
import type { AgentChange, AgentInfo } from './types.ts';

/** The changes that lead from one listing to the next, by agent id. Pure. */
export function diffAgents(before: ReadonlyMap<string, AgentInfo>, after: readonly AgentInfo[]): AgentChange[] {
  const changes: AgentChange[] = [];
  const present = new Set<string>();
  for (const agent of after) {
    present.add(agent.agentId);
    const old = before.get(agent.agentId);
    if (old === undefined) changes.push({ type: 'appeared', agent });
    else if (!sameAgent(old, agent)) changes.push({ type: 'changed', agent });
  }
  for (const [agentId, agent] of before) if (!present.has(agentId)) changes.push({ type: 'gone', agent });
  return changes;
}

/** Everything of an AgentInfo is plain data, so equal text is equal content. */
export function sameAgent(one: AgentInfo, other: AgentInfo): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
