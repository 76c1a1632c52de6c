// What a group of figures is: what it needs, and how it is measured in a process of its own.
import type { Requirement } from '../support/requirements.ts';
import type { Row } from './row.ts';

export interface Measuring {
  /** Fewer repetitions, shorter waits: to see that it works, not to be quoted. */
  readonly quick: boolean;
  /** Registers what is to be ended after the measurement, also when it fails or is interrupted; the last first. */
  afterwards(end: () => unknown): void;
}

export interface FigureGroup {
  /** For `--only`. */
  readonly name: string;
  /** What the rows are called when the group cannot be measured. */
  readonly figures: readonly { readonly id: string; readonly figure: string }[];
  readonly needs: readonly Requirement[];
  /** Seconds after which it is given up. */
  readonly atMostSeconds: number;
  measure(measuring: Measuring): Promise<Row[]>;
}
