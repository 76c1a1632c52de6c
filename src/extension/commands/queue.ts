// Broadcast Prompt and Show Prompt Queue: one text for many agents, and what still waits for one.
import * as vscode from 'vscode';
import { cancelled } from '../../base/wait.ts';
import { manyAgents, oneAgent } from '../agentArgument.ts';
import { broadcastPrompt } from '../prompts/givePrompt.ts';
import { showQueuePicker } from '../prompts/queuePicker.ts';
import type { CommandHandler } from '../services.ts';
import { oneLine } from '../shownText.ts';

/** The third argument may be the text: then nothing is asked. */
export const broadcast: CommandHandler = async (services, first, all, given) => {
  const agents = await manyAgents(services, [first, all], { placeHolder: 'Send a prompt to which agents?', accept: ({ status }) => status === 'running' });
  const text = typeof given === 'string' ? given : await askText(agents.map(({ name }) => name));
  await broadcastPrompt(services, agents, text);
};

async function askText(names: readonly string[]): Promise<string> {
  const text = await vscode.window.showInputBox({
    title: `Prompt to ${names.length} ${names.length === 1 ? 'agent' : 'agents'}`,
    prompt: `To ${oneLine(names.join(', '), 120)}. Who is busy gets it when done.`,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? 'A prompt needs some text.' : undefined),
  });
  if (text === undefined) throw cancelled();
  return text;
}

export const showQueue: CommandHandler = async (services, ...args) => {
  const { queued } = services.fleet.snapshot;
  const agent = await oneAgent(services, args, { placeHolder: 'Show the prompts that wait for which agent?', accept: ({ status }) => status === 'running' || (queued?.size ?? 0) > 0 });
  const prompt = await services.fleet.use((_manager, { prompts }) => showQueuePicker(agent, prompts));
  if (prompt === undefined) return;
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: prompt.text });
  await vscode.window.showTextDocument(document, { preview: true });
};
