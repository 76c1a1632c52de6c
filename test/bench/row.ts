// One line of the table: what was measured, against what, and the bar it is held to.

export type Unit = 'ms' | 'MB' | 'KB' | '%' | '';

export interface Bar {
  /** `ratio`: ours over raw; `value`: ours alone. */
  readonly of: 'ratio' | 'value';
  readonly atMost: number;
}

export interface Measured {
  /** Stable, for whoever reads the JSON. */
  readonly id: string;
  readonly figure: string;
  readonly unit: Unit;
  readonly ours: number;
  /** The raw thing, measured in the same run; absent where there is none. */
  readonly raw?: number;
  /** Absent for a row that only informs. */
  readonly bar?: Bar;
  /** How often it was measured. */
  readonly samples: number;
  /** Whatever else a reader wants to know, in a few words. */
  readonly note?: string;
}

export interface Skipped {
  readonly id: string;
  readonly figure: string;
  readonly skipped: string;
}

export type Row = Measured | Skipped;

export function ratioOf({ ours, raw }: Measured): number | undefined {
  return raw === undefined || raw === 0 ? undefined : ours / raw;
}

/** True or false where there is a bar, undefined where there is none. A ratio without its raw part misses the bar. */
export function meetsBar(row: Measured): boolean | undefined {
  const { bar } = row;
  if (bar === undefined) return undefined;
  const value = bar.of === 'value' ? row.ours : ratioOf(row);
  return value !== undefined && value <= bar.atMost;
}
