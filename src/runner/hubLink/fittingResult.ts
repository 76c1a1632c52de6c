// A task's result cut to what a frame takes: the ends of long outputs are what tells.
import { MAX_FRAME_BYTES, type TaskResult } from '../../protocol/hubWire/sibylFrames.ts';

/** Bytes, with room for the rest of the frame. */
const MOST = MAX_FRAME_BYTES - 16 * 1024;
const CUT = '[... cut ...]\n';

export function fittingResult(result: TaskResult): TaskResult {
  let fitting = result;
  for (let most = MOST / 2; bytesOf(fitting) > MOST && most >= 1; most = Math.floor(most / 2)) {
    const { stdout, stderr, output, error, command } = result;
    fitting = { ...result, stdout: end(stdout, most), stderr: end(stderr, most), output: end(output, most), error: end(error, most), command: bytesOf(command) > most ? null : command };
  }
  return fitting;
}

function end(text: string | null | undefined, most: number): string | null | undefined {
  return typeof text !== 'string' || text.length <= most ? text : CUT + text.slice(-most);
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
