// `tmux-agents output`: the last lines of an agent's screen and scrollback, as plain text.
import { AgentsError } from '../../base/errors.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';

export interface OutputCommandOptions extends CommonOptions {
  readonly lines: string;
}

export const output: Command<OutputCommandOptions> = (face, options, [wanted = '']) => {
  const lines = lineCount(options.lines);
  return withManager(face, options.runtime, async ({ manager }) => {
    const agent = findAgent(await manager.listByRuntime(), wanted);
    const text = await manager.readOutput(agent.handle, lines);
    face.output.answer({ agentId: agent.agentId, output: text }, () => text);
    return ExitCode.OK;
  });
};

/** Throws `bad-input`. */
export function lineCount(text: string): number | 'all' {
  if (text === 'all') return 'all';
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new AgentsError('bad-input', `--lines: "${text}" is no number of lines.`, { hint: 'Use a whole number above 0, or "all".' });
}
