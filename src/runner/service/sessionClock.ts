// A session's two clocks: its heartbeat, and the end of its time.
import type { Disposable } from '../../base/disposable.ts';

export interface SessionClockOptions {
  /** Milliseconds between two heartbeats. */
  readonly beatMs: number;
  /** Never rejects. One that is not over yet is not followed by another. */
  readonly beat: () => Promise<void>;
  /** Unix time in ms; undefined: no end. */
  readonly endsAt: number | undefined;
  readonly overtime: () => void;
}

export function sessionClock({ beatMs, beat, endsAt, overtime }: SessionClockOptions): Disposable {
  let isBeating = false;
  const beats = setInterval(() => {
    if (isBeating) return;
    isBeating = true;
    void beat().finally(() => (isBeating = false));
  }, beatMs);
  const end = endsAt === undefined ? undefined : setTimeout(overtime, Math.max(0, endsAt - Date.now()));
  return {
    dispose() {
      clearInterval(beats);
      clearTimeout(end);
    },
  };
}
