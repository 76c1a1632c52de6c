// Keeps a terminal's output as an asciicast: characters whole, secrets taken out, and no more than so many bytes on disk.
// A recording is for people to look at, not the truth about a session: a full disk costs its frames, and nothing else.
import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { RedactedStream, Redactor } from '../../base/redact.ts';
import { writeWhole } from '../../base/writeWhole.ts';
import { encodeFrame, headerOf, type CastHeader } from './castFormat.ts';

export interface RecorderOptions {
  readonly columns: number;
  readonly rows: number;
  readonly title?: string | undefined;
  readonly redactor?: Redactor | undefined;
  /** Bytes kept at most: when a part reaches half of it the part before goes. Default: 32 MiB. */
  readonly maxBytes?: number | undefined;
  readonly log?: Log | undefined;
  /** Unix time in ms. */
  readonly now?: (() => number) | undefined;
}

/** Bytes at a part's beginning in which its header is looked for. */
const HEADER = 64 * 1024;
/** Of a part that begins in the middle: the replay starts with an empty terminal, in its first state. */
const RESET = '\u001bc';
/** Bytes that may wait for a slow disk; more are left out. */
const WAITING = 8 * 1024 * 1024;

/** The part before the one that is written. */
export function earlierPart(path: string): string {
  return path.replace(/(\.cast)?$/, '.1.cast');
}

export class CastRecorder {
  readonly path: string;
  readonly #options: RecorderOptions;
  readonly #now: () => number;
  readonly #decoder = new StringDecoder('utf8');
  readonly #redacted: RedactedStream | undefined;
  #size: { readonly columns: number; readonly rows: number };
  #fd: number;
  #written: number;
  /** Unix time in ms of the part's beginning. */
  #began: number;
  #pending = '';
  #pendingAt = 0;
  #lines: string[] = [];
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #lost = false;
  #closed = false;

  /** Begins the recording, or goes on with the one that is there. Throws when the file cannot be opened. */
  constructor(path: string, options: RecorderOptions) {
    this.path = path;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#redacted = options.redactor?.stream();
    this.#size = { columns: options.columns, rows: options.rows };
    this.#began = this.#now();
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const kept = existsSync(path) ? goOn(path) : undefined;
    this.#fd = kept?.fd ?? openSync(path, 'w', 0o600);
    this.#written = kept?.size ?? 0;
    if (kept?.header === undefined) this.#begin();
    else {
      if (kept.header.timestamp !== undefined) this.#began = kept.header.timestamp * 1_000;
      this.resize(options.columns, options.rows);
    }
  }

  /** Output as it comes: bytes or text, cut anywhere. */
  write(chunk: Uint8Array | string): void {
    if (this.#closed) return;
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#output(this.#redacted?.write(text) ?? text);
  }

  resize(columns: number, rows: number): void {
    if (this.#closed) return;
    this.#endFrame();
    this.#size = { columns, rows };
    this.#line('r', `${columns}x${rows}`, this.#now());
  }

  /** Resolves when what was written so far is in the file, but for what a secret's end is waited for with. */
  async flush(): Promise<void> {
    this.#endFrame();
    while (this.#writing !== undefined) await this.#writing;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const rest = this.#decoder.end();
    this.#output((this.#redacted?.write(rest) ?? rest) + (this.#redacted?.end() ?? ''));
    this.#closed = true;
    await this.flush();
    closeSync(this.#fd);
  }

  /** What comes in one turn of the event loop is one frame. */
  #output(text: string): void {
    if (text === '') return;
    if (this.#pending === '') this.#pendingAt = this.#now();
    this.#pending += text;
    this.#writing ??= this.#writeSoon();
  }

  #endFrame(): void {
    if (this.#pending === '') return;
    const data = this.#pending;
    this.#pending = '';
    this.#line('o', data, this.#pendingAt);
  }

  #line(code: 'o' | 'r', data: string, at: number): void {
    const line = encodeFrame(Math.max(0, at - this.#began) / 1_000, code, data);
    if (this.#waiting > WAITING) return this.#lose('the disk is too slow');
    this.#lines.push(line);
    this.#waiting += line.length;
    this.#writing ??= this.#writeSoon();
  }

  async #writeSoon(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      for (this.#endFrame(); this.#lines.length > 0; this.#endFrame()) {
        if (this.#written >= (this.#options.maxBytes ?? 32 * 1024 * 1024) / 2) this.#nextPart();
        const text = this.#lines.splice(0).join('');
        this.#waiting = 0;
        const bytes = Buffer.from(text);
        await writeWhole(this.#fd, bytes, this.#written);
        this.#written += bytes.length;
      }
      this.#lost = false;
    } catch (error) {
      this.#lose(messageOf(error));
    } finally {
      this.#writing = undefined;
    }
  }

  #nextPart(): void {
    closeSync(this.#fd);
    renameSync(this.path, earlierPart(this.path));
    this.#fd = openSync(this.path, 'w', 0o600);
    this.#written = 0;
    const before = this.#began;
    this.#began = this.#now();
    const shift = (this.#began - before) / 1_000;
    this.#lines = [encodeFrame(0, 'o', RESET), ...this.#lines.map((line) => shifted(line, shift))];
    this.#begin();
  }

  /** Of the part's file; synchronous, it comes once in many megabytes. */
  #begin(): void {
    const { title } = this.#options;
    const header: CastHeader = { version: 2, width: this.#size.columns, height: this.#size.rows, timestamp: this.#began / 1_000, ...(title === undefined ? {} : { title }), env: { TERM: 'xterm-256color' } };
    this.#written += writeSync(this.#fd, `${JSON.stringify(header)}\n`);
  }

  #lose(why: string): void {
    if (!this.#lost) (this.#options.log ?? silentLog).warn(`The recording ${this.path} misses output: ${why}.`);
    this.#lost = true;
  }
}

function shifted(line: string, seconds: number): string {
  const [at, code, data] = JSON.parse(line) as [number, 'o' | 'r', string];
  return encodeFrame(Math.max(0, at - seconds), code, data);
}

/** Opens a recording to go on with: its broken last line is cut. One without a header begins anew. */
function goOn(path: string): { readonly fd: number; readonly size: number; readonly header: CastHeader | undefined } {
  const fd = openSync(path, 'r+');
  const { size } = fstatSync(fd);
  const start = Buffer.alloc(Math.min(HEADER, size));
  readSync(fd, start, 0, start.length, 0);
  const header = headerOf(start.toString('utf8').split('\n', 1)[0] ?? '');
  const end = header === undefined ? 0 : lastNewline(fd, size);
  ftruncateSync(fd, end);
  return { fd, size: end, header };
}

/** Where the last whole line ends. */
function lastNewline(fd: number, size: number): number {
  const bytes = Buffer.alloc(HEADER);
  for (let end = size; end > 0; end -= HEADER) {
    const from = Math.max(0, end - HEADER);
    const count = readSync(fd, bytes, 0, end - from, from);
    const newline = bytes.subarray(0, count).lastIndexOf(0x0a);
    if (newline >= 0) return from + newline + 1;
  }
  return 0;
}
