// A session's terminal recording as one asciicast v2 text, in pieces: all its parts, from the first byte that is kept.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { castFrames } from '../recording/castFrames.ts';
import { encodeFrame, headerOf } from '../recording/castFormat.ts';
import { earlierPart } from '../recording/castRecorder.ts';
import { RECORDING } from '../recorder/terminalRecorder.ts';

/** Bytes in which a header is looked for, and characters of a piece. */
const HEADER = 64 * 1024;
const PIECE = 256 * 1024;

export function hasRecording(folder: string): boolean {
  return existsSync(join(folder, RECORDING));
}

/** Unix time in s at which what is kept begins; undefined where there is no recording. */
export function castBegan(folder: string): number | undefined {
  const path = join(folder, RECORDING);
  for (const part of [earlierPart(path), path]) {
    const began = headerOf(firstLine(part))?.timestamp;
    if (began !== undefined) return began;
  }
  return undefined;
}

/** True when the recording had grown too long, and what came first is gone: two parts of it are kept, and the first begins in the middle. */
export function isCut(folder: string): boolean {
  const path = earlierPart(join(folder, RECORDING));
  return existsSync(path) && secondLine(path).includes('\\u001bc');
}

/** Pieces of its text; no line is broken. Throws as `castFrames`. */
export async function* castPieces(folder: string): AsyncGenerator<string, void, void> {
  let piece = '';
  let began = false;
  for await (const frame of castFrames(join(folder, RECORDING))) {
    if (frame.kind === 'resize' && !began) {
      piece += `${JSON.stringify({ version: 2, width: frame.columns, height: frame.rows, timestamp: castBegan(folder) })}\n`;
      began = true;
      continue;
    }
    piece += frame.kind === 'output' ? encodeFrame(frame.at, 'o', frame.data) : encodeFrame(frame.at, 'r', `${frame.columns}x${frame.rows}`);
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function firstLine(path: string): string {
  return startOf(path).split('\n', 1)[0] ?? '';
}

function secondLine(path: string): string {
  return startOf(path).split('\n', 2)[1] ?? '';
}

/** Empty where there is no such file. */
function startOf(path: string): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(HEADER);
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, HEADER, 0));
  } finally {
    closeSync(fd);
  }
}
