// `tmux-agents send`: gives an agent a prompt, from the command line or from standard input.
import { AgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import { stateText } from '../../runtimes/agentText.ts';
import type { Managed } from '../../runner/createRuntimeManager.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import { readStandardInput } from '../standardInput.ts';

export const send: Command<CommonOptions> = async (face, options, [wanted = '', given]) => {
  const { around, output } = face;
  const text = given === undefined || given === '-' ? await readStandardInput(around.stdin, around.signal) : given;
  if (text === '') throw new AgentsError('bad-input', 'The prompt is empty.', { hint: 'Give the text as an argument, or pipe it in.' });
  const { signal } = around;
  const give = async ({ manager }: Managed): Promise<number> => {
    const agent = findAgent(await waitFor(manager.listByRuntime(), { signal, what: 'the runtimes' }), wanted);
    if (agent.status === 'exited' || agent.status === 'failed') {
      // With a reason its place is gone (a stopped container) or it never said anything.
      const hint = agent.reason === undefined ? `See its last words with: tmux-agents output ${agent.agentId}` : `Remove it with: tmux-agents kill ${agent.agentId}`;
      throw new AgentsError('unsupported', `The agent "${agent.agentId}" takes no prompts any more: ${stateText(agent)}${agent.reason === undefined ? '' : ` (${agent.reason})`}.`, { hint });
    }
    await manager.sendPrompt(agent.handle, text, { signal });
    output.answer({ agentId: agent.agentId, bytes: Buffer.byteLength(text) }, () => `Sent to ${agent.agentId}.`);
    return ExitCode.OK;
  };
  return withManager(face, options.runtime, give, { tidiesUp: true });
};
