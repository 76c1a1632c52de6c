// Why an agent is shown as it is: the decision, what every source says, and the screen, as a report in Markdown.
import type { StatusClaim } from '../../protocol/agentStatus.ts';
import type { Explanation } from '../../providers/status/statusPort.ts';
import { spokenAge } from '../../runtimes/agentText.ts';
import { runtimeOf } from '../agentKey.ts';
import { laidOpen } from '../shownText.ts';
import { runtimeLabel } from '../tree/model.ts';
import { shownState, sourceLabels, stateSentence } from '../tree/shownState.ts';
import { cell, escapeMarkdown, table } from './markdownText.ts';

/** `screen` is as the rules see it; undefined where it could not be taken. */
export function statusReport({ agent, status, observations, reasons }: Explanation, screen: string | undefined, now: number): string {
  const shown = shownState(agent, status);
  const ago = (at: number): string => spokenAge(new Date(at).toISOString(), now);
  const decision = [
    ['State', `**${cell(stateSentence(shown))}**`],
    ['Since', `${new Date(status.since).toLocaleTimeString()} (${ago(status.since)})`],
    ['Decided by', `${sourceLabels[status.source]} (\`${status.source}\`)`],
    ...(status.rule === undefined ? [] : [['Rule', cell(status.rule)]]),
    ['Evidence', cell(status.evidence)],
    ...(status.request === undefined ? [] : [['Request', cell(requestText(status.request))]]),
  ];
  const said = observations.map((observation) => [
    `\`${observation.source}\`${observation.source === status.source ? ' (decides)' : ''}`,
    cell(observation.claim === null ? 'nothing' : claimText(observation.claim)),
    cell(observation.evidence),
    cell(observation.rule ?? ''),
    ago(observation.at),
  ]);
  const parts = [
    `# Status of ${escapeMarkdown(agent.name)}`,
    `${escapeMarkdown(agent.aiProvider)} on ${escapeMarkdown(runtimeLabel(runtimeOf(agent)))}, in ${escapeMarkdown(agent.workingDirectory)}`,
    table(['', ''], decision),
    '## What each source says',
    observations.length === 0 ? 'No source has said anything yet.' : table(['Source', 'Says', 'Evidence', 'Rule', 'When'], said),
    '## How it was decided',
    reasons.map((reason, index) => `${index + 1}. ${escapeMarkdown(reason)}`).join('\n'),
    ...(screen === undefined ? [] : ['## The screen, as the rules see it', codeBlock(screen)]),
    '---',
    `If this is wrong: \`tmux-agents record ${escapeMarkdown(agent.agentId)}\` makes a recording for a bug report, with paths and secrets taken out.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function claimText(claim: StatusClaim): string {
  switch (claim.state) {
    case 'waiting':
      return `waiting (${claim.kind}): ${claim.text}`;
    case 'error':
      return `error: ${claim.message}`;
    case 'exited':
      return `exited (${claim.signal ?? String(claim.exitCode)})`;
    case 'unknown':
      return `unknown: ${claim.reason}`;
    case 'starting':
    case 'working':
    case 'idle':
      return claim.state;
  }
}

function requestText({ tool, command, path }: { readonly tool?: string | undefined; readonly command?: string | undefined; readonly path?: string | undefined }): string {
  return [tool, command, path].filter((part) => part !== undefined).join(' ');
}

/** A fence longer than any run of backticks within. */
function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${laidOpen(text).trimEnd()}\n${fence}`;
}
