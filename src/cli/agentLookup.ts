// From what a person types (an id or a name) to one agent.
import { AgentsError } from '../base/errors.ts';
import type { RuntimeListing } from '../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../runtimes/types.ts';

/** By exact id, else by exact name when one agent has it. Never by prefix. Throws `not-found` or, for several, `bad-input`. */
export function findAgent(listings: readonly RuntimeListing[], wanted: string): AgentInfo {
  const agents = listings.flatMap((listing) => listing.agents);
  const byId = agents.filter((agent) => agent.agentId === wanted);
  const found = byId.length > 0 ? byId : agents.filter((agent) => agent.name === wanted);
  const [agent, ...others] = found;
  if (agent === undefined) throw notFound(listings, wanted);
  if (others.length === 0) return agent;
  const candidates = found.map((candidate) => `${candidate.agentId} (${candidate.runtimeId})`).join(', ');
  throw new AgentsError('bad-input', `Several agents are called "${wanted}": ${candidates}.`, {
    hint: byId.length > 0 ? 'Say which runtime with --runtime.' : 'Use the id.',
  });
}

function notFound(listings: readonly RuntimeListing[], wanted: string): AgentsError {
  const silent = listings.filter((listing) => listing.error !== undefined);
  const hint = 'See "tmux-agents list" for the agents there are.';
  if (silent.length === 0) return new AgentsError('not-found', `There is no agent "${wanted}".`, { hint });
  // A place that did not answer may have it: its own error says more than "not found".
  const [first] = silent;
  if (silent.length === listings.length && first?.error !== undefined) return first.error;
  const reasons = silent.map((listing) => `${listing.runtimeId}: ${listing.error?.message ?? 'no answer'}`).join(' ');
  // One that was only too slow may well have it: scripts must not take it for gone.
  const slow = silent.find((listing) => listing.error?.reason === 'timeout');
  if (slow !== undefined) return new AgentsError('timeout', `Whether there is an agent "${wanted}" cannot be told. (${reasons})`, { hint: 'Try again.', cause: slow.error });
  return new AgentsError('not-found', `There is no agent "${wanted}" in the runtimes that answered. (${reasons})`, { hint });
}
