// asciicast v2, the lines of a recording: a header, then [seconds, code, data]. https://docs.asciinema.org/manual/asciicast/v2/
import * as z from 'zod';
import { jsonOf } from '../../base/json.ts';

export const CastHeader = z.looseObject({
  version: z.literal(2),
  width: z.int().min(1),
  height: z.int().min(1),
  /** Unix time in seconds. */
  timestamp: z.number().optional(),
  title: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
export type CastHeader = z.infer<typeof CastHeader>;

const Line = z.tuple([z.number(), z.string(), z.string()]);

export type CastFrame =
  /** Output. */
  | { readonly at: number; readonly kind: 'output'; readonly data: string }
  | { readonly at: number; readonly kind: 'resize'; readonly columns: number; readonly rows: number };

/** Seconds since the beginning are kept to the microsecond. */
export function encodeFrame(seconds: number, code: 'o' | 'r', data: string): string {
  return `${JSON.stringify([Math.round(seconds * 1e6) / 1e6, code, data])}\n`;
}

/** Undefined for what is no frame, and for kinds that a replay does not need (input, markers). */
export function frameOf(line: string): CastFrame | undefined {
  const parsed = Line.safeParse(jsonOf(line));
  if (!parsed.success) return undefined;
  const [at, code, data] = parsed.data;
  if (code === 'o') return { at, kind: 'output', data };
  const [, columns, rows] = (code === 'r' ? /^(\d+)x(\d+)$/.exec(data) : null) ?? [];
  return columns === undefined || rows === undefined ? undefined : { at, kind: 'resize', columns: Number(columns), rows: Number(rows) };
}

export function headerOf(line: string): CastHeader | undefined {
  const parsed = CastHeader.safeParse(jsonOf(line));
  return parsed.success ? parsed.data : undefined;
}
