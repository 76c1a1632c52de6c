// Waiting with an end: every wait has a deadline or a cancellation signal.
import { AgentsError } from './errors.ts';
import type { Event } from './event.ts';

export interface WaitOptions {
  /** Milliseconds until the wait fails with reason `timeout`. */
  readonly timeoutMs?: number | undefined;
  /** Fails the wait with reason `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Names what is waited for, in the error's sentence. */
  readonly what: string;
}

/** Throws a `cancelled` AgentsError if the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

export function cancelled(): AgentsError {
  return new AgentsError('cancelled', 'Cancelled.');
}

/** Waits for `work`, or fails by deadline or cancellation; the work itself is not stopped by that. */
export function waitFor<T>(work: PromiseLike<T>, options: WaitOptions): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const { timeoutMs, signal, what } = options;
    const onAbort = (): void => settle(() => reject(cancelled()));
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => settle(() => reject(new AgentsError('timeout', `Timed out after ${timeoutMs} ms waiting for ${what}.`))), timeoutMs);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    if (signal?.aborted) {
      onAbort();
      work.then(undefined, () => undefined);
      return;
    }
    signal?.addEventListener('abort', onAbort);
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
  });
}

/** Waits for the first event value that `accept` takes. */
export function waitForEvent<T>(event: Event<T>, accept: (value: T) => boolean, options: WaitOptions): Promise<T> {
  let subscription: { dispose(): void } | undefined;
  const seen = new Promise<T>((resolve) => {
    subscription = event((value) => {
      if (accept(value)) resolve(value);
    });
  });
  return waitFor(seen, options).finally(() => subscription?.dispose());
}

/** Resolves after so many milliseconds; fails with `cancelled` when the signal fires. For programs that need a moment, not for anything that tells when it is done. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  return waitFor(over, { signal, what: 'a moment' }).finally(() => clearTimeout(timer));
}
