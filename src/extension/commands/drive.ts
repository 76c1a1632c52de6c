// Interrupt and Rename: what is done to a living agent in one stroke.
import * as vscode from 'vscode';
import { cancelled } from '../../base/wait.ts';
import { manyAgents, oneAgent } from '../agentArgument.ts';
import type { CommandHandler } from '../services.ts';

/** Presses what stops the agent's current turn; the agent itself goes on. */
export const interrupt: CommandHandler = async (services, ...args) => {
  const agents = await manyAgents(services, args, { placeHolder: 'Interrupt which agents?', accept: (agent) => agent.status === 'running' });
  await services.fleet.use((manager) => Promise.all(agents.map((agent) => manager.interrupt(agent.handle))));
  vscode.window.setStatusBarMessage(`$(debug-pause) Interrupted ${agents.map((agent) => agent.name).join(', ')}`, 4_000);
};

/** The second argument may be the name: then nothing is asked. */
export const rename: CommandHandler = async (services, target, given) => {
  const agent = await oneAgent(services, [target], { placeHolder: 'Rename which agent?' });
  const name = typeof given === 'string' ? given : await askName(agent.name);
  await services.fleet.use((manager) => manager.renameAgent(agent.handle, name));
};

async function askName(current: string): Promise<string> {
  const name = await vscode.window.showInputBox({
    title: `Rename ${current}`,
    prompt: 'The name that all views show',
    value: current,
    validateInput: (value) => (value.trim() === '' ? 'An agent needs a name.' : undefined),
  });
  if (name === undefined) throw cancelled();
  return name.trim();
}
