// Which agents are gone for certain: what is kept for an agent must not go because its place was silent.
import type { RuntimeManager } from '../runtimes/runtimeManager.ts';

export interface AgentPlace {
  readonly agentId: string;
  readonly runtimeId: string;
}

/** Asks the runtimes when it is first called, and once. True only where the agent's runtime answered, and none shows an agent of that id. */
export function goneAgents(manager: Pick<RuntimeManager, 'listByRuntime'>): (place: AgentPlace) => Promise<boolean> {
  let asked: ReturnType<RuntimeManager['listByRuntime']> | undefined;
  return async ({ agentId, runtimeId }) => {
    const listings = await (asked ??= manager.listByRuntime());
    const answered = listings.some((listing) => listing.runtimeId === runtimeId && listing.error === undefined);
    return answered && !listings.some(({ agents }) => agents.some((agent) => agent.agentId === agentId));
  };
}
