// A hub's agents as rows of the Agents view: one group, the agents of other machines in it, or why they cannot be seen.
import * as vscode from 'vscode';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import type { HubLinkState } from '../../runner/hubLink/ports.ts';
import { Commands } from '../ids.ts';
import { oneLine } from '../shownText.ts';
import { OTHERS, type PartRow } from '../tree/agentParts.ts';
import { stateIcon } from '../tree/icons.ts';
import { stateLabels } from '../tree/shownState.ts';
import { shownHubAgent } from './hubAgents.ts';

const GROUP = `${OTHERS}#group`;
const ROW = `${OTHERS}#agent/`;
/** Rows; a list of more is for the hub's page. */
const MOST = 500;

/** The hub's id of the agent of a row. */
export function hubIdOfRow(key: string): string | undefined {
  return key.startsWith(ROW) ? key.slice(ROW.length) : undefined;
}

export function hubRows(host: string, state: HubLinkState, agents: readonly HubAgent[], now: number): readonly PartRow[] {
  const children = state.state === 'connected' ? agents.slice(0, MOST).map((agent) => agentRow(agent, now)) : [];
  return [{ kind: 'hub', id: GROUP, children, item: () => groupItem(host, state, agents.length, children.length) }];
}

function groupItem(host: string, state: HubLinkState, count: number, shown: number): vscode.TreeItem {
  const item = new vscode.TreeItem(`Hub ${host}`, shown === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Expanded);
  item.id = GROUP;
  item.contextValue = `hub;${state.state}`;
  item.description = groupWords(state, count);
  item.tooltip = state.state === 'waiting' || state.state === 'refused' ? state.reason : `${host}: ${groupWords(state, count)}`;
  item.iconPath = state.state === 'refused' ? new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')) : new vscode.ThemeIcon(state.state === 'connected' ? 'cloud' : 'debug-disconnect');
  item.accessibilityInformation = { label: `Hub ${host}, ${groupWords(state, count)}` };
  if (state.state !== 'connected') item.command = { command: Commands.showHub, title: 'Show Hub' };
  return item;
}

function groupWords(state: HubLinkState, count: number): string {
  switch (state.state) {
    case 'connected':
      return count === 0 ? 'no other agents' : String(count);
    case 'connecting':
      return 'connecting';
    case 'waiting':
      return 'not connected';
    case 'refused':
      return 'refused';
  }
}

function agentRow(agent: HubAgent, now: number): PartRow {
  const id = `${ROW}${agent.id}`;
  return { kind: 'hubAgent', id, children: [], item: () => agentItem(id, agent, now) };
}

function agentItem(id: string, agent: HubAgent, now: number): vscode.TreeItem {
  const shown = shownHubAgent(agent);
  const item = new vscode.TreeItem(oneLine(agent.name), vscode.TreeItemCollapsibleState.None);
  const words = [shown.state === 'waiting' && shown.text !== '' ? shown.text : stateLabels[shown.state].toLowerCase(), agent.runner_name, agent.provider_id, shortAge(new Date(agent.created_at).toISOString(), now), oneLine(agent.title, 80)].filter((word) => word !== '');
  item.id = id;
  item.description = words.join(' · ');
  item.iconPath = stateIcon(shown);
  item.contextValue = ['hubAgent', agent.ended_at === undefined ? (agent.connected ? 'running' : 'away') : 'ended', ...(agent.terminal && agent.connected ? ['terminal'] : []), ...(agent.asks.some(({ answerable }) => answerable) ? ['asks'] : [])].join(';');
  item.accessibilityInformation = { label: [oneLine(agent.name), ...words].join(', ') };
  item.tooltip = tooltip(agent, shown.text);
  if (agent.terminal && agent.connected) item.command = { command: Commands.hubAttach, title: 'Open Terminal', arguments: [{ kind: 'hubAgent', key: id }] };
  return item;
}

function tooltip(agent: HubAgent, text: string): vscode.MarkdownString {
  const words = new vscode.MarkdownString();
  const line = (said: string): void => void words.appendText(said).appendMarkdown('  \n');
  line(oneLine(agent.name));
  line(`${agent.provider_id} on ${agent.runner_name}${agent.workspace === undefined ? '' : `, in ${agent.workspace}`}${agent.branch === undefined ? '' : ` (${agent.branch})`}`);
  if (agent.title !== '') line(oneLine(agent.title, 300));
  if (text !== '') line(text);
  for (const ask of agent.asks) if (ask.command !== undefined) line(oneLine(ask.command, 300));
  if (agent.queued_prompts > 0) line(`${agent.queued_prompts} prompts wait`);
  return words;
}
