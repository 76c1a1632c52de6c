// The clock of a connection to a hub: Sibyl's numbers, and ours where it has none. Milliseconds; tests shorten them.
import { SIBYL_TIMERS } from '../../protocol/hubWire/sibylFrames.ts';

export interface LinkTimers {
  /** Before the second attempt, and at most. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** An upgrade may take so long. */
  readonly handshakeMs: number;
  /** Without a frame of the hub, which says something every 30 s. It is noticed a sixth later at most: within a minute. */
  readonly silenceMs: number;
  /** Between our own pings, where the hub speaks the extension. */
  readonly pingMs: number;
  /** A socket that stays open so long was not refused. */
  readonly provenMs: number;
  /** That rows wait for others, and new events and terminal output for more. */
  readonly rowsMs: number;
  readonly gatherMs: number;
  /** A person's request is answered by then. */
  readonly requestMs: number;
}

export const LINK_TIMERS: LinkTimers = {
  firstMs: SIBYL_TIMERS.reconnectFirstS * 1000,
  longestMs: SIBYL_TIMERS.reconnectLongestS * 1000,
  handshakeMs: 15_000,
  silenceMs: 50_000,
  pingMs: 20_000,
  provenMs: 2_000,
  rowsMs: 100,
  gatherMs: 20,
  requestMs: 120_000,
};
