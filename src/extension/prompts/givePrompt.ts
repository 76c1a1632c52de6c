// Gives a prompt to agents through their queues, and says what became of it: sent, queued, or why not, with the text still at hand.
import * as vscode from 'vscode';
import { AgentsError, asAgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import type { PromptKind } from '../../providers/prompts/encodePrompt.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import type { Services } from '../services.ts';
import { oneLine } from '../shownText.ts';

export interface GiveWishes {
  readonly kind?: PromptKind | undefined;
}

/** Resolves when it was delivered, or is in the queue of an agent that is busy. */
export async function givePrompt(services: Services, agent: AgentInfo, text: string, { kind = 'text' }: GiveWishes = {}): Promise<'delivered' | 'queued'> {
  const name = oneLine(agent.name, 60);
  const evidence = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Sending to ${name}` }, () =>
    services.fleet.use((_manager, { prompts }) => prompts.send(agent, text, { kind, patient: false })),
  );
  if (evidence !== undefined) {
    vscode.window.setStatusBarMessage(`$(check) Sent to ${name}`, 4_000);
    return 'delivered';
  }
  tellQueued(services, [agent], `Queued for ${name}: it is sent when the agent takes it.`);
  return 'queued';
}

/** As `givePrompt`, for what a person has just typed: a failure offers to edit it and send it again. */
export async function givePromptTyped(services: Services, agent: AgentInfo, text: string, wishes?: GiveWishes): Promise<void> {
  try {
    await givePrompt(services, agent, text, wishes);
  } catch (error) {
    if (isAgentsError(error, 'cancelled')) throw error;
    const { message, hint } = asAgentsError(error);
    services.log.error(`${agent.agentId}: ${message}`);
    void vscode.window.showErrorMessage(hint === undefined ? message : `${message} ${hint}`, 'Edit and Send Again').then((choice) => (choice === undefined ? undefined : services.prompts.open(agent, text)));
  }
}

/** Each agent has its own queue: one that is busy, or fails, keeps nobody else from it. Throws when it could not be given to somebody, naming them. */
export async function broadcastPrompt(services: Services, agents: readonly AgentInfo[], text: string): Promise<void> {
  const outcomes = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Sending to ${agents.length} agents` }, () =>
    services.fleet.use((_manager, { prompts }) => Promise.allSettled(agents.map((agent) => prompts.send(agent, text, { patient: false })))),
  );
  const queued = agents.filter((_, index) => {
    const outcome = outcomes[index];
    return outcome?.status === 'fulfilled' && outcome.value === undefined;
  });
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [{ agent: agents[index], reason: outcome.reason as unknown }] : []));
  const sent = agents.length - queued.length - failed.length;
  if (queued.length > 0) tellQueued(services, queued, `Sent to ${sent}, queued for ${queued.length}: ${oneLine(queued.map(({ name }) => name).join(', '), 100)}.`);
  else if (failed.length === 0) vscode.window.setStatusBarMessage(`$(check) Sent to ${sent} agents`, 4_000);
  if (failed.length === 0) return;
  const told = failed.map(({ agent, reason }) => `${agent?.name ?? ''}: ${messageOf(reason)}`).join(' ');
  throw new AgentsError('timeout', `${failed.length} of ${agents.length} agents did not get the prompt. ${told}`, { cause: failed[0]?.reason });
}

function tellQueued(services: Services, agents: readonly AgentInfo[], sentence: string): void {
  const [only] = agents;
  void vscode.window.showInformationMessage(sentence, 'Show Queue').then((choice) => {
    if (choice !== undefined) return vscode.commands.executeCommand(Commands.showQueue, agents.length === 1 && only !== undefined ? { key: agentKey(only) } : undefined);
    return undefined;
  }, (error: unknown) => services.log.warn(messageOf(error)));
}
