// The clock of Sibyl's side, in milliseconds. Tests may have a faster one.
import { SIBYL_TIMERS } from '../../protocol/hubWire/sibylFrames.ts';

export interface SibylTimers {
  readonly heartbeatMs: number;
  /** Without an answer to a heartbeat for so long a runner is offline, and its socket is closed. */
  readonly offlineMs: number;
  /** After so long without one it gets no tasks. */
  readonly staleMs: number;
  /** A runner that announced our extension says hello within this. */
  readonly helloMs: number;
  /** A task that was sent is acknowledged within this, or goes to somebody else. */
  readonly ackMs: number;
  /** A runner that is gone may come back within this, and its tasks with it. */
  readonly graceMs: number;
  /** Between two looks at what is overdue. */
  readonly sweepMs: number;
  /** Before a second attempt; doubles with each. */
  readonly retryMs: number;
  /** A request to a runner is answered within this. */
  readonly requestMs: number;
  /** How often each socket's token is looked at again: it may have run out. */
  readonly renewMs: number;
}

export const sibylTimers: SibylTimers = {
  heartbeatMs: SIBYL_TIMERS.heartbeatS * 1000,
  offlineMs: SIBYL_TIMERS.offlineS * 1000,
  staleMs: SIBYL_TIMERS.staleS * 1000,
  helloMs: 10_000,
  ackMs: 30_000,
  graceMs: 120_000,
  sweepMs: 5_000,
  retryMs: 2_000,
  requestMs: 30_000,
  renewMs: 60_000,
};
