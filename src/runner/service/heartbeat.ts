// A session's heartbeat: one beat after the other, never two at once.
import { toDisposable, type Disposable } from '../../base/disposable.ts';

/** `beat` never rejects; while one is not over the next is left out. */
export function heartbeat(everyMs: number, beat: () => Promise<void>): Disposable {
  let isBeating = false;
  const beats = setInterval(() => {
    if (isBeating) return;
    isBeating = true;
    void beat().finally(() => (isBeating = false));
  }, everyMs);
  return toDisposable(() => clearInterval(beats));
}
