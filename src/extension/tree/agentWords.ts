// The whole story of an agent in words: for a screen reader, and as the tooltip of its row.
import * as vscode from 'vscode';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import { spokenAge } from '../../runtimes/agentText.ts';
import { runtimeOf } from '../agentKey.ts';
import { laidOpen } from '../shownText.ts';
import { runtimeIcon } from './icons.ts';
import { runtimeLabel, type AgentNode } from './model.ts';
import { sourceLabels, spokenState, stateSentence } from './shownState.ts';

/** For a screen reader: what matters first. */
export function spokenAgent({ agent, shown, queued }: AgentNode, now: number): string {
  const since = shown.since === undefined ? '' : spokenSince(shown.since, now);
  const parts = [agent.name, spokenState(shown), since, queued === 0 ? '' : queuedWords(queued), agent.aiProvider, agent.task, `on ${runtimeLabel(runtimeOf(agent))}`, `started ${spokenAge(agent.createdAt, now)}`];
  return parts.filter((part) => part !== '').join(', ');
}

function queuedWords(queued: number): string {
  return queued === 1 ? '1 prompt waits to be sent' : `${queued} prompts wait to be sent`;
}

function spokenSince(since: number, now: number): string {
  const age = spokenAge(new Date(since).toISOString(), now);
  return age === 'just now' ? 'since just now' : `since ${age}`;
}

/** Characters of a command that a tooltip shows; the inbox shows all. */
const COMMAND_LENGTH = 1_000;

/** Shown on hover: made only then. All text of people and agents is escaped. */
export function agentTooltip(node: AgentNode, now: number): vscode.MarkdownString {
  const { agent, status, shown, queued } = node;
  const text = new vscode.MarkdownString('', true);
  text.appendMarkdown('**').appendText(agent.name).appendMarkdown('** \u2014 ').appendText(stateSentence(shown));
  if (shown.since !== undefined) text.appendText(` (${spokenSince(shown.since, now)})`);
  const command = status?.state === 'waiting' ? status.request?.command : undefined;
  if (command !== undefined) text.appendMarkdown('\n\n').appendCodeblock(laidOpen(command.slice(0, COMMAND_LENGTH)), 'shellscript');
  if (agent.task !== '') text.appendMarkdown('\n\n').appendText(agent.task);
  text.appendMarkdown('\n\n---\n\n');
  const row = (icon: string, label: string, value: string): void => {
    text.appendMarkdown(`$(${icon}) ${label}: `).appendText(value).appendMarkdown('  \n');
  };
  if (status !== undefined) row('eye', 'Known from', evidenceText(status));
  if (queued > 0) row('inbox', 'Queue', queuedWords(queued));
  row('sparkle', 'Provider', [agent.aiProvider, agent.model ?? ''].filter((part) => part !== '').join(', '));
  row(runtimeIcon(agent.runtimeType), 'Runtime', runtimeLabel(runtimeOf(agent)));
  row('folder', 'Folder', agent.workingDirectory);
  row('terminal-tmux', 'tmux session', agent.sessionName);
  row('clock', 'Started', `${new Date(agent.createdAt).toLocaleString()} (${spokenAge(agent.createdAt, now)})`);
  row('account', 'By', agent.adopted ? `${agent.owner}, adopted` : agent.owner);
  row('tag', 'Id', agent.agentId);
  return text;
}

function evidenceText({ source, rule, evidence }: AgentStatus): string {
  const told = rule === undefined ? sourceLabels[source] : `${sourceLabels[source]}, ${rule}`;
  return evidence === '' ? told : `${told}: ${evidence}`;
}
