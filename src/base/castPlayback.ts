// A terminal recording (asciicast v2) as something to play: its frames, and a clock on which long silences are short. Pure, for pages and the command alike.

export interface CastFrame {
  /** Seconds since the recording began. */
  readonly at: number;
  /** Output, or the terminal's new size (`80x24`). Other kinds of events are left out. */
  readonly type: 'o' | 'r';
  readonly data: string;
}

export interface Cast {
  readonly width: number;
  readonly height: number;
  /** Unix time in s at which it began; undefined where the file does not say. */
  readonly timestamp: number | undefined;
  readonly frames: readonly CastFrame[];
}

/** Reads a recording, also one that is still being written: lines that are not whole are left out. Undefined for what is no asciicast v2. */
export function parseCast(text: string): Cast | undefined {
  const [first = '', ...lines] = text.split('\n');
  const header = parsed(first);
  if (typeof header !== 'object' || header === null || !('version' in header) || header.version !== 2) return undefined;
  const { width, height, timestamp } = header as Readonly<Record<string, unknown>>;
  const frames: CastFrame[] = [];
  let latest = 0;
  for (const line of lines) {
    const frame = frameOf(line);
    if (frame === undefined) continue;
    // A clock that was set back must not make the recording go back.
    latest = Math.max(latest, frame.at);
    frames.push(frame.at === latest ? frame : { ...frame, at: latest });
  }
  return { width: sizeOr(width, 80), height: sizeOr(height, 24), timestamp: typeof timestamp === 'number' ? timestamp : undefined, frames };
}

function frameOf(line: string): CastFrame | undefined {
  const value = parsed(line);
  if (!Array.isArray(value)) return undefined;
  const [at, type, data] = value as readonly unknown[];
  if (typeof at !== 'number' || at < 0 || typeof data !== 'string') return undefined;
  return type === 'o' || type === 'r' ? { at, type, data } : undefined;
}

function parsed(line: string): unknown {
  try {
    return line === '' ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}

function sizeOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1000 ? value : otherwise;
}

/** `80x24` in numbers. */
export function sizeOf(data: string): { readonly columns: number; readonly rows: number } | undefined {
  const [, columns, rows] = /^(\d{1,4})x(\d{1,4})$/.exec(data) ?? [];
  return columns === undefined || rows === undefined ? undefined : { columns: Number(columns), rows: Number(rows) };
}

/** Times on which no silence is longer than a limit. All in seconds. */
export class PlayClock {
  /** Of each frame: when it was, and when it is played. */
  readonly #real: readonly number[];
  readonly #played: readonly number[];

  /** `idleLimit`: the longest silence that is kept; Infinity keeps all. */
  constructor(frames: readonly CastFrame[], idleLimit: number) {
    let played = 0;
    let before = 0;
    this.#real = frames.map(({ at }) => at);
    this.#played = frames.map(({ at }) => {
      played += Math.min(at - before, idleLimit);
      before = at;
      return played;
    });
  }

  /** How long playing takes at speed 1. */
  get duration(): number {
    return this.#played.at(-1) ?? 0;
  }

  /** When frame `index` is played. */
  timeOf(index: number): number {
    return this.#played[index] ?? this.duration;
  }

  /** How many frames are played by then. */
  framesUntil(played: number): number {
    return countUntil(this.#played, played);
  }

  /** When a moment of the recording is played. */
  playedAt(real: number): number {
    const index = countUntil(this.#real, real) - 1;
    if (index < 0) return 0;
    const next = this.#played[index + 1] ?? this.duration;
    return Math.min(this.timeOf(index) + (real - (this.#real[index] ?? 0)), next);
  }
}

/** How many of the ascending numbers are at most `limit`. */
function countUntil(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
