// Copy Attach Command, Show Output: what is taken from an agent without touching it.
import * as vscode from 'vscode';
import { oneAgent } from '../agentArgument.ts';
import { isFinished } from '../agentKey.ts';
import { Schemes } from '../ids.ts';
import type { CommandHandler } from '../services.ts';

/** A line for any terminal of this machine; returned, too. */
export const copyAttachCommand: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, { placeHolder: 'Copy the attach command of which agent?', accept: (candidate) => !isFinished(candidate) });
  const line = String(await services.fleet.use((manager) => manager.getAttachCommand(agent.handle)));
  await vscode.env.clipboard.writeText(line);
  vscode.window.setStatusBarMessage(`$(copy) Copied: ${line}`, 5_000);
  return line;
};

export const showOutput: CommandHandler = async (services, ...args) => {
  const agent = await oneAgent(services, args, { placeHolder: 'Show the output of which agent?' });
  await services.output.show(agent);
};

/** The button above an output document gives its URI; the palette means the active one. */
export const refreshOutput: CommandHandler = (services, argument) => {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  if (uri?.scheme === Schemes.output) services.output.refresh(uri);
};
