// `tmux-agents list`: all agents of all runtimes and what they are doing, and which runtimes did not answer.
import { agentTable } from '../agentTable.ts';
import { ExitCode } from '../exitCodes.ts';
import { noteSilentRuntimes, withManager, type Command, type CommonOptions } from '../face.ts';
import { reportOf } from '../output.ts';

/** Succeeds when at least one runtime answered. */
export const list: Command<CommonOptions> = (face, options) =>
  withManager(face, options.runtime, async ({ manager, status, conversations }) => {
    const { output } = face;
    const listings = await manager.listByRuntime();
    const agents = listings.flatMap((listing) => listing.agents).sort((one, other) => one.createdAt.localeCompare(other.createdAt) || one.agentId.localeCompare(other.agentId));
    const errors = listings.flatMap(({ runtimeId, type, error }) => (error === undefined ? [] : [{ runtimeId, type, ...reportOf(error) }]));
    const statuses = await status.look(agents);
    output.answer({ agents: agents.map((agent) => ({ ...agent, state: statuses.get(agent) })), errors }, () => {
      if (agents.length === 0) return 'No agents. Spawn one: tmux-agents spawn --provider demo --task "Say hello"';
      const [titles = '', ...rows] = agentTable(agents, { width: output.columns, now: Date.now(), statuses });
      return [output.paint('bold', titles), ...rows].join('\n');
    });
    noteSilentRuntimes(output, listings);
    const resumable = agents.length === 0 && errors.length === 0 ? conversations.list().filter(({ conversations: told }) => told.length > 0).length : 0;
    if (resumable > 0 && !output.json) output.note(output.paint('dim', `${resumable} of earlier can be resumed: tmux-agents resume --list`));
    return listings.length > 0 && errors.length === listings.length ? ExitCode.UNAVAILABLE : ExitCode.OK;
  });
