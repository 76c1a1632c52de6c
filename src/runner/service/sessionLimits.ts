// What limits sessions: how many at once, for all and for one organisation, and how long each may live.
import { AgentsError } from '../../base/errors.ts';
import type { SessionConfig } from '../../protocol/sessionConfig.ts';
import type { Session } from '../../sessions/manager/managedSession.ts';

export interface LimitFacts {
  readonly maxConcurrentSessions: number;
  /** 0: no end. */
  readonly sessionTimeout: number;
  /** Of sessions that have not ended. */
  readonly liveOrgs: readonly string[];
  /** All that are known, ended ones too. */
  readonly sessions: readonly Session[];
}

/** Milliseconds that the new session may live; undefined: no end. Throws `limit-reached`. */
export function allowedLifetime({ orgId, billing }: SessionConfig, { maxConcurrentSessions, sessionTimeout, liveOrgs, sessions }: LimitFacts, now = Date.now()): number | undefined {
  if (liveOrgs.length >= maxConcurrentSessions) throw tooMany(maxConcurrentSessions);
  const limits = billing?.limits;
  const org = billing?.orgId ?? orgId;
  if (limits !== undefined && liveOrgs.filter((one) => one === org).length >= limits.maxConcurrency) throw tooMany(limits.maxConcurrency);
  const ends = [...(sessionTimeout === 0 ? [] : [sessionTimeout]), ...(limits?.maxSessionDurationMs === undefined ? [] : [limits.maxSessionDurationMs])];
  if (limits?.maxDailyMinutes !== undefined) {
    const left = limits.maxDailyMinutes * 60_000 - usedToday(sessions.filter((session) => session.orgId === org), now);
    if (left <= 0) throw new AgentsError('limit-reached', `The ${limits.maxDailyMinutes} minutes of today are used up for ${org}.`);
    ends.push(left);
  }
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Milliseconds since midnight, UTC, that these sessions lived. */
function usedToday(sessions: readonly Session[], now: number): number {
  const midnight = new Date(now).setUTCHours(0, 0, 0, 0);
  return sessions.reduce((sum, { createdAt, endedAt }) => sum + Math.max(0, (endedAt ?? now) - Math.max(createdAt, midnight)), 0);
}

function tooMany(limit: number): AgentsError {
  return new AgentsError('limit-reached', `Maximum sessions (${limit}) reached`, { hint: 'Stop one, or wait until one has ended.' });
}
