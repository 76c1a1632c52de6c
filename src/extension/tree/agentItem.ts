// How a node of the tree looks: icon, label, tooltip, and what a screen reader says.
import * as vscode from 'vscode';
import { spokenAge, stateText } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { isFinished, runtimeOf } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import { runtimeLabel, type AgentNode, type GroupNode, type ProblemNode, type TreeNode } from './model.ts';

export function treeItem(node: TreeNode, now: number): vscode.TreeItem {
  switch (node.kind) {
    case 'group':
      return groupItem(node);
    case 'agent':
      return agentItem(node, now);
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
      return statusIcon(node.value);
  }
}

/** A codicon for a kind of runtime. */
export function runtimeIcon(type: string): string {
  return { local: 'device-desktop', docker: 'package', ssh: 'remote', kubernetes: 'cloud' }[type] ?? 'server-environment';
}

function agentItem(node: AgentNode, now: number): vscode.TreeItem {
  const { agent } = node;
  const item = new vscode.TreeItem(agent.name, vscode.TreeItemCollapsibleState.None);
  item.id = node.id;
  item.description = node.description;
  item.iconPath = agentIcon(agent);
  item.contextValue = contextOf(agent);
  item.accessibilityInformation = { label: spokenAgent(agent, now) };
  item.command = isFinished(agent)
    ? { command: Commands.showOutput, title: 'Show Output', arguments: [{ key: node.id }] }
    : { command: Commands.attach, title: 'Attach Terminal', arguments: [{ key: node.id }] };
  return item;
}

/** What `when` clauses of the menus test: `agent;running;local`, `;adopted` where it was. */
function contextOf(agent: AgentInfo): string {
  return ['agent', agent.status, agent.runtimeType, ...(agent.adopted ? ['adopted'] : [])].join(';');
}

export function agentIcon(agent: AgentInfo): vscode.ThemeIcon {
  if (agent.status === 'exited' && agent.exitCode !== 0) return new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('list.warningForeground'));
  return statusIcon(agent.status);
}

function statusIcon(status: string): vscode.ThemeIcon {
  switch (status) {
    case 'starting':
      return new vscode.ThemeIcon('loading~spin');
    case 'running':
      return new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('testing.iconPassed'));
    case 'exited':
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('descriptionForeground'));
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
    default:
      return new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('list.warningForeground'));
  }
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

/** The whole story of an agent, as a screen reader says it. */
function spokenAgent(agent: AgentInfo, now: number): string {
  const parts = [agent.name, stateText(agent), agent.aiProvider, agent.task, `on ${runtimeLabel(runtimeOf(agent))}`, spokenAge(agent.createdAt, now)];
  return parts.filter((part) => part !== '').join(', ');
}

/** Shown on hover: made only then. All text of people is escaped. */
export function agentTooltip(agent: AgentInfo, now: number): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  text.appendMarkdown('**').appendText(agent.name).appendMarkdown('** \u2014 ').appendText(stateLine(agent));
  if (agent.task !== '') text.appendMarkdown('\n\n').appendText(agent.task);
  text.appendMarkdown('\n\n---\n\n');
  const row = (icon: string, label: string, value: string): void => {
    text.appendMarkdown(`$(${icon}) ${label}: `).appendText(value).appendMarkdown('  \n');
  };
  row('sparkle', 'Provider', agent.aiProvider);
  row(runtimeIcon(agent.runtimeType), 'Runtime', runtimeLabel(runtimeOf(agent)));
  row('folder', 'Folder', agent.workingDirectory);
  row('terminal-tmux', 'tmux session', agent.sessionName);
  row('clock', 'Started', `${new Date(agent.createdAt).toLocaleString()} (${spokenAge(agent.createdAt, now)})`);
  row('account', 'By', agent.adopted ? `${agent.owner}, adopted` : agent.owner);
  row('tag', 'Id', agent.agentId);
  return text;
}

function stateLine(agent: AgentInfo): string {
  switch (agent.status) {
    case 'starting':
      return 'starting';
    case 'running':
      return 'running';
    case 'exited':
      return agent.exitCode === null ? `ended by signal ${agent.signal ?? ''}`.trim() : `ended with exit code ${agent.exitCode}${agent.reason === undefined ? '' : ` (${agent.reason})`}`;
    case 'failed':
    case 'unknown':
      return `${agent.status === 'failed' ? 'failed' : 'unreachable'}: ${agent.reason}`;
  }
}
