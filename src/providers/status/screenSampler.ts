// When to look at a screen: soon after it changed, seldom where a better source speaks, never while nothing happens. What it says counts once two looks agree.
import type { Disposable } from '../../base/disposable.ts';

/** Milliseconds. `quiet`: without output, after which the screen is complete; `busy`: between looks while it goes on printing; `confirm`: between the two looks that must agree. */
export interface SamplePace {
  readonly quiet: number;
  readonly busy: number;
  readonly confirm: number;
}

/** The screen decides, or may overrule. */
export const WATCHFUL: SamplePace = { quiet: 80, busy: 250, confirm: 100 };
/** A source that sees everything decides: the screen only has to notice when that one dies. */
export const RELAXED: SamplePace = { quiet: 250, busy: 5_000, confirm: 500 };

/** Milliseconds between two looks at a screen that cannot be seen, at the most. */
const LONGEST_RETRY_MS = 5_000;

export interface SamplerPort<Look> {
  /** Looks once; a failure counts as no look. */
  look(): Promise<Look>;
  /** Two looks with the same key say the same thing. */
  keyOf(look: Look): string;
  /** Told each look that agrees with the one before it. */
  settled(look: Look): void;
  failed(error: unknown): void;
}

export class ScreenSampler<Look> implements Disposable {
  readonly #port: SamplerPort<Look>;
  readonly #now: () => number;
  #pace: SamplePace = WATCHFUL;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #lastOutput = 0;
  #dirtySince: number | undefined;
  #candidate: string | undefined;
  #settledKey: string | undefined;
  #hurried = false;
  #failures = 0;
  #looking = false;
  /** It was laid to rest in the middle of a look: whatever that sees is over. */
  #resting = false;
  #rests: (() => void)[] = [];
  #disposed = false;

  constructor(port: SamplerPort<Look>, now: () => number = Date.now) {
    this.#port = port;
    this.#now = now;
  }

  /** The pace of looks that are not yet arranged. */
  set pace(pace: SamplePace) {
    this.#pace = pace;
  }

  /** The pane printed something. Cheap. */
  touch(): void {
    this.#lastOutput = this.#now();
    this.#dirtySince ??= this.#lastOutput;
    if (this.#looking || (this.#timer !== undefined && this.#failures === 0)) return;
    this.#failures = 0;
    this.#arm(this.#current.quiet);
  }

  /** There is nothing to be seen any more, until it prints or is looked at again. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirtySince = undefined;
    this.#candidate = undefined;
    this.#resting = this.#looking;
    this.#rest();
  }

  /** Something changed that the screen may tell more of: looks at the watchful pace, whatever the pace is. */
  hurry(): void {
    this.#dirtySince ??= this.#now();
    this.#hurried = true;
    if (this.#looking || (this.#timer !== undefined && this.#dueAt <= this.#now() + WATCHFUL.quiet)) return;
    this.#arm(WATCHFUL.quiet);
  }

  /** Looks now; resolves when two looks have agreed, or a look failed. */
  settle(): Promise<void> {
    if (this.#disposed) return Promise.resolve();
    const rested = new Promise<void>((resolve) => this.#rests.push(resolve));
    this.#candidate = undefined;
    if (!this.#looking) void this.#look();
    return rested;
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#rest();
  }

  get #current(): SamplePace {
    return this.#hurried ? WATCHFUL : this.#pace;
  }

  #arm(delay: number): void {
    clearTimeout(this.#timer);
    if (this.#disposed) return;
    this.#dueAt = this.#now() + delay;
    this.#timer = setTimeout(() => this.#due(), delay);
    this.#timer.unref();
  }

  /** While it prints, the look is put off, but not beyond the pace. */
  #due(): void {
    this.#timer = undefined;
    const now = this.#now();
    const quietFor = now - this.#lastOutput;
    const waited = now - (this.#dirtySince ?? now);
    const { quiet, busy } = this.#current;
    if (this.#candidate === undefined && quietFor < quiet && waited < busy) this.#arm(Math.min(quiet - quietFor, busy - waited));
    else void this.#look();
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#looking = true;
    const dirtySince = this.#dirtySince;
    this.#dirtySince = undefined;
    try {
      const look = await this.#port.look();
      if (this.#disposed) return;
      this.#failures = 0;
      if (!this.#resting) this.#took(look);
    } catch (error) {
      if (this.#disposed) return;
      if (!this.#resting) this.#failed(dirtySince, error);
    } finally {
      this.#looking = false;
      this.#resting = false;
    }
    if (this.#disposed || this.#timer !== undefined) return;
    // Somebody waits for a look that was asked for after it had been laid to rest.
    if (this.#rests.length > 0 && this.#candidate === undefined) this.#dirtySince ??= this.#now();
    if (this.#candidate !== undefined) this.#arm(this.#current.confirm);
    else if (this.#dirtySince !== undefined) this.#arm(this.#failures === 0 ? this.#current.quiet : Math.min(LONGEST_RETRY_MS, this.#current.quiet * 2 ** this.#failures));
  }

  #failed(dirtySince: number | undefined, error: unknown): void {
    this.#failures++;
    this.#candidate = undefined;
    // Also where the second of two looks failed: what the first one saw is not settled, and nothing need be printed any more.
    this.#dirtySince ??= dirtySince ?? this.#now();
    this.#rest();
    this.#port.failed(error);
  }

  #took(look: Look): void {
    const key = this.#port.keyOf(look);
    // What was settled before needs no second look to be said again.
    if (key === this.#candidate || (key === this.#settledKey && this.#rests.length === 0)) {
      this.#candidate = undefined;
      this.#settledKey = key;
      this.#hurried = false;
      this.#port.settled(look);
      this.#rest();
    } else {
      this.#candidate = key;
    }
  }

  #rest(): void {
    for (const resolve of this.#rests.splice(0)) resolve();
  }
}
