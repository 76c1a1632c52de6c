// The files of a journal: each is named after its first event's number, so that the one with any number is found by its name alone.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Segment {
  readonly path: string;
  /** The number of its first event, or of the next one when it is still empty. */
  readonly firstSeq: number;
}

const NAME = /^events-(\d{6,15})\.jsonl$/;

export function segmentPath(folder: string, firstSeq: number): string {
  return join(folder, `events-${String(firstSeq).padStart(6, '0')}.jsonl`);
}

/** In the order of their numbers; none where there is no folder. */
export function listSegments(folder: string): Segment[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name) => {
      const first = Number(NAME.exec(name)?.[1] ?? 0);
      return first > 0 ? [{ path: join(folder, name), firstSeq: first }] : [];
    })
    .sort((a, b) => a.firstSeq - b.firstSeq);
}

/** Those that may hold events from `fromSeq` on. */
export function segmentsFrom(segments: readonly Segment[], fromSeq: number): readonly Segment[] {
  const first = segments.findLastIndex(({ firstSeq }) => firstSeq <= fromSeq);
  return segments.slice(Math.max(0, first));
}
