// The lines of a file of any size, by newline alone: text of agents may hold every other character that some call a line's end.
import { createReadStream } from 'node:fs';

const NEWLINE = 0x0a;

/**
 * Whole lines without their newlines, as they are on disk now. Bytes are joined before they are read as text: no character is broken.
 * A last line without a newline may still be being written: it is left out, unless `last` is true. A file that is not there throws as Node does.
 */
export async function* fileLines(path: string, { last = false, start = 0 }: { readonly last?: boolean; readonly start?: number } = {}): AsyncGenerator<string, void, void> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, from)) {
      const part = chunk.subarray(from, newline);
      yield rest.length === 0 ? part.toString('utf8') : Buffer.concat([...rest, part]).toString('utf8');
      rest = [];
      from = newline + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (last && rest.length > 0) yield Buffer.concat(rest).toString('utf8');
}
