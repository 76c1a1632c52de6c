// What limits sessions: how many at once, for all and for one organisation, and how long each may live.
import { AgentsError } from '../../base/errors.ts';
import type { SessionConfig } from '../../protocol/sessionConfig.ts';
import { limitsOfBilling, type SessionLimits } from '../../sessions/usage/limits.ts';
import type { RunnerSettings } from './runnerConfig.ts';
import type { Session } from '../../sessions/manager/managedSession.ts';

export interface LimitFacts {
  readonly maxConcurrentSessions: number;
  /** Of sessions that have not ended. */
  readonly liveOrgs: readonly string[];
  /** All that are known, ended ones too. */
  readonly sessions: readonly Session[];
}

/** Throws `limit-reached` where one more session is one too many, or the time of the day is used up. */
export function refuseOver({ billing }: SessionConfig, { maxConcurrentSessions, liveOrgs, sessions }: LimitFacts, now = Date.now()): void {
  if (liveOrgs.length >= maxConcurrentSessions) throw tooMany(maxConcurrentSessions);
  if (billing === undefined) return;
  const { limits } = billing;
  const org = billing.orgId;
  if (liveOrgs.filter((one) => one === org).length >= limits.maxConcurrency) throw tooMany(limits.maxConcurrency);
  if (limits.maxDailyMinutes !== undefined && minutesToday(sessions, org, now) >= limits.maxDailyMinutes) throw new AgentsError('limit-reached', `The ${limits.maxDailyMinutes} minutes of today are used up for ${org}.`);
}

/** What a session may use, by the runner's settings and its customer's plan: the tighter one holds. */
export function limitsOf({ billing }: SessionConfig, { sessionTimeout, limits }: Pick<RunnerSettings, 'sessionTimeout' | 'limits'>): SessionLimits {
  const { maxDurationMs, maxDailyMinutes } = limitsOfBilling(billing);
  const ends = [...(sessionTimeout === 0 ? [] : [sessionTimeout]), ...(maxDurationMs === undefined ? [] : [maxDurationMs])];
  return { ...limits, maxDurationMs: ends.length === 0 ? undefined : Math.min(...ends), maxDailyMinutes };
}

/** That the organisation's sessions lived since midnight, UTC. */
export function minutesToday(sessions: readonly Session[], org: string, now = Date.now()): number {
  return usedToday(sessions.filter(({ orgId }) => orgId === org), now) / 60_000;
}

/** Milliseconds since midnight, UTC, that these sessions lived. */
function usedToday(sessions: readonly Session[], now: number): number {
  const midnight = new Date(now).setUTCHours(0, 0, 0, 0);
  return sessions.reduce((sum, { createdAt, endedAt }) => sum + Math.max(0, (endedAt ?? now) - Math.max(createdAt, midnight)), 0);
}

function tooMany(limit: number): AgentsError {
  return new AgentsError('limit-reached', `Maximum sessions (${limit}) reached`, { hint: 'Stop one, or wait until one has ended.' });
}
