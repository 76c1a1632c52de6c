// Tasks and their placement in words: states, and why a runner would or would not take one.
import type { HubTask, Placement } from '../../../protocol/hubWire/hubRest.ts';

export type TaskGroup = 'queued' | 'running' | 'finished';

export function taskGroupOf({ state }: HubTask): TaskGroup {
  switch (state) {
    case 'queued':
    case 'retry':
      return 'queued';
    case 'dispatched':
    case 'acked':
    case 'running':
      return 'running';
    case 'completed':
    case 'failed':
    case 'canceled':
      return 'finished';
  }
}

export const taskWords: Readonly<Record<HubTask['state'], string>> = {
  queued: 'Queued',
  dispatched: 'Sent',
  acked: 'Taken',
  running: 'Running',
  retry: 'To be retried',
  completed: 'Completed',
  failed: 'Failed',
  canceled: 'Cancelled',
};

export type Score = Placement['scores'][number];

export interface ScorePart {
  readonly label: string;
  readonly points: number;
  readonly why: string;
}

/** What a runner's points are made of, in sentences. */
export function scoreParts(score: Score, asked: { readonly project: boolean; readonly capabilities: number }): readonly ScorePart[] {
  return [
    { label: 'Fitness', points: score.affinity_score, why: score.affinity_score > 50 ? 'It has this project at hand, and you prefer it.' : score.has_warm_worktree ? 'It has this project at hand.' : score.affinity_score > 0 ? 'It is the one you prefer.' : asked.project ? 'It does not have this project yet.' : 'No project was named.' },
    { label: 'Capabilities', points: score.capability_score, why: score.missing_capabilities.length > 0 ? `It lacks ${score.missing_capabilities.join(', ')}.` : asked.capabilities > 0 ? 'It has all that is required.' : 'None are required.' },
    { label: 'Room', points: score.load_score, why: score.available_slots === 0 ? 'It has no free slot.' : score.available_slots === 1 ? 'It has 1 free slot.' : `It has ${score.available_slots} free slots.` },
    ...(score.health_penalty === 0 ? [] : [{ label: 'Health', points: -Math.abs(score.health_penalty), why: 'It was not heard of lately.' }]),
  ];
}

/** Who would take it first, then those who could, the best first. */
export function sortScores({ runner_id: chosen, scores }: Placement): Score[] {
  const rank = (score: Score): number => (score.runner_id === chosen ? 2 : score.viable ? 1 : 0);
  return [...scores].sort((one, other) => rank(other) - rank(one) || other.total_score - one.total_score || one.runner_name.localeCompare(other.runner_name));
}

/** `+50`, `−100`, `0`. */
export function pointsText(points: number): string {
  const rounded = Math.round(points * 10) / 10;
  return rounded > 0 ? `+${rounded}` : rounded < 0 ? `−${Math.abs(rounded)}` : '0';
}

/** Running first, then queued, then finished; within these the latest first. */
export function sortTasks(tasks: Iterable<HubTask>): HubTask[] {
  const order: readonly TaskGroup[] = ['running', 'queued', 'finished'];
  return [...tasks].sort((one, other) => order.indexOf(taskGroupOf(one)) - order.indexOf(taskGroupOf(other)) || other.created_at.localeCompare(one.created_at));
}
