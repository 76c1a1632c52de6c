// The end of a journal: found by reading backwards from the last byte, so that its length costs nothing; and a torn end cut off.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync } from 'node:fs';
import { headOf, type LineHead } from './eventLine.ts';
import { listSegments, type Segment } from './segments.ts';

/** Bytes read at first; doubled while they hold no whole line. */
const FIRST_LOOK = 16 * 1024;
const NEWLINE = 0x0a;

export interface SegmentEnd {
  /** The last whole line, or undefined when there is none. */
  readonly last: LineHead | undefined;
  /** Where that line ends, its newline included. */
  readonly end: number;
  /** Of the file. What lies between is torn: the rest of a write that was never told to anybody, or damage. */
  readonly size: number;
}

/** Looks for the last whole line of a segment. */
export function segmentEnd(path: string, firstSeq: number): SegmentEnd {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    for (let look = Math.min(FIRST_LOOK, size); ; look = Math.min(look * 2, size)) {
      const found = lastLine(readAt(fd, size - look, look), look === size, firstSeq);
      if (found !== undefined) return { last: found.head, end: size - look + found.end, size };
      if (look === size) return { last: undefined, end: 0, size };
    }
  } finally {
    closeSync(fd);
  }
}

/** The last line of `bytes` that is whole. The first one counts only when `bytes` begin at the file's beginning. */
function lastLine(bytes: Buffer, fromStart: boolean, firstSeq: number): { readonly head: LineHead; readonly end: number } | undefined {
  let newline = bytes.lastIndexOf(NEWLINE);
  while (newline >= 0) {
    const before = newline === 0 ? -1 : bytes.lastIndexOf(NEWLINE, newline - 1);
    if (before < 0 && !fromStart) return undefined;
    const head = headOf(bytes.toString('utf8', before + 1, newline));
    if (head !== undefined && head.seq >= firstSeq) return { head, end: newline + 1 };
    newline = before;
  }
  return undefined;
}

/** Cuts what is behind the last whole line; what was cut is kept beside the segment, for whoever wants to know. Returns its size in bytes. */
export function cutTorn(segment: Segment, { end, size }: SegmentEnd): number {
  if (end === size) return 0;
  const fd = openSync(segment.path, 'r+');
  try {
    keepAside(`${segment.path}.torn-${end}`, readAt(fd, end, size - end));
    ftruncateSync(fd, end);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return size - end;
}

/** A full disk keeps nothing aside, and must not keep the journal from being mended. */
function keepAside(path: string, bytes: Buffer): void {
  try {
    writeFileSync(path, bytes, { mode: 0o600 });
  } catch {
    // Said by the caller as cut in any case.
  }
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const count = readSync(fd, bytes, read, length - read, position + read);
    if (count === 0) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

/** Where a journal stands, read from its last lines; undefined when nothing was written yet. Changes nothing: a torn end is passed over. */
export function journalTail(folder: string): LineHead | undefined {
  for (const { path, firstSeq } of listSegments(folder).reverse()) {
    const { last } = segmentEnd(path, firstSeq);
    if (last !== undefined) return last;
  }
  return undefined;
}
