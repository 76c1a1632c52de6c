// Delays between attempts: doubling from a first delay to a longest one, with jitter, reset by success.

export interface BackoffOptions {
  /** Milliseconds before the second attempt. */
  readonly firstMs: number;
  /** The longest delay, in milliseconds. */
  readonly longestMs: number;
  /** Share of the delay that is random, 0 to 1. */
  readonly jitter?: number;
}

/** The next delay is `min(longest, first * 2^n)`, less a random share of up to `jitter`. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #attempts = 0;

  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { firstMs, longestMs, jitter = 0.25 } = this.#options;
    const delay = Math.min(longestMs, firstMs * 2 ** this.#attempts++);
    return Math.round(delay * (1 - jitter * this.#random()));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
