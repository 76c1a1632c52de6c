// The bytes of tmux's control mode (tmux(1), CONTROL MODE) as events. Pure; fed with chunks cut anywhere.
import type { PaneId } from './types.ts';
import { parseNotification, type TmuxNotification } from './notifications.ts';

/** The answer to one command: everything between `%begin` and the `%end` or `%error` with the same time, number and flags. */
export interface ControlBlock {
  readonly number: number;
  /** Bit 0 says that this client's own command is answered, not one of a hook or of another client. */
  readonly flags: number;
  readonly failed: boolean;
  readonly body: Buffer;
}

export interface ControlHandler {
  block(block: ControlBlock): void;
  /** Raw pane bytes, a part of a chunk that was pushed and stay as they are. Called only for panes that `wantsOutput` accepts: the others are not even unescaped. */
  output(pane: PaneId, bytes: Buffer): void;
  wantsOutput(pane: PaneId): boolean;
  notification(notification: TmuxNotification): void;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const SPACE = 0x20;
const ZERO = 0x30;
const OUTPUT = Buffer.from('%output ');
const EXTENDED_OUTPUT = Buffer.from('%extended-output ');
const EXTENDED_SEPARATOR = Buffer.from(' : ');
const BEGIN = Buffer.from('%begin ');
const END = Buffer.from('%end ');
const ERROR = Buffer.from('%error ');
/** `tmux -CC` wraps everything in a DCS string; plain `-C` does not, but its introducer costs nothing to skip. */
const INTRODUCER = Buffer.from('\u001bP1000p');

export class ControlParser {
  readonly #handler: ControlHandler;
  #partial: Buffer[] = [];
  #open: { readonly guard: string; readonly lines: Buffer[] } | undefined;

  constructor(handler: ControlHandler) {
    this.#handler = handler;
  }

  /** Takes the chunk over: output is unescaped in its place, so that a flood costs no memory. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      let line = chunk.subarray(start, end);
      if (this.#partial.length > 0) {
        line = Buffer.concat([...this.#partial, line]);
        this.#partial = [];
      }
      this.#line(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#partial.push(chunk.subarray(start));
  }

  #line(raw: Buffer): void {
    const line = startsWith(raw, INTRODUCER) ? raw.subarray(INTRODUCER.length) : raw;
    if (this.#open) {
      this.#blockLine(this.#open, line);
      return;
    }
    if (line[0] !== PERCENT) return;
    if (startsWith(line, OUTPUT)) this.#output(line, OUTPUT.length);
    else if (startsWith(line, EXTENDED_OUTPUT)) this.#output(line, EXTENDED_OUTPUT.length, EXTENDED_SEPARATOR);
    else if (startsWith(line, BEGIN)) this.#open = { guard: text(line, BEGIN.length), lines: [] };
    else this.#handler.notification(parseNotification(text(line, 0)));
  }

  #blockLine(open: { readonly guard: string; readonly lines: Buffer[] }, line: Buffer): void {
    const prefix = startsWith(line, END) ? END : startsWith(line, ERROR) ? ERROR : undefined;
    if (prefix === undefined || text(line, prefix.length) !== open.guard) {
      open.lines.push(line);
      return;
    }
    this.#open = undefined;
    const [, number, flags] = open.guard.split(' ').map(Number);
    this.#handler.block({ number: number ?? NaN, flags: flags ?? 0, failed: prefix === ERROR, body: joinLines(open.lines) });
  }

  #output(line: Buffer, at: number, separator?: Buffer): void {
    const space = line.indexOf(SPACE, at);
    if (space === -1) return;
    const pane = paneIdAt(line, at, space);
    if (pane === undefined || !this.#handler.wantsOutput(pane)) return;
    // `%extended-output %1 AGE ... : BYTES`: whatever stands before the separator is for later versions.
    const separated = separator ? line.indexOf(separator, space) : space;
    if (separated === -1) return;
    this.#handler.output(pane, unescapeOctal(line.subarray(separated + (separator?.length ?? 1))));
  }
}

/** Replaces `\ooo` (three octal digits) by its byte, in place: the result is the beginning of what was given. Everything else stands for itself. */
export function unescapeOctal(escaped: Buffer): Buffer {
  let from = escaped.indexOf(BACKSLASH);
  if (from === -1) return escaped;
  let length = from;
  while (from !== -1) {
    const byte = octalAt(escaped, from + 1);
    escaped[length++] = byte ?? BACKSLASH;
    from += byte === undefined ? 1 : 4;
    const next = escaped.indexOf(BACKSLASH, from);
    const end = next === -1 ? escaped.length : next;
    escaped.copyWithin(length, from, end);
    length += end - from;
    from = next;
  }
  return escaped.subarray(0, length);
}

/** The byte that three octal digits stand for, or undefined where they are no such digits. */
function octalAt(bytes: Buffer, at: number): number | undefined {
  const a = (bytes[at] ?? 0) - ZERO;
  const b = (bytes[at + 1] ?? 0) - ZERO;
  const c = (bytes[at + 2] ?? 0) - ZERO;
  if (a < 0 || a > 7 || b < 0 || b > 7 || c < 0 || c > 7) return undefined;
  return ((a << 6) | (b << 3) | c) & 0xff;
}

function startsWith(line: Buffer, prefix: Buffer): boolean {
  return line.length >= prefix.length && line.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

function text(line: Buffer, from: number): string {
  return line.toString('utf8', from, line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length);
}

function paneIdAt(line: Buffer, from: number, to: number): PaneId | undefined {
  if (line[from] !== PERCENT) return undefined;
  const number = Number(line.toString('latin1', from + 1, to));
  return Number.isInteger(number) ? `%${number}` : undefined;
}

function joinLines(lines: readonly Buffer[]): Buffer {
  const newline = Buffer.from('\n');
  return Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [newline, line])));
}
