// A recording's frames, for replays: of all its parts, as one stream of time; and a player that gives them in their time.
import { AgentsError } from '../../base/errors.ts';
import { fileLines } from '../../base/fileLines.ts';
import { pause, throwIfCancelled } from '../../base/wait.ts';
import { frameOf, headerOf, type CastFrame, type CastHeader } from './castFormat.ts';
import { earlierPart } from './castRecorder.ts';

/** Frames in order; `at` counts seconds from the recording's beginning. The first one is always a resize. Broken lines are left out. Throws `not-found`, or `bad-input` for what is no asciicast v2. */
export async function* castFrames(path: string): AsyncGenerator<CastFrame, void, void> {
  let began: number | undefined;
  let shift = 0;
  let parts = 0;
  for (const part of [earlierPart(path), path]) {
    let header: CastHeader | undefined;
    for await (const line of linesOf(part)) {
      if (line === '') continue;
      if (header === undefined) {
        header = headerOf(line);
        if (header === undefined) throw new AgentsError('bad-input', `${part} is no recording of a terminal.`, { hint: 'A recording is a file in the asciicast v2 format.' });
        parts++;
        began ??= header.timestamp;
        shift = header.timestamp === undefined || began === undefined ? shift : header.timestamp - began;
        yield { at: shift, kind: 'resize', columns: header.width, rows: header.height };
        continue;
      }
      const frame = frameOf(line);
      if (frame !== undefined) yield { ...frame, at: frame.at + shift };
    }
  }
  if (parts === 0) throw new AgentsError('not-found', `There is no recording ${path}.`);
}

export interface PlayOptions {
  /** 2 is twice as fast; Infinity shows all at once. Default: 1. */
  readonly speed?: number | undefined;
  /** Seconds of silence at most, before `speed`. Default: as recorded. */
  readonly longestIdle?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Gives each frame when its time has come; resolves after the last one. Throws `cancelled` when the signal fires. */
export async function playCast(frames: AsyncIterable<CastFrame>, show: (frame: CastFrame) => unknown, { speed = 1, longestIdle = Infinity, signal }: PlayOptions = {}): Promise<void> {
  let before: number | undefined;
  let due = performance.now();
  for await (const frame of frames) {
    throwIfCancelled(signal);
    const idle = Math.min(longestIdle, Math.max(0, frame.at - (before ?? frame.at)));
    before = frame.at;
    due += (idle * 1_000) / speed;
    const left = due - performance.now();
    if (left > 1) await pause(left, signal);
    await show(frame);
  }
}

async function* linesOf(path: string): AsyncGenerator<string, void, void> {
  try {
    yield* fileLines(path, { last: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
