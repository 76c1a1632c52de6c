// The order in which a socket's frames are worked off: one after the other, but for batches of events, which wait for their commit side by side.
export class FrameOrder {
  readonly #onCrowd: (crowded: boolean) => void;
  readonly #most: number;
  #last: Promise<void> = Promise.resolve();
  readonly #side = new Set<Promise<void>>();
  #waiting = 0;
  #crowded = false;

  /** `onCrowd` is told when more than `most` frames wait, and when few do again: the socket is not read meanwhile. */
  constructor(most: number, onCrowd: (crowded: boolean) => void) {
    this.#most = most;
    this.#onCrowd = onCrowd;
  }

  /** After all that came before it, and before all that comes later. `work` catches its own faults. */
  inTurn(work: () => Promise<void>): void {
    const before = Promise.all([this.#last, ...this.#side]);
    this.#last = this.#count(before.then(work));
  }

  /** After what came before it in turn, and beside others of its kind. */
  beside(work: () => Promise<void>): void {
    const done = this.#count(this.#last.then(work));
    this.#side.add(done);
    void done.then(() => this.#side.delete(done));
  }

  #count(done: Promise<void>): Promise<void> {
    this.#waiting++;
    this.#tell();
    return done.then(() => {
      this.#waiting--;
      this.#tell();
    });
  }

  #tell(): void {
    const crowded = this.#crowded ? this.#waiting > this.#most / 4 : this.#waiting > this.#most;
    if (crowded === this.#crowded) return;
    this.#crowded = crowded;
    this.#onCrowd(crowded);
  }
}
