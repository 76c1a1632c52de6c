// Putting a prompt into a terminal program: pasted, seen, and only then submitted. Programs take an Enter that comes too soon for a line break.
import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';
import { throwIfCancelled, waitForEvent } from '../base/wait.ts';

export interface PromptTarget {
  paste(): Promise<void>;
  submit(): Promise<void>;
  /** Calls back with each piece of output. */
  onOutput(listener: () => void): Disposable;
}

/** Milliseconds to wait for the program to show something of the paste. */
const ECHO_MS = 1_000;
/** Milliseconds without output after which the program has taken the paste in. */
const QUIET_MS = 120;
/** Milliseconds after which a program that never falls silent (a spinner) is submitted to all the same. */
const SETTLE_MS = 1_500;

/** Pastes, waits until the program has shown it and fallen silent, and submits. */
export async function deliverPrompt(target: PromptTarget, signal?: AbortSignal): Promise<void> {
  await actAndSettle(target, () => target.paste(), signal);
  await target.submit();
}

/** Acts, and resolves when the program has shown something of it and fallen silent; after at most 2.5 s all the same. */
export async function actAndSettle(target: Pick<PromptTarget, 'onOutput'>, act: () => Promise<void>, signal?: AbortSignal): Promise<void> {
  throwIfCancelled(signal);
  const settled = new Emitter<void>();
  const settle = (): void => settled.fire();
  let answered = false;
  let quiet: NodeJS.Timeout | undefined;
  let longest: NodeJS.Timeout | undefined;
  const subscription = target.onOutput(() => {
    answered = true;
    if (quiet === undefined) return;
    clearTimeout(quiet);
    quiet = setTimeout(settle, QUIET_MS);
  });
  try {
    await act();
    quiet = setTimeout(settle, answered ? QUIET_MS : ECHO_MS);
    longest = setTimeout(settle, ECHO_MS + SETTLE_MS);
    await waitForEvent(settled.event, () => true, { signal, what: 'the program to show the prompt' });
  } finally {
    clearTimeout(quiet);
    clearTimeout(longest);
    subscription.dispose();
  }
}
