// An agent's state in words, and the group that it is listed in.
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import type { SharedAsk } from '../../../protocol/hubWire/sharedSession.ts';
import { firstLine } from '../../../protocol/timeline/timelineWords.ts';

/** In the order in which people want to see them. */
export const agentGroups = ['waiting', 'failed', 'working', 'paused', 'rest', 'away', 'ended'] as const;
export type AgentGroup = (typeof agentGroups)[number];

export const groupHeadings: Readonly<Record<AgentGroup, string>> = {
  waiting: 'Waiting for you',
  failed: 'Turn failed',
  working: 'Working',
  paused: 'Paused',
  rest: 'At rest',
  away: 'Out of reach',
  ended: 'Ended',
};

export function isEnded({ state, status, ended_at: endedAt }: HubAgent): boolean {
  return state === 'COMPLETED' || state === 'FAILED' || status.state === 'exited' || endedAt !== undefined;
}

export function groupOf(agent: HubAgent): AgentGroup {
  if (isEnded(agent)) return 'ended';
  if (!agent.connected || agent.status.state === 'unknown') return 'away';
  if (agent.asks.length > 0 || agent.status.state === 'waiting' || agent.state === 'WAITING_FOR_APPROVAL') return 'waiting';
  if (agent.state === 'PAUSED_BY_HUMAN') return 'paused';
  if (agent.status.state === 'error') return 'failed';
  return agent.status.state === 'idle' && agent.state !== 'STOPPING' ? 'rest' : 'working';
}

/** One or two words, as on a badge. */
export function stateWord(agent: HubAgent): string {
  switch (groupOf(agent)) {
    case 'ended':
      return endedBadly(agent) ? 'Failed' : 'Completed';
    case 'away':
      return 'Out of reach';
    case 'waiting':
      return 'Waiting';
    case 'paused':
      return 'Paused';
    case 'failed':
      return 'Turn failed';
    case 'rest':
      return 'At rest';
    case 'working':
      return agent.state === 'STOPPING' ? 'Stopping' : agent.state === 'RUNNING' && agent.status.state !== 'starting' ? 'Working' : 'Starting';
  }
}

export function endedBadly(agent: HubAgent): boolean {
  return isEnded(agent) && (agent.state === 'FAILED' || (agent.status.state === 'exited' && agent.status.exitCode !== 0 && agent.state !== 'COMPLETED'));
}

/** What it is about, in a line: what it asks, what failed, its task. */
export function aboutLine(agent: HubAgent): string {
  const ask = agent.asks[0];
  const group = groupOf(agent);
  if (group === 'waiting' && ask !== undefined) return firstLine(ask.text);
  if (group === 'waiting' && agent.status.state === 'waiting') return firstLine(agent.status.text);
  if (group === 'failed' && agent.status.state === 'error') return firstLine(agent.status.message);
  if (group === 'away' && !agent.connected) return `${agent.runner_name} is not connected: this is how it was last seen.`;
  if (group === 'away' && agent.status.state === 'unknown') return firstLine(agent.status.reason);
  return agent.title;
}

/** What an ask wants, in a few words. */
export function askHeading({ kind, command, path }: SharedAsk): string {
  switch (kind) {
    case 'permission':
      return command !== undefined ? 'Wants to run a command' : path !== undefined ? 'Wants to touch a file' : 'Asks for permission';
    case 'question':
      return 'Asks a question';
    case 'trust':
      return 'Asks whether to trust its folder';
    case 'login':
      return 'Needs a login';
    case 'other':
      return 'Waits for you';
  }
}

/** How an ask can be answered from here. */
export function answerWay({ kind, answerable }: SharedAsk): 'decision' | 'words' | 'terminal' {
  if (!answerable) return 'terminal';
  return kind === 'question' ? 'words' : kind === 'permission' || kind === 'trust' ? 'decision' : 'terminal';
}

export const riskWords = { low: 'Low risk', med: 'Medium risk', high: 'High risk' } as const;

/** Whether it matches what somebody typed: every word of that, anywhere in its name, task, runner, program or branch. */
export function matches(agent: HubAgent, typed: string): boolean {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return true;
  const text = [agent.name, agent.title, agent.runner_name, agent.provider_id, agent.branch ?? '', agent.workspace ?? '', stateWord(agent)].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}
