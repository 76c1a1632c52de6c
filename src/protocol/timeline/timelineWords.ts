// The words of a timeline: durations, ends, usage, and first lines of what agents and people wrote.
import type { RunnerEvent, UsageMetrics } from '../runnerEvent.ts';

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+/g;
const LONGEST = 160;

/** The first line that says something, without hidden characters, at most 160 characters. */
export function firstLine(text: string): string {
  const line = text.split('\n').map((one) => one.replace(HIDDEN, ' ').trim()).find((one) => one !== '') ?? '';
  const characters = [...line];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : line;
}

/** `4 s`, `2 min 5 s`, `3 h 20 min`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function endTitle({ finalState, exitCode }: Extract<RunnerEvent, { readonly type: 'SESSION_ENDED' }>): string {
  const code = exitCode === undefined || exitCode === 0 ? '' : ` with exit code ${exitCode}`;
  return `${finalState === 'COMPLETED' ? 'Completed' : 'Failed'}${code}`;
}

/** A sentence of what is known; what the CLI does not report is left out. */
export function usageText({ agentSeconds, tokensIn, tokensOut, costUsd, approvalsRequested, filesTouched, commandsRun }: UsageMetrics): string {
  const parts = [
    `at work for ${durationText(agentSeconds * 1000)}`,
    ...(approvalsRequested > 0 ? [`${approvalsRequested} ${approvalsRequested === 1 ? 'approval' : 'approvals'}`] : []),
    ...(filesTouched > 0 ? [`${filesTouched} ${filesTouched === 1 ? 'file' : 'files'} touched`] : []),
    ...(commandsRun > 0 ? [`${commandsRun} ${commandsRun === 1 ? 'command' : 'commands'}`] : []),
    ...(tokensIn === undefined && tokensOut === undefined ? [] : [`${tokensIn ?? 0} tokens in, ${tokensOut ?? 0} out`]),
    ...(costUsd === undefined ? [] : [costText(costUsd)]),
  ].join(', ');
  return `${parts.charAt(0).toUpperCase()}${parts.slice(1)}.`;
}

export function costText(costUsd: number): string {
  return `$${costUsd.toFixed(costUsd < 1 ? 3 : 2)}`;
}

export function riskWord(risk: 'low' | 'med' | 'high'): string {
  return { low: 'Low risk', med: 'Medium risk', high: 'High risk' }[risk];
}

export function filesTitle(paths: readonly string[]): string {
  const names = paths.slice(-3).map((path) => path.split('/').at(-1) ?? path);
  return paths.length <= 3 ? `Wrote ${names.join(', ')}` : `Wrote ${paths.length} files: ${names.join(', ')}, …`;
}

export function commandsTitle(commands: readonly string[]): string {
  return commands.length === 1 ? `Ran ${firstLine(commands[0] ?? '')}` : `Ran ${commands.length} commands, the last: ${firstLine(commands.at(-1) ?? '')}`;
}
