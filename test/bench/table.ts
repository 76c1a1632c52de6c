// The table as people read it: one line a row, columns as wide as they need to be.
import { meetsBar, ratioOf, type Row, type Unit } from './row.ts';

const HEADS = ['figure', 'ours', 'raw', 'ratio', 'bar', 'ok'] as const;

export function renderTable(rows: readonly Row[]): string {
  const lines = [HEADS, ...rows.map(cells)];
  const widths = HEADS.map((_, column) => Math.max(...lines.filter((line) => line.length > 2).map((line) => [...(line[column] ?? '')].length)));
  const width0 = Math.max(widths[0] ?? 0, ...lines.map(([figure]) => [...figure].length));
  const rendered = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(width0) : line.length === 2 ? cell : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = rendered;
  const notes = rows.flatMap((row) => ('note' in row && row.note !== undefined ? [`  ${row.figure}: ${row.note}`] : []));
  return [head, '-'.repeat(head.length), ...body, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function cells(row: Row): readonly [string, ...string[]] {
  if ('skipped' in row) return [row.figure, `skipped: ${row.skipped}`];
  const ratio = ratioOf(row);
  const ok = meetsBar(row);
  const bar = row.bar === undefined ? '' : row.bar.of === 'ratio' ? `<= ${row.bar.atMost}x` : `<= ${withUnit(row.bar.atMost, row.unit)}`;
  return [row.figure, withUnit(rounded(row.ours), row.unit), row.raw === undefined ? '' : withUnit(rounded(row.raw), row.unit), ratio === undefined ? '' : `${ratio.toFixed(2)}x`, bar, ok === undefined ? '' : ok ? 'yes' : 'NO'];
}

function withUnit(value: number, unit: Unit): string {
  return unit === '' ? String(value) : `${value} ${unit}`;
}

function rounded(value: number): number {
  return Number(value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0));
}
