// `tmux-agents kill`: ends agents, gracefully first, and removes what they ran in.
import { AgentsError, asAgentsError } from '../../base/errors.ts';
import { sortByOwner } from '../../runner/ownAgents.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode, exitCodeOf } from '../exitCodes.ts';
import { noteSilentRuntimes, withManager, type Command, type CommonOptions } from '../face.ts';
import { reportOf, type Output } from '../output.ts';

export interface KillCommandOptions extends CommonOptions {
  readonly all?: boolean;
  readonly forget?: boolean;
  readonly grace: string;
}

/** Nobody is killed unless every agent that was named is found. */
export const kill: Command<KillCommandOptions> = (face, options, wanted) => {
  const { output } = face;
  if (options.all === true && wanted.length > 0) throw new AgentsError('bad-input', '--all goes without names.', { hint: 'Leave out the one or the other.' });
  if (options.all !== true && wanted.length === 0) throw new AgentsError('bad-input', 'No agent is named.', { hint: 'Name agents, or say --all.' });
  const graceMs = graceOf(options.grace);
  return withManager(face, options.runtime, async ({ manager, conversations }) => {
    const listings = await manager.listByRuntime();
    // What has gone before may still be forgotten.
    const gone = options.forget === true ? wanted.filter((name) => conversations.get(name) !== undefined && !listings.some(({ agents }) => agents.some(({ agentId }) => agentId === name))) : [];
    const agents = options.all === true ? sortByOwner(listings.flatMap((listing) => listing.agents)).own : [...new Set(wanted.filter((name) => !gone.includes(name)).map((name) => findAgent(listings, name)))];
    const outcomes = await Promise.all(
      agents.map(async (agent) => {
        try {
          await manager.killAgent(agent.handle, { graceMs });
          if (options.forget === true) await conversations.forget(agent.agentId);
          return { agent };
        } catch (error) {
          return { agent, error: asAgentsError(error) };
        }
      }),
    );
    await Promise.all(gone.map((agentId) => conversations.forget(agentId)));
    const failures = outcomes.flatMap(({ agent, error }) => (error === undefined ? [] : [{ agentId: agent.agentId, error }]));
    const killed = outcomes.filter(({ error }) => error === undefined).map(({ agent }) => agent.agentId);
    output.answer({ killed, ...(options.forget === true ? { forgotten: [...killed, ...gone] } : {}), errors: failures.map(({ agentId, error }) => ({ agentId, ...reportOf(error) })) }, () =>
      outcomes.length === 0 && gone.length === 0 ? 'No agents to kill.' : [...killed.map((agentId) => `Killed ${agentId}.`), ...gone.map((agentId) => `Forgot ${agentId}.`)].join('\n'),
    );
    if (!output.json) noteKeptWorkspaces(output, killed);
    if (!output.json) for (const { agentId, error } of failures) output.fail(new AgentsError(error.reason, `${agentId}: ${error.message}`, { ...(error.hint === undefined ? {} : { hint: error.hint }) }));
    if (options.all === true) noteSilentRuntimes(output, listings);
    if (failures[0] !== undefined) return exitCodeOf(failures[0].error);
    return options.all === true && listings.length > 0 && listings.every((listing) => listing.error !== undefined) ? ExitCode.UNAVAILABLE : ExitCode.OK;
  });
};

/** An agent's workspace outlives it: what it did is still to be reviewed. */
function noteKeptWorkspaces(output: Output, killed: readonly string[]): void {
  const kept = new WorkspaceStore().list().filter(({ owner, kind }) => kind !== 'folder' && owner !== undefined && killed.includes(owner));
  for (const { id, path } of kept) output.note(`Its workspace stays: ${path}. Remove it with: tmux-agents workspaces remove ${id}`);
}

function graceOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > 3_600) throw new AgentsError('bad-input', `--grace: "${text}" is no number of seconds.`, { hint: 'Use a number from 0 to 3600.' });
  return seconds * 1_000;
}
