// Send Prompt: one line from an input box, or many lines from an editor; or text given by a caller.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { oneAgent, type Question } from '../agentArgument.ts';
import { givePrompt, givePromptTyped } from '../prompts/givePrompt.ts';
import type { CommandHandler } from '../services.ts';

const question: Question = { placeHolder: 'Send a prompt to which agent?', accept: (agent) => agent.status === 'running' };

const inEditor: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('edit'), tooltip: 'Write it in an editor (many lines)' };

/** The second argument may be the text: then nothing is asked. */
export const sendPrompt: CommandHandler = async (services, target, text) => {
  const agent = await oneAgent(services, [target], question);
  if (typeof text === 'string') return void (await givePrompt(services, agent, text));
  const answer = await ask(agent);
  if ('draft' in answer) return services.prompts.open(agent, answer.draft);
  // As in the agent's own terminal, a line that begins with a slash word is for the CLI.
  await givePromptTyped(services, agent, answer.text, { kind: /^\/[A-Za-z?][\w:.-]*(\s|$)/.test(answer.text) ? 'command' : 'text' });
};

/** Opens an editor for a prompt of many lines. */
export const composePrompt: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, question);
  await services.prompts.open(agent, '');
};

/** Sends what the active prompt editor holds, and closes it. */
export const submitPrompt: CommandHandler = async (services) => {
  const document = vscode.window.activeTextEditor?.document;
  const key = document === undefined ? undefined : services.prompts.agentOf(document.uri);
  if (document === undefined || key === undefined) throw new AgentsError('bad-input', 'This editor holds no prompt for an agent.');
  const agent = services.fleet.find(key);
  if (agent === undefined) throw new AgentsError('not-found', 'The agent that this prompt is for is gone.');
  await givePrompt(services, agent, document.getText().trimEnd());
  await services.prompts.close(document.uri);
};

function ask(agent: AgentInfo): Promise<{ readonly text: string } | { readonly draft: string }> {
  const input = vscode.window.createInputBox();
  input.title = `Prompt to ${agent.name}`;
  input.placeholder = 'Given to the agent as soon as it takes it';
  input.prompt = 'Enter sends it; the button opens an editor for many lines. A /command is for the CLI itself.';
  input.buttons = [inEditor];
  input.ignoreFocusOut = true;
  return new Promise<{ readonly text: string } | { readonly draft: string }>((resolve, reject) => {
    input.onDidAccept(() => {
      if (input.value !== '') resolve({ text: input.value });
    });
    input.onDidTriggerButton(() => resolve({ draft: input.value }));
    input.onDidHide(() => reject(cancelled()));
    input.show();
  }).finally(() => input.dispose());
}
