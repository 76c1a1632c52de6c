// Finds the agents a command is about: from a tree row, from arguments, from the selection, or by asking.
import * as vscode from 'vscode';
import * as z from 'zod';
import { AgentsError } from '../base/errors.ts';
import { cancelled } from '../base/wait.ts';
import type { AgentInfo } from '../runtimes/types.ts';
import { agentKey, runtimeOf } from './agentKey.ts';
import { Commands } from './ids.ts';
import type { Services } from './services.ts';
import { stateIcon } from './tree/icons.ts';
import { runtimeLabel } from './tree/model.ts';
import { shownState, spokenState } from './tree/shownState.ts';

/** What may name one agent: a tree row, or an id given by a caller. */
const AgentArgument = z.union([
  z.object({ key: z.string() }),
  z.object({ agentId: z.string(), runtimeId: z.string().optional() }),
  z.string().transform((agentId) => ({ agentId, runtimeId: undefined })),
]);

export interface Question {
  /** What the picker asks, for a screen reader too. */
  readonly placeHolder: string;
  /** Which agents the command makes sense for. */
  readonly accept?: (agent: AgentInfo) => boolean;
}

/** The one agent a command is about. Throws `cancelled` when the person picks none. */
export async function oneAgent(services: Services, args: readonly unknown[], question: Question): Promise<AgentInfo> {
  const [agent] = await namedAgents(services, args);
  return agent ?? (await pick(services, question));
}

/** All agents a command is about: the selected rows when the clicked one is among them. */
export async function manyAgents(services: Services, args: readonly unknown[], question: Question): Promise<AgentInfo[]> {
  const named = await namedAgents(services, args);
  return named.length > 0 ? named : pickMany(services, question);
}

async function namedAgents(services: Services, [first, all]: readonly unknown[]): Promise<AgentInfo[]> {
  if (first === undefined || first === null) return [];
  if (first === 'selection') return services.tree.selection;
  await services.fleet.start();
  const wanted = Array.isArray(all) && all.length > 0 ? (all as readonly unknown[]) : [first];
  const rows = wanted.filter((argument) => !isOtherRow(argument));
  return rows.map((argument) => find(services, argument));
}

/** A group's or problem's row in a selection of several. */
function isOtherRow(argument: unknown): boolean {
  return typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind !== 'agent';
}

function find({ fleet }: Services, argument: unknown): AgentInfo {
  const parsed = AgentArgument.safeParse(argument);
  if (!parsed.success) throw new AgentsError('bad-input', 'This command takes an agent: its id, or { agentId, runtimeId }.', { cause: parsed.error });
  const wanted = parsed.data;
  const matches = fleet.snapshot.agents.filter((agent) =>
    'key' in wanted ? agentKey(agent) === wanted.key : agent.agentId === wanted.agentId && (wanted.runtimeId === undefined || runtimeOf(agent) === wanted.runtimeId),
  );
  const [agent] = matches;
  if (agent !== undefined) return agent;
  throw new AgentsError('not-found', `The agent "${'key' in wanted ? wanted.key : wanted.agentId}" is gone.`);
}

interface AgentPick extends vscode.QuickPickItem {
  readonly agent: AgentInfo;
}

async function candidates({ fleet }: Services, { accept }: Question): Promise<AgentPick[]> {
  await fleet.start();
  const agents = fleet.snapshot.agents.filter((agent) => accept?.(agent) ?? true);
  return agents.map((agent) => {
    const shown = shownState(agent, fleet.statusOf(agent));
    return {
      agent,
      label: agent.name,
      description: [agent.aiProvider, runtimeLabel(runtimeOf(agent)), spokenState(shown)].join(' · '),
      ...(agent.task === '' ? {} : { detail: agent.task }),
      iconPath: stateIcon(shown),
    };
  });
}

async function pick(services: Services, question: Question): Promise<AgentInfo> {
  const items = await candidates(services, question);
  if (items.length === 0) return nothingToPick();
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: question.placeHolder, matchOnDescription: true, matchOnDetail: true });
  if (chosen === undefined) throw cancelled();
  return chosen.agent;
}

async function pickMany(services: Services, question: Question): Promise<AgentInfo[]> {
  const items = await candidates(services, question);
  if (items.length === 0) return nothingToPick();
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: question.placeHolder, matchOnDescription: true, matchOnDetail: true, canPickMany: true });
  if (chosen === undefined || chosen.length === 0) throw cancelled();
  return chosen.map(({ agent }) => agent);
}

function nothingToPick(): never {
  void vscode.window.showInformationMessage('There is no agent to do this with.', 'Spawn Agent').then((choice) => {
    if (choice !== undefined) void vscode.commands.executeCommand(Commands.spawn);
  });
  throw cancelled();
}
