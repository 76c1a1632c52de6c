// `tmux-agents send`: gives agents a prompt, from the command line or from standard input, and waits until each has taken it.
import { AgentsError, asAgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import { sortByOwner } from '../../runner/ownAgents.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import type { RuntimeListing } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { holdText } from '../../sessions/prompts/holdText.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode, exitCodeOf } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions, type Face } from '../face.ts';
import { reportOf, type ErrorReport } from '../output.ts';
import { readStandardInput } from '../standardInput.ts';

export interface SendCommandOptions extends CommonOptions {
  readonly to?: readonly string[];
  readonly all?: boolean;
  /** False with `--no-wait`. */
  readonly wait?: boolean;
  readonly now?: boolean;
  readonly command?: boolean;
}

interface Sent {
  readonly agentId: string;
  readonly bytes: number;
  readonly result: 'delivered' | 'queued';
  /** What showed that the turn began; empty where nothing can. */
  readonly evidence?: string;
}

/** Each agent has its own queue: one that is busy keeps nobody else waiting. Fails when the prompt did not reach everybody. */
export const send: Command<SendCommandOptions> = async (face, options, operands) => {
  const { around, output } = face;
  const broadcast = options.all === true || options.to !== undefined;
  const [wanted, given] = broadcast ? [undefined, operands[0]] : operands;
  check(options, operands, broadcast);
  const text = given === undefined || given === '-' ? await readStandardInput(around.stdin, around.signal) : given;
  if (text === '') throw new AgentsError('bad-input', 'The prompt is empty.', { hint: 'Give the text as an argument, or pipe it in.' });
  const give = async (managed: Managed): Promise<number> => {
    const listings = await waitFor(managed.manager.listByRuntime(), { signal: around.signal, what: 'the runtimes' });
    if (wanted !== undefined) {
      const sent = await giveOne(face, managed, findAgent(listings, wanted), text, options);
      output.answer(sent, () => sentence(sent));
      return ExitCode.OK;
    }
    const outcomes = await Promise.all(receivers(listings, options).map((agent) => giveOne(face, managed, agent, text, options).catch((error: unknown) => ({ agentId: agent.agentId, error: asAgentsError(error) }))));
    const sent = outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome]));
    const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
    const errors: (ErrorReport & { agentId: string })[] = failed.map(({ agentId, error }) => ({ agentId, ...reportOf(error) }));
    output.answer({ sent, errors }, () => (outcomes.length === 0 ? 'No agent takes prompts.' : sent.map(sentence).join('\n')));
    if (!output.json) for (const { agentId, error } of failed) output.fail(new AgentsError(error.reason, `${agentId}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint }));
    return failed[0] === undefined ? ExitCode.OK : exitCodeOf(failed[0].error);
  };
  return withManager(face, options.runtime, give, { tidiesUp: true });
};

function check({ all, to }: SendCommandOptions, operands: readonly string[], broadcast: boolean): void {
  if (all === true && to !== undefined) throw new AgentsError('bad-input', '--all goes without --to.', { hint: 'Leave out the one or the other.' });
  if (broadcast && operands.length > 1) throw new AgentsError('bad-input', `"${operands[0] ?? ''}" is not expected here.`, { hint: 'With --to or --all, only the text follows.' });
  if (!broadcast && operands[0] === undefined) throw new AgentsError('bad-input', 'No agent is named.', { hint: 'Name one, or use --to or --all.' });
}

/** With `--all`: those of one's own that run. */
function receivers(listings: readonly RuntimeListing[], { all, to = [] }: SendCommandOptions): AgentInfo[] {
  if (all !== true) return [...new Set(to.map((name) => findAgent(listings, name)))];
  return sortByOwner(listings.flatMap((listing) => listing.agents)).own.filter(({ status }) => status === 'running' || status === 'starting');
}

async function giveOne({ around, output }: Face, { prompts }: Managed, agent: AgentInfo, text: string, options: SendCommandOptions): Promise<Sent> {
  let said: string | undefined;
  const evidence = await prompts.send(agent, text, {
    kind: options.command === true ? 'command' : 'text',
    urgent: options.now,
    patient: options.wait,
    signal: around.signal,
    onHold(reason) {
      if (reason === undefined || reason === said || reason === 'unreachable' || reason === 'starting') return;
      said = reason;
      if (!output.json) output.note(output.paint('dim', `${agent.agentId}: ${holdText(reason)}. Ctrl-C takes it back.`, around.stderr));
    },
  });
  const about = { agentId: agent.agentId, bytes: Buffer.byteLength(text) };
  return evidence === undefined ? { ...about, result: 'queued' } : { ...about, result: 'delivered', evidence };
}

function sentence({ agentId, result }: Sent): string {
  return result === 'delivered' ? `Sent to ${agentId}.` : `Queued for ${agentId}: it is given when the agent takes it. See: tmux-agents queue ${agentId}`;
}
