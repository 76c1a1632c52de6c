// What "all" means when agents are killed: this person's own, not those of others on a shared engine, not sessions that were adopted.
import { currentOwner } from '../runtimes/agentConfig.ts';
import type { AgentInfo } from '../runtimes/types.ts';

export interface OwnAndOthers {
  readonly own: readonly AgentInfo[];
  /** Other people's. */
  readonly others: readonly AgentInfo[];
  /** Started by hand, by whomever. */
  readonly adopted: readonly AgentInfo[];
}

export function sortByOwner(agents: readonly AgentInfo[], owner = currentOwner()): OwnAndOthers {
  const spawned = agents.filter((agent) => agent.adopted !== true);
  return {
    own: spawned.filter((agent) => agent.owner === owner),
    others: spawned.filter((agent) => agent.owner !== owner),
    adopted: agents.filter((agent) => agent.adopted === true),
  };
}

/** Says what "all" leaves alone, as a sentence; undefined when it leaves nothing. */
export function leftAlone({ others, adopted }: OwnAndOthers): string | undefined {
  const parts = [
    ...(others.length === 0 ? [] : [`${others.length} of other people`]),
    ...(adopted.length === 0 ? [] : [`${adopted.length} adopted`]),
  ];
  if (parts.length === 0) return undefined;
  const left = others.length + adopted.length;
  return `${left} ${left === 1 ? 'agent is' : 'agents are'} left alone: ${parts.join(', ')}.`;
}
