// A state as a picture, a word and a colour: none of them alone.
import type { HubAgent, HubTask } from '../../../protocol/hubWire/hubRest.ts';
import { endedBadly, groupOf, stateWord } from '../words/agentWords.ts';
import { healthWords, type Health } from '../words/runnerWords.ts';
import { taskWords } from '../words/taskWords.ts';
import { Icon, type IconName } from './Icon.tsx';

export type Tone = 'wait' | 'bad' | 'busy' | 'good' | 'calm' | 'away';

export function Badge({ tone, icon, word, turning = false }: { readonly tone: Tone; readonly icon: IconName; readonly word: string; readonly turning?: boolean }) {
  return (
    <span class="badge" data-tone={tone}>
      <Icon name={icon} turning={turning} />
      {word}
    </span>
  );
}

const agentLooks = { waiting: ['wait', 'waiting'], failed: ['bad', 'failed'], working: ['busy', 'working'], paused: ['wait', 'paused'], rest: ['calm', 'rest'], away: ['away', 'away'], ended: ['good', 'check'] } as const;

export function AgentBadge({ agent }: { readonly agent: HubAgent }) {
  const group = groupOf(agent);
  const [tone, icon] = endedBadly(agent) ? (['bad', 'cross'] as const) : agentLooks[group];
  return <Badge tone={tone} icon={icon} word={stateWord(agent)} turning={group === 'working'} />;
}

const healthLooks: Readonly<Record<Health, readonly [Tone, IconName]>> = { good: ['good', 'check'], busy: ['busy', 'working'], draining: ['wait', 'paused'], stale: ['wait', 'failed'], offline: ['away', 'away'] };

export function HealthBadge({ health }: { readonly health: Health }) {
  const [tone, icon] = healthLooks[health];
  return <Badge tone={tone} icon={icon} word={healthWords[health]} />;
}

const taskLooks: Readonly<Record<HubTask['state'], readonly [Tone, IconName]>> = { queued: ['calm', 'queued'], dispatched: ['busy', 'queued'], acked: ['busy', 'queued'], running: ['busy', 'working'], retry: ['wait', 'retry'], completed: ['good', 'check'], failed: ['bad', 'cross'], canceled: ['away', 'cross'] };

export function TaskBadge({ state }: { readonly state: HubTask['state'] }) {
  const [tone, icon] = taskLooks[state];
  return <Badge tone={tone} icon={icon} word={taskWords[state]} turning={state === 'running'} />;
}

const riskLooks = { low: ['calm', 'approval', 'Low risk'], med: ['wait', 'approval', 'Medium risk'], high: ['bad', 'failed', 'High risk'] } as const;

export function RiskBadge({ risk }: { readonly risk: 'low' | 'med' | 'high' }) {
  const [tone, icon, word] = riskLooks[risk];
  return <Badge tone={tone} icon={icon} word={word} />;
}
