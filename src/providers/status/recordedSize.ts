// Guesses the size of the terminal that a recording was made in: the bytes do not tell it, but what they draw does.

export interface RecordedSize {
  readonly columns: number;
  readonly rows: number;
}

/** The sequence by which a recording tells its size. */
export function sizeSequence({ columns, rows }: RecordedSize): string {
  return `\u001b[8;${rows};${columns}t`;
}

export const USUAL_SIZE: RecordedSize = { columns: 120, rows: 34 };
/** xterm's own word for a window's size. Recordings of ours begin with it. */
const SIZE = /\u001b\[8;(\d{1,3});(\d{1,3})t/;
const MOVES = /\u001b\[(\d{1,3});(\d{1,3})[Hf]/g;
/** A line drawn across the whole width, in UTF-8 read as Latin-1: the same character over and over. */
const RULES = /(?:\u00e2\u0094\u0080|\u00e2\u0096\u0080|\u00e2\u0096\u0084){20,}/g;
const COMMON_WIDTHS = [60, 80, 100, 120, 132, 140, 160, 180, 200, 220, 240];
const NEAR = 6;
/** Fewer moves than this say nothing of the size. */
const ENOUGH = 3;

/** What it says itself; else the lowest row that is addressed, and the widest line that is drawn or column that is addressed; the usual size where neither tells. */
export function guessSize(bytes: Buffer): RecordedSize {
  const text = bytes.toString('latin1');
  const [, height, breadth] = SIZE.exec(text.slice(0, 4096)) ?? [];
  if (height !== undefined && breadth !== undefined) return { columns: Number(breadth), rows: Number(height) };
  let moves = 0;
  let rows = 0;
  let columns = 0;
  for (const [, row, column] of text.matchAll(MOVES)) {
    moves += 1;
    rows = Math.max(rows, Number(row));
    columns = Math.max(columns, Number(column));
  }
  let widest = 0;
  for (const [rule] of text.matchAll(RULES)) widest = Math.max(widest, rule.length / 3);
  const drawn = Math.max(widest, columns);
  // Not every program goes to the last column.
  const width = COMMON_WIDTHS.find((common) => common >= drawn && common - drawn <= NEAR) ?? drawn;
  return { columns: width >= 40 && width <= 500 ? width : USUAL_SIZE.columns, rows: moves >= ENOUGH && rows >= 5 && rows <= 300 ? rows : USUAL_SIZE.rows };
}
