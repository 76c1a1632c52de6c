// How a node of the tree looks: icon, label, tooltip, and what a screen reader says.
import * as vscode from 'vscode';
import type { AgentInfo } from '../../runtimes/types.ts';
import { isFinished } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import { spokenAgent } from './agentWords.ts';
import { runtimeIcon, stateIcon } from './icons.ts';
import type { AgentNode, GroupNode, ProblemNode, TreeNode } from './model.ts';
import { shownStates, type Shown } from './shownState.ts';

/** `canOpen`: whether there are rows below an agent. */
export function treeItem(node: TreeNode, now: number, canOpen: (agent: AgentInfo) => boolean): vscode.TreeItem {
  switch (node.kind) {
    case 'group':
      return groupItem(node);
    case 'agent':
      return agentItem(node, now, canOpen(node.agent));
    case 'problem':
      return problemItem(node);
  }
}

function groupItem(node: GroupNode): vscode.TreeItem {
  const state = node.children.length === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Expanded;
  const item = new vscode.TreeItem(node.label, state);
  item.id = node.id;
  item.description = node.description;
  item.iconPath = groupIcon(node);
  item.contextValue = `group;${node.by}${node.error === undefined ? '' : ';problem'}`;
  item.tooltip = node.error?.message ?? (node.by === 'folder' ? node.value : `${node.label}: ${node.description}`);
  item.accessibilityInformation = { label: `${node.label}, ${node.error?.message ?? node.description}` };
  return item;
}

function groupIcon(node: GroupNode): vscode.ThemeIcon {
  if (node.error !== undefined) return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  switch (node.by) {
    case 'runtime':
      return new vscode.ThemeIcon(runtimeIcon(node.runtimeType ?? ''));
    case 'folder':
      return new vscode.ThemeIcon('folder');
    case 'status':
      return groupedStateIcon(node.value);
  }
}

/** The icon of a group by status. */
function groupedStateIcon(value: string): vscode.ThemeIcon {
  return stateIcon({ state: shownStates.find((state) => state === value) ?? 'unknown' });
}

function agentItem(node: AgentNode, now: number, opens: boolean): vscode.TreeItem {
  const { agent, shown } = node;
  const item = new vscode.TreeItem(agent.name, opens ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None);
  item.id = node.id;
  item.description = node.description;
  item.iconPath = stateIcon(shown);
  item.contextValue = `${contextOf(node)}${opens ? ';repo' : ''}`;
  item.accessibilityInformation = { label: spokenAgent(node, now) };
  item.command = isFinished(agent)
    ? { command: Commands.showOutput, title: 'Show Output', arguments: [{ key: node.id }] }
    : { command: Commands.attach, title: 'Attach Terminal', arguments: [{ key: node.id }] };
  return item;
}

/** What `when` clauses of the menus test: `agent;running;local`, `;adopted` where it was, `;waits-permission` while it waits, `;repo` where its changes can be reviewed. */
function contextOf({ agent, shown }: AgentNode): string {
  return ['agent', agent.status, agent.runtimeType, ...(agent.adopted ? ['adopted'] : []), ...waitingContext(shown)].join(';');
}

function waitingContext({ state, kind }: Shown): string[] {
  return state === 'waiting' ? [`waits-${kind ?? 'other'}`] : [];
}

function problemItem(node: ProblemNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.None);
  item.id = node.id;
  item.iconPath = new vscode.ThemeIcon('info', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = `problem;${node.error.reason}`;
  item.tooltip = [node.error.message, node.error.hint].filter((line) => line !== undefined).join('\n\n');
  item.accessibilityInformation = { label: `${node.label} ${node.error.hint ?? ''}` };
  item.command = { command: Commands.explainProblem, title: 'What to Do', arguments: [{ runtimeId: node.runtimeId }] };
  return item;
}
