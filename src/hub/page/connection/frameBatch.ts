// Collects frames and hands them on once per picture that is drawn, so that a thousand agents cost one drawing.
import type { LiveFrame } from '../../../protocol/hubWire/liveFrames.ts';

/** Milliseconds after which they are handed on without a picture: none is drawn while nobody looks. */
const HIDDEN_MS = 500;

export class FrameBatch {
  readonly #handOver: (frames: readonly LiveFrame[]) => void;
  #frames: LiveFrame[] = [];

  constructor(handOver: (frames: readonly LiveFrame[]) => void) {
    this.#handOver = handOver;
  }

  add(frame: LiveFrame): void {
    this.#frames.push(frame);
    if (this.#frames.length > 1) return;
    const drawing = requestAnimationFrame(() => flush());
    const waiting = setTimeout(() => flush(), HIDDEN_MS);
    const flush = (): void => {
      cancelAnimationFrame(drawing);
      clearTimeout(waiting);
      const frames = this.#frames;
      this.#frames = [];
      this.#handOver(frames);
    };
  }
}
