// A runner's health and room in words.
import type { Runner } from '../../../protocol/hubWire/sibylRest.ts';
import { SIBYL_TIMERS } from '../../../protocol/hubWire/sibylFrames.ts';
import { agoText, plural, timeOf } from './timeWords.ts';

export type Health = 'good' | 'busy' | 'draining' | 'stale' | 'offline';

/** A runner that is connected, yet was not heard of for a minute, gets no tasks: it is stale. */
export function healthOf(runner: Runner, now: number): Health {
  if (runner.status === 'offline') return 'offline';
  if (runner.last_heartbeat !== null && now - timeOf(runner.last_heartbeat) > SIBYL_TIMERS.staleS * 1000) return 'stale';
  if (runner.status === 'draining') return 'draining';
  return freeSlots(runner) === 0 || runner.status === 'busy' ? 'busy' : 'good';
}

export const healthWords: Readonly<Record<Health, string>> = { good: 'Online', busy: 'Busy', draining: 'Draining', stale: 'Silent', offline: 'Offline' };

/** The health in a sentence. */
export function healthSentence(runner: Runner, now: number): string {
  const heard = runner.last_heartbeat === null ? 'It never connected.' : `Last heard of ${agoText(timeOf(runner.last_heartbeat), now)}.`;
  switch (healthOf(runner, now)) {
    case 'good':
      return `Takes tasks. ${heard}`;
    case 'busy':
      return `Has no free slot. ${heard}`;
    case 'draining':
      return `Finishes what it has, and takes nothing new. ${heard}`;
    case 'stale':
      return `Connected, but silent: it gets no tasks. ${heard}`;
    case 'offline':
      return `Not connected. ${heard}`;
  }
}

export function freeSlots({ max_concurrent_agents: most, current_agent_count: now }: Runner): number {
  return Math.max(0, most - now);
}

export function slotsText(runner: Runner): string {
  return `${runner.current_agent_count} of ${plural(runner.max_concurrent_agents, 'slot')} in use`;
}

/** By health, then by name. */
export function sortRunners(runners: Iterable<Runner>, now: number): Runner[] {
  const order: readonly Health[] = ['good', 'busy', 'draining', 'stale', 'offline'];
  return [...runners].sort((one, other) => order.indexOf(healthOf(one, now)) - order.indexOf(healthOf(other, now)) || one.name.localeCompare(other.name));
}
