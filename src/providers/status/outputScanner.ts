// Finds in a pane's raw bytes what tmux keeps off the screen: program status (OSC 7501), our hooks' reports (OSC 7502), titles and bells.

export type OutputEvent =
  /** What follows `7501;`. */
  | { readonly type: 'osc7501'; readonly text: string }
  /** At most 1,000 characters; of titles that directly follow each other in one feed only the last. */
  | { readonly type: 'title'; readonly text: string }
  /** What follows `7502;`. */
  | { readonly type: 'hook'; readonly text: string }
  /** One for any number in a row. */
  | { readonly type: 'bell' };

/** Bytes of one OSC that are kept; a longer one is dropped and counted. */
export const MAX_OSC_BYTES = 128 * 1024;
const MAX_TITLE_CHARACTERS = 1_000;
/** The longest prefix that is looked for, `7501;`, and no byte more. */
const PREFIX_BYTES = 5;

const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const BRACKET = 0x5d;
const BACKSLASH = 0x5c;

const kinds: Readonly<Record<string, 'osc7501' | 'title' | 'hook'>> = { '0;': 'title', '2;': 'title', '7501;': 'osc7501', '7502;': 'hook' };

/** `ground`: plain output; `escape`: after ESC; `prefix`: an OSC not yet known; `body`: one of ours; `skip`: another's. */
type Mode = 'ground' | 'escape' | 'prefix' | 'body' | 'skip';

/**
 * Fed with bytes cut anywhere. Holds at most one OSC. An OSC is ended by BEL or `ESC \`; CAN, SUB, or ESC before anything else
 * abort it, so half an OSC costs no more than itself. C1 control bytes are no controls here: the stream is UTF-8.
 */
export class OutputScanner {
  #mode: Mode = 'ground';
  /** Within an OSC: the last byte was ESC. */
  #escaped = false;
  #prefix = '';
  #kind: 'osc7501' | 'title' | 'hook' = 'title';
  #body: Buffer[] = [];
  #size = 0;
  #dropped = 0;

  /** OSCs of ours that were too long. */
  get dropped(): number {
    return this.#dropped;
  }

  feed(bytes: Buffer): OutputEvent[] {
    const events: OutputEvent[] = [];
    let at = 0;
    let bell = -2;
    while (at < bytes.length) {
      if (this.#mode === 'ground') {
        // The fast path: plain output is searched by the machine, not walked through.
        const escape = bytes.indexOf(ESC, at);
        const end = escape < 0 ? bytes.length : escape;
        if (bell < at && bell !== -1) bell = bytes.indexOf(BEL, at);
        if (bell >= at && bell < end) add(events, { type: 'bell' });
        if (escape < 0) break;
        this.#mode = 'escape';
        at = escape + 1;
      } else if (this.#mode === 'escape') {
        const byte = bytes[at];
        if (byte === BRACKET) this.#begin();
        else if (byte !== ESC) this.#mode = 'ground';
        // A bell after a lone ESC is one for the ground to find.
        at += byte === BEL ? 0 : 1;
      } else if (this.#mode === 'prefix') {
        at = this.#readPrefix(bytes, at);
      } else {
        at = this.#readBody(bytes, at, events);
      }
    }
    return events;
  }

  #begin(): void {
    this.#mode = 'prefix';
    this.#escaped = false;
    this.#prefix = '';
    this.#body = [];
    this.#size = 0;
  }

  #readPrefix(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20) {
      // An end or an abort, which the body knows how to read, of an OSC that is none of ours.
      this.#mode = 'skip';
      return at;
    }
    this.#prefix += String.fromCharCode(byte);
    const kind = kinds[this.#prefix];
    if (kind !== undefined) {
      this.#kind = kind;
      this.#mode = 'body';
    } else if (byte < 0x30 || byte > 0x39 || this.#prefix.length === PREFIX_BYTES) {
      this.#mode = 'skip';
    }
    return at + 1;
  }

  /** Reads up to the end of the OSC or of the bytes. */
  #readBody(bytes: Buffer, start: number, events: OutputEvent[]): number {
    let from = start;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#escaped) {
        if (byte === BACKSLASH) {
          this.#end(events);
          return at + 1;
        }
        // tmux's passthrough doubles the ESC.
        if (byte === ESC) {
          from = at + 1;
          continue;
        }
        // Anything else: the OSC is aborted, and this ESC begins something new.
        this.#mode = 'escape';
        return at;
      }
      if (byte >= 0x20) continue;
      this.#keep(bytes, from, at);
      // What is no end is a control character that terminals ignore here: a line break within base64.
      from = at + 1;
      if (byte === BEL) {
        this.#end(events);
        return at + 1;
      }
      if (byte === CAN || byte === SUB) {
        this.#mode = 'ground';
        return at + 1;
      }
      if (byte === ESC) this.#escaped = true;
    }
    if (!this.#escaped) this.#keep(bytes, from, bytes.length);
    return bytes.length;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#mode !== 'body' || from >= to) return;
    this.#size += to - from;
    if (this.#size > MAX_OSC_BYTES) {
      this.#dropped++;
      this.#mode = 'skip';
      this.#body = [];
      return;
    }
    // A copy: the caller's buffer may be reused or be large.
    this.#body.push(Buffer.from(bytes.subarray(from, to)));
  }

  #end(events: OutputEvent[]): void {
    if (this.#mode === 'body') {
      const text = Buffer.concat(this.#body).toString('utf8');
      add(events, { type: this.#kind, text: this.#kind === 'title' ? text.slice(0, MAX_TITLE_CHARACTERS) : text });
    }
    this.#body = [];
    this.#mode = 'ground';
  }
}

/** Bells in a row are one, titles in a row are the last, the same status in a row is one: a flood stays small. */
function add(events: OutputEvent[], event: OutputEvent): void {
  const last = events.at(-1);
  if (last?.type === 'title' && event.type === 'title') events[events.length - 1] = event;
  else if (last?.type === 'bell' && event.type === 'bell') return;
  else if (last?.type === 'osc7501' && event.type === 'osc7501' && last.text === event.text) return;
  else events.push(event);
}
