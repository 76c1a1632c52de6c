// Attach Terminal: shows the agent in a terminal of VS Code, in the panel or the editor area.
import { oneAgent, type Question } from '../agentArgument.ts';
import { isFinished } from '../agentKey.ts';
import type { CommandHandler } from '../services.ts';
import { readSetting } from '../settings.ts';

const question: Question = { placeHolder: 'Attach a terminal to which agent?', accept: (agent) => !isFinished(agent) };

export const attach: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, question);
  await services.terminals.attach(agent, readSetting('attach.location'));
};

export const attachInEditor: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, question);
  await services.terminals.attach(agent, 'editor');
};
