// Kill, Remove, Kill All, Remove Finished: ends agents, after asking once for all of them.
import * as vscode from 'vscode';
import { stateFolder } from '../../base/stateFolder.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { leftAlone, sortByOwner } from '../../runner/ownAgents.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { manyAgents } from '../agentArgument.ts';
import { isFinished } from '../agentKey.ts';
import { Views } from '../ids.ts';
import type { CommandHandler, Services } from '../services.ts';
import { readSetting } from '../settings.ts';

export const kill: CommandHandler = async (services, ...args) => {
  const agents = await manyAgents(services, args, { placeHolder: 'Kill which agents?' });
  await killAfterAsking(services, agents);
};

/** Takes away agents that have ended: nothing of theirs runs, so nothing is asked. */
export const remove: CommandHandler = async (services, ...args) => {
  const agents = await manyAgents(services, args, { placeHolder: 'Remove which ended agents?', accept: isFinished });
  await (agents.every(isFinished) ? killThese(services, agents) : killAfterAsking(services, agents));
};

export const killAll: CommandHandler = async (services) => {
  await services.fleet.start();
  const sorted = sortByOwner(services.fleet.snapshot.agents);
  const left = leftAlone(sorted);
  if (sorted.own.length === 0) return void vscode.window.showInformationMessage(left === undefined ? 'There is no agent to kill.' : `There is no agent of yours to kill. ${left}`);
  await killAfterAsking(services, sorted.own, left);
};

export const removeFinished: CommandHandler = async (services) => {
  await services.fleet.start();
  await killThese(services, services.fleet.snapshot.agents.filter(isFinished));
};

async function killAfterAsking(services: Services, agents: readonly AgentInfo[], note?: string): Promise<void> {
  if (agents.length === 0) return;
  if (readSetting('kill.confirm') && !agents.every(isFinished)) {
    const verb = agents.length === 1 ? 'Kill' : `Kill ${agents.length} Agents`;
    const chosen = await vscode.window.showWarningMessage(question(agents), { modal: true, detail: consequences(agents, note) }, verb);
    if (chosen !== verb) throw cancelled();
  }
  await killThese(services, agents);
}

function question(agents: readonly AgentInfo[]): string {
  const [first] = agents;
  return agents.length === 1 ? `Kill the agent ${first?.name ?? ''}?` : `Kill ${agents.length} agents?`;
}

function consequences(agents: readonly AgentInfo[], note: string | undefined): string {
  const lines = agents.length > 1 ? [agents.slice(0, 10).map((agent) => agent.name).join(', ') + (agents.length > 10 ? ` and ${agents.length - 10} more` : '')] : [];
  lines.push(agents.length > 1 ? 'Their programs are ended and their terminals close. Files in their folders stay as they are.' : 'Its program is ended and its terminal closes. Files in its folder stay as they are.');
  if (agents.some((agent) => agent.adopted === true)) lines.push('An adopted session is ended too: use "Release" to let it go on without the view.');
  const own = agents.filter(({ workingDirectory }) => workingDirectory.startsWith(stateFolder(process.env, 'worktrees'))).length;
  if (own > 0) lines.push(`${agents.length === 1 ? 'Its workspace stays' : own === 1 ? 'The workspace of one of them stays' : `The workspaces of ${own} of them stay`}, to be reviewed; "Remove Workspace" removes it.`);
  if (note !== undefined) lines.push(note);
  return lines.join('\n\n');
}

/** Kills all at once; one that fails costs the others nothing, and is told in the end. */
async function killThese(services: Services, agents: readonly AgentInfo[]): Promise<void> {
  if (agents.length === 0) return;
  const graceMs = readSetting('kill.graceSeconds') * 1_000;
  const title = agents.length === 1 ? `Ending ${agents[0]?.name ?? ''}` : `Ending ${agents.length} agents`;
  await vscode.window.withProgress({ location: { viewId: Views.agents }, title }, () =>
    services.fleet.use(async (manager) => {
      const outcomes = await Promise.allSettled(agents.map((agent) => killOne(services, agent, () => manager.killAgent(agent.handle, { graceMs }))));
      const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [{ agent: agents[index], reason: outcome.reason as unknown }] : []));
      const [first] = failed;
      if (first === undefined) return;
      if (failed.length === 1) throw first.reason;
      const told = failed.map(({ agent, reason }) => `${agent?.name ?? ''}: ${messageOf(reason)}`).join(' ');
      throw new AgentsError('runtime-unavailable', `${failed.length} of ${agents.length} agents could not be ended. ${told}`, { cause: first.reason });
    }),
  );
}

/** The terminal goes first: VS Code would tell its end with the container as an error. */
async function killOne({ terminals, log }: Services, agent: AgentInfo, end: () => Promise<void>): Promise<void> {
  await terminals.close(agent).catch((error: unknown) => log.warn(`The terminal of ${agent.name} stays: ${messageOf(error)}`));
  await end();
}
