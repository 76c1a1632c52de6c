// `tmux-agents send`: gives an agent a prompt, from the command line or from standard input.
import { AgentsError } from '../../base/errors.ts';
import { stateText } from '../../runtimes/agentText.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import { readStandardInput } from '../standardInput.ts';

export const send: Command<CommonOptions> = async (face, options, [wanted = '', given]) => {
  const { around, output } = face;
  const text = given === undefined || given === '-' ? await readStandardInput(around.stdin, around.signal) : given;
  if (text === '') throw new AgentsError('bad-input', 'The prompt is empty.', { hint: 'Give the text as an argument, or pipe it in.' });
  return withManager(face, options.runtime, async ({ manager }) => {
    const agent = findAgent(await manager.listByRuntime(), wanted);
    if (agent.status === 'exited' || agent.status === 'failed') {
      throw new AgentsError('unsupported', `The agent "${agent.agentId}" takes no prompts any more: ${stateText(agent)}.`, { hint: `See its last words with: tmux-agents output ${agent.agentId}` });
    }
    await manager.sendPrompt(agent.handle, text, { signal: around.signal });
    output.answer({ agentId: agent.agentId, bytes: Buffer.byteLength(text) }, () => `Sent to ${agent.agentId}.`);
    return ExitCode.OK;
  });
};
