// The unified diff of one file as hunks, byte for byte (as latin1 text), and a patch of exactly one of them.
import { createHash } from 'node:crypto';

export interface Hunk {
  /** Of its place and its text: the same hunk of a later look has the same id, one that changed has another. */
  readonly id: string;
  /** Lines of the base, from 1; `oldLines` may be 0: then it stands after line `oldStart`. */
  readonly oldStart: number;
  readonly oldLines: number;
  /** Lines of the file as it is now. */
  readonly newStart: number;
  readonly newLines: number;
  /** Where the first and last changed line stands in the file as it is now; of a mere removal, the line before it. */
  readonly changed: { readonly first: number; readonly last: number };
  /** From `@@` to its last line's end. Each character is one byte. */
  readonly text: string;
}

const HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Reads the hunks of a diff of one file; none where only its name or mode changed, or where it is binary. */
export function parseHunks(diff: string): Hunk[] {
  const lines = diff.split(/(?<=\n)/);
  const hunks: Hunk[] = [];
  for (let at = 0; at < lines.length; ) {
    const header = HEADER.exec(lines[at] ?? '');
    if (header === null) {
      at++;
      continue;
    }
    const [, oldStart = '', oldLines = '1', newStart = '', newLines = '1'] = header;
    const begin = at++;
    let [oldLeft, newLeft] = [Number(oldLines), Number(newLines)];
    let line = Number(newStart);
    let first: number | undefined;
    let last = 0;
    for (; at < lines.length && (oldLeft > 0 || newLeft > 0 || lines[at]?.startsWith('\\')); at++) {
      const mark = lines[at]?.[0];
      if (mark === '+' || mark === '-') {
        const place = mark === '+' ? line : Math.max(1, line - 1);
        first ??= place;
        last = Math.max(last, place);
      }
      if (mark !== '+' && mark !== '\\') oldLeft--;
      if (mark !== '-' && mark !== '\\') {
        newLeft--;
        line++;
      }
    }
    const text = lines.slice(begin, at).join('');
    const id = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 16);
    hunks.push({ id, oldStart: Number(oldStart), oldLines: Number(oldLines), newStart: Number(newStart), newLines: Number(newLines), changed: { first: first ?? Number(newStart), last }, text });
  }
  return hunks;
}

/** A patch of this hunk alone, for the file at this path (UTF-8). */
export function patchOf(path: string, hunk: Hunk): Buffer {
  const [from, to] = [quoted(`a/${path}`), quoted(`b/${path}`)];
  return Buffer.concat([Buffer.from(`diff --git ${from} ${to}\n--- ${from}\n+++ ${to}\n`, 'latin1'), Buffer.from(hunk.text, 'latin1')]);
}

/** As git quotes names: a C string, bytes outside ASCII in octal. */
function quoted(name: string): string {
  const bytes = [...Buffer.from(name, 'utf8')];
  return `"${bytes.map((byte) => (byte === 0x22 || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : byte < 0x20 || byte > 0x7e ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte))).join('')}"`;
}

/** The hunk's lines for people, without its header. */
export function hunkLines(hunk: Hunk): string[] {
  return Buffer.from(hunk.text, 'latin1').toString('utf8').replace(/\n$/, '').split('\n').slice(1);
}
