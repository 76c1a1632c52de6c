// What a person does to an agent at a hub from here: prompts, answers, interrupting and ending it.
import * as vscode from 'vscode';
import { AgentsError } from '../../base/errors.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import type { SharedAsk } from '../../protocol/hubWire/sharedSession.ts';
import { readSetting } from '../settings.ts';
import { oneLine } from '../shownText.ts';
import { stateLabels } from '../tree/shownState.ts';
import { shownHubAgent, type HubAgents } from './hubAgents.ts';
import type { HubRest } from './hubRest.ts';
import { hubIdOfRow } from './hubRows.ts';

/** The agent of a row, of `{ id }`, or one that the person picks among those that fit. Undefined when they give up. */
export async function pickHubAgent(agents: HubAgents, argument: unknown, title: string, fits: (agent: HubAgent) => boolean): Promise<HubAgent | undefined> {
  const id = namedId(argument);
  if (id !== undefined) {
    const found = agents.find(id);
    if (found === undefined) throw new AgentsError('not-found', 'The hub knows no such agent (any more).');
    return found;
  }
  const fitting = agents.list().filter(fits);
  if (fitting.length === 0) throw new AgentsError('not-found', 'No agent at the hub can be chosen for this now.');
  const picked = await vscode.window.showQuickPick(
    fitting.map((agent) => ({ label: oneLine(agent.name), description: `${stateLabels[shownHubAgent(agent).state].toLowerCase()} · ${agent.runner_name}`, detail: oneLine(agent.title), agent })),
    { title, matchOnDescription: true, matchOnDetail: true },
  );
  return picked?.agent;
}

function namedId(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  if ('key' in argument && typeof argument.key === 'string') return hubIdOfRow(argument.key);
  return 'id' in argument && typeof argument.id === 'string' ? argument.id : undefined;
}

export async function sendPrompt(rest: HubRest, agent: HubAgent, given: unknown): Promise<void> {
  const text = typeof given === 'string' ? given : await vscode.window.showInputBox({ title: `Prompt for ${oneLine(agent.name)}`, prompt: `It is given to it on ${agent.runner_name} as soon as it takes one.`, ignoreFocusOut: true });
  if (text === undefined || text.trim() === '') return;
  await rest.prompt(agent.id, text);
}

/** To what it asks: the one thing, or the one that is picked. */
export async function answer(rest: HubRest, agent: HubAgent): Promise<void> {
  const asks = agent.asks.filter(({ answerable }) => answerable);
  const [first] = asks;
  if (first === undefined) throw new AgentsError('not-found', `${agent.name} asks nothing that can be answered from here.`, { hint: 'Open its terminal.' });
  const ask = asks.length === 1 ? first : (await vscode.window.showQuickPick(asks.map((one) => ({ label: oneLine(one.text), one })), { title: `Answer ${oneLine(agent.name)}` }))?.one;
  if (ask === undefined) return;
  await (ask.kind === 'question' ? answerQuestion(rest, agent, ask) : decide(rest, agent, ask));
}

async function answerQuestion(rest: HubRest, agent: HubAgent, ask: SharedAsk): Promise<void> {
  const words = await vscode.window.showInputBox({ title: `${oneLine(agent.name)} asks`, prompt: oneLine(ask.text, 500), ignoreFocusOut: true });
  if (words !== undefined && words.trim() !== '') await rest.answer(agent.id, { ask_id: ask.id, words });
}

async function decide(rest: HubRest, agent: HubAgent, ask: SharedAsk): Promise<void> {
  const risk = ask.risk === undefined ? '' : `, risk ${ask.risk === 'med' ? 'medium' : ask.risk}`;
  const detail = [`${agent.provider_id} on ${agent.runner_name}${risk}`, ask.command, ask.path].filter((line) => line !== undefined).join('\n');
  const decision = await vscode.window.showWarningMessage(`${oneLine(agent.name)}: ${oneLine(ask.text, 500)}`, { modal: true, detail }, 'Allow', 'Deny', 'Deny with Note');
  if (decision === 'Allow') await rest.answer(agent.id, { ask_id: ask.id, decision: 'allow' });
  else if (decision === 'Deny') await rest.answer(agent.id, { ask_id: ask.id, decision: 'deny' });
  else if (decision === 'Deny with Note') {
    const note = await vscode.window.showInputBox({ title: `Deny ${oneLine(agent.name)}`, prompt: 'What it is told', ignoreFocusOut: true });
    if (note !== undefined) await rest.answer(agent.id, { ask_id: ask.id, decision: 'deny', ...(note === '' ? {} : { note }) });
  }
}

export async function kill(rest: HubRest, agent: HubAgent, isAsked: boolean): Promise<void> {
  if (isAsked && readSetting('kill.confirm')) {
    const sure = await vscode.window.showWarningMessage(`End ${oneLine(agent.name)} on ${agent.runner_name}, and all that it started?`, { modal: true }, 'End');
    if (sure !== 'End') return;
  }
  await rest.kill(agent.id);
}
