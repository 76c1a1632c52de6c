// `tmux-agents queue`: shows the prompts that wait for an agent; moves, removes and gives them.
import { AgentsError } from '../../base/errors.ts';
import { waitFor } from '../../base/wait.ts';
import type { QueuedPrompt } from '../../protocol/promptQueue.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import { holdText } from '../../sessions/prompts/holdText.ts';
import type { QueueView } from '../../sessions/prompts/promptQueues.ts';
import { findAgent } from '../agentLookup.ts';
import { ExitCode } from '../exitCodes.ts';
import { withManager, type Command, type CommonOptions } from '../face.ts';
import { cutText, plainText } from '../plainText.ts';

export interface QueueCommandOptions extends CommonOptions {
  readonly remove?: string;
  readonly move?: string;
  readonly now?: string;
  readonly deliver?: boolean;
}

export const queue: Command<QueueCommandOptions> = (face, options, [wanted = '', position]) => {
  const { output, around } = face;
  const to = positionOf(options, position);
  return withManager(face, options.runtime, async ({ manager, prompts }) => {
    const agent = findAgent(await waitFor(manager.listByRuntime(), { signal: around.signal, what: 'the runtimes' }), wanted);
    if (options.remove !== undefined) await prompts.remove(agent, options.remove);
    if (options.move !== undefined && to !== undefined) await prompts.move(agent, options.move, to);
    if (options.now !== undefined) await prompts.giveNow(agent, options.now);
    if (options.now !== undefined || options.deliver === true) {
      let said: string | undefined;
      await prompts.drain(agent, {
        signal: around.signal,
        onHold(reason) {
          if (reason === undefined || reason === said || reason === 'unreachable' || reason === 'starting') return;
          said = reason;
          output.progress(`${agent.agentId}: ${holdText(reason)}`);
        },
      });
    }
    const view = prompts.queueOf(agent);
    output.answer({ agentId: agent.agentId, prompts: view.prompts }, () => tableOf(view, output.columns));
    return ExitCode.OK;
  }, { tidiesUp: true });
};

function positionOf({ remove, move, now, deliver }: QueueCommandOptions, position: string | undefined): number | undefined {
  if ([remove, move, now, deliver === true ? '' : undefined].filter((choice) => choice !== undefined).length > 1) {
    throw new AgentsError('bad-input', '--remove, --move, --now and --deliver go one at a time.');
  }
  if (move === undefined) {
    if (position !== undefined) throw new AgentsError('bad-input', `"${position}" is not expected here.`, { hint: 'A position goes with --move.' });
    return undefined;
  }
  if (position !== undefined && /^[1-9]\d{0,3}$/.test(position)) return Number(position);
  throw new AgentsError('bad-input', `--move: "${position ?? ''}" is no position.`, { hint: 'Say which place it gets: 1 is the next one.' });
}

function tableOf({ prompts }: QueueView, width = 100): string {
  if (prompts.length === 0) return 'No prompts wait.';
  const now = Date.now();
  return prompts.map((prompt, index) => cutText(`${String(index + 1).padStart(2)}  ${prompt.id}  ${stateOf(prompt).padEnd(8)}  ${shortAge(new Date(prompt.addedAt).toISOString(), now).padEnd(4)}  ${shown(prompt)}`, width)).join('\n');
}

function stateOf({ state, urgent }: QueuedPrompt): string {
  if (state === 'entering' || state === 'submitting') return 'going';
  return state === 'waiting' && urgent === true ? 'next' : state;
}

function shown({ text, error, state }: QueuedPrompt): string {
  return plainText(state === 'failed' && error !== undefined ? `${cutText(plainText(text), 40)} (${error})` : text.slice(0, 500));
}
