// Reading a journal, one's own or another process's: line by line from the segment that holds the first number wanted.
import { fileLines } from '../../base/fileLines.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import { eventOf, seqOf } from './eventLine.ts';
import { listSegments, segmentsFrom } from './segments.ts';

export interface ReadOptions {
  /** At most so many events. */
  readonly limit?: number | undefined;
  /** Hears of lines that cannot be read and of numbers that are missing; they cost the others nothing. */
  readonly log?: Log | undefined;
}

/** The events from `fromSeq` on that are on disk now, in order. A last line without its newline is still being written and is left out. */
export async function* readJournal(folder: string, fromSeq = 1, { limit = Infinity, log = silentLog }: ReadOptions = {}): AsyncGenerator<RunnerEvent, void, void> {
  let next = Math.max(1, fromSeq);
  let left = limit;
  if (left <= 0) return;
  for (const { path } of segmentsFrom(listSegments(folder), next)) {
    for await (const line of fileLines(path)) {
      const seq = seqOf(line);
      if (seq !== undefined && seq < next) continue;
      const event = eventOf(line);
      if (event === undefined) {
        log.warn(`${path}: a line that is no event of this version was passed over${seq === undefined ? '' : ` (number ${seq})`}.`);
        if (seq !== undefined) next = seq + 1;
        continue;
      }
      if (event.seq < next) continue;
      if (event.seq > next && next > fromSeq) log.warn(`${path}: the events ${next} to ${event.seq - 1} are missing.`);
      next = event.seq + 1;
      yield event;
      if (--left <= 0) return;
    }
  }
}
