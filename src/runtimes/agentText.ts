// An agent's state and age in words: the same ones in a table, a tree row and a screen reader's voice.
import type { AgentInfo } from './types.ts';

/** What a state is called in few letters, with what is known of an end: `running`, `done`, `exit 3`, `ended by SIGKILL`. */
export function stateText(agent: AgentInfo): string {
  switch (agent.status) {
    case 'starting':
    case 'running':
    case 'failed':
      return agent.status;
    case 'exited':
      if (agent.exitCode === null) return `ended${agent.signal === undefined ? '' : ` by ${agent.signal}`}`;
      return agent.exitCode === 0 ? 'done' : `exit ${agent.exitCode}`;
    case 'unknown':
      return 'unreachable';
  }
}

const steps = [
  { ms: 86_400_000, letter: 'd', word: 'day' },
  { ms: 3_600_000, letter: 'h', word: 'hour' },
  { ms: 60_000, letter: 'm', word: 'minute' },
] as const;

/** `now`, `3m`, `2h`, `5d`; empty when the time is not known. */
export function shortAge(createdAt: string, now: number): string {
  const age = ageOf(createdAt, now);
  return age === undefined ? '' : age === 'new' ? 'now' : `${age.count}${age.step.letter}`;
}

/** `just now`, `3 minutes ago`. */
export function spokenAge(createdAt: string, now: number): string {
  const age = ageOf(createdAt, now);
  return age === undefined ? '' : age === 'new' ? 'just now' : `${age.count} ${age.step.word}${age.count === 1 ? '' : 's'} ago`;
}

function ageOf(createdAt: string, now: number): { readonly count: number; readonly step: (typeof steps)[number] } | 'new' | undefined {
  const created = Date.parse(createdAt);
  if (Number.isNaN(created)) return undefined;
  const elapsed = now - created;
  const step = steps.find(({ ms }) => elapsed >= ms);
  return step === undefined ? 'new' : { count: Math.floor(elapsed / step.ms), step };
}
