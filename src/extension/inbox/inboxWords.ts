// What waits, in words: the same sentence in a notification, the inbox, a modal look and the status bar. Knows no VS Code.
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { runtimeOf } from '../agentKey.ts';
import { laidOpen, oneLine } from '../shownText.ts';
import { runtimeLabel } from '../tree/model.ts';

/** Characters that a notification or a row shows of a command: what is longer is looked at as a whole before it is approved. */
export const SHOWN_LENGTH = 160;

/** `demo-1 wants to run: npm test`. One line. */
export function headline(approval: PendingApproval): string {
  const { text } = approval;
  const name = oneLine(approval.agent.name, 60);
  const { command, path, tool } = approval.request;
  const cut = (what: string): string => oneLine(what, SHOWN_LENGTH);
  switch (approval.kind) {
    case 'permission':
      if (command !== undefined) return `${name} wants to run: ${cut(command)}`;
      if (path !== undefined) return `${name} wants to use ${oneLine(tool ?? 'a tool', 40)}: ${cut(path)}`;
      return `${name} asks for permission: ${cut(text)}`;
    case 'question':
      return `${name} asks: ${cut(text)}`;
    case 'trust':
      return `${name} asks for trust: ${cut(text)}`;
    case 'login':
      return `${name} needs a login: ${cut(text)}`;
    case 'other':
      return `${name} waits: ${cut(text)}`;
  }
}

/** What it wants, without the agent's name: for a row that has it already. */
export function wish(approval: PendingApproval): string {
  return headline(approval).slice(oneLine(approval.agent.name, 60).length + 1);
}

/** `high risk: deletes files`; empty for a low one. */
export function riskWords({ risk }: PendingApproval): string {
  return risk.level === 'low' ? '' : `${risk.level} risk: ${oneLine(risk.reasons.join(', '), 120)}`;
}

/** All of it, for somebody who decides: every character of the command, where it would run, and what is risky. */
export function wholeStory(approval: PendingApproval): string {
  const { request, agent, risk, text } = approval;
  const what = request.command ?? request.path;
  const facts = [
    ...(request.tool === undefined ? [] : [`Tool: ${oneLine(request.tool)}`]),
    `Folder: ${oneLine(agent.workingDirectory, 400)}`,
    `Where: ${oneLine(runtimeLabel(runtimeOf(agent)))}`,
    ...(risk.reasons.length === 0 ? [] : [`Risk: ${risk.level}, ${oneLine(risk.reasons.join(', '), 400)}`]),
  ];
  const parts = [...(what === undefined ? [] : [laidOpen(what)]), ...(what !== undefined && text.includes(what) ? [] : [laidOpen(text)]), facts.join('\n')];
  return parts.join('\n\n');
}

/** Milliseconds in which a person cannot have read what has just replaced something else. */
const TOO_NEW_MS = 700;

/**
 * Says whether an approval needs a modal look at the whole request: it is risky, a row or a notification does not show all of it,
 * or (where a click names the agent and not the request) it is so new that the click may have been meant for the one before.
 */
export function needsLook(approval: PendingApproval, named: 'request' | 'agent', now: number): boolean {
  const what = approval.request.command ?? approval.request.path ?? approval.text;
  const isCut = oneLine(what, SHOWN_LENGTH) !== what.trim();
  return approval.risk.level === 'high' || approval.kind === 'trust' || isCut || (named === 'agent' && now - approval.since < TOO_NEW_MS);
}

/** `1 agent waits for you`. */
export function countWords(count: number): string {
  return count === 1 ? '1 agent waits for you' : `${count} agents wait for you`;
}
