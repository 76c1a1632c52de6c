// A journal that another process writes, followed as it grows: the kernel tells of each change of its folder, and only what is new is read.
import { statSync, watch } from 'node:fs';
import { fileLines } from '../../base/fileLines.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import { eventOf } from './eventLine.ts';
import { listSegments, segmentsFrom } from './segments.ts';

export interface FollowOptions {
  /** Ends it: the generator is done then, without an error. */
  readonly signal: AbortSignal;
  readonly log?: Log | undefined;
}

/** Milliseconds without a word of the kernel after which it is looked all the same: not every file system tells of changes. */
const SILENCE_MS = 5_000;

/** The events from `fromSeq` on, those to come too, until the session's last one, or the signal. The folder must be there. */
export async function* followJournal(folder: string, fromSeq: number, { signal, log = silentLog }: FollowOptions): AsyncGenerator<RunnerEvent, void, void> {
  const changes = new Changes(folder, signal);
  try {
    let next = Math.max(1, fromSeq);
    /** Bytes of each segment that were read: whole lines. */
    const read = new Map<string, number>();
    while (!signal.aborted) {
      const looked = changes.count;
      for (const { path } of segmentsFrom(listSegments(folder), next)) {
        let start = read.get(path) ?? 0;
        // Mended by its next writer: what was read is known by its numbers.
        if (start > (statSync(path, { throwIfNoEntry: false })?.size ?? 0)) start = 0;
        for await (const line of fileLines(path, { start })) {
          read.set(path, (start += Buffer.byteLength(line) + 1));
          const event = eventOf(line);
          if (event === undefined) log.warn(`${path}: a line that is no event of this version was passed over.`);
          if (event === undefined || event.seq < next) continue;
          next = event.seq + 1;
          yield event;
          if (event.type === 'SESSION_ENDED' || signal.aborted) return;
        }
      }
      await changes.since(looked);
    }
  } finally {
    changes.dispose();
  }
}

/** Counts what the kernel tells of a folder: nothing is missed between a look and the wait for the next change. */
class Changes {
  readonly #watcher: ReturnType<typeof watch>;
  readonly #signal: AbortSignal;
  #wake: (() => void) | undefined;
  count = 0;

  constructor(folder: string, signal: AbortSignal) {
    this.#signal = signal;
    this.#watcher = watch(folder, { persistent: false }, () => this.#changed());
    this.#watcher.on('error', () => this.#changed());
    signal.addEventListener('abort', this.#changed);
  }

  readonly #changed = (): void => {
    this.count++;
    this.#wake?.();
  };

  async since(count: number): Promise<void> {
    if (this.count !== count || this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SILENCE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  dispose(): void {
    this.#signal.removeEventListener('abort', this.#changed);
    this.#watcher.close();
    this.#wake?.();
  }
}
