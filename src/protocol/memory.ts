// Sizes of memory as people write them: bytes, or a number with a unit (`512m`, `4g`, `1.5 GiB`).

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes, or undefined when the text is no size. Units are powers of 1024, as in Docker; case does not matter. */
export function parseMemory(size: string | number): number | undefined {
  if (typeof size === 'number') return Number.isFinite(size) && size > 0 ? Math.round(size) : undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?\s*$/i.exec(size);
  const factor = units[match?.[2]?.toLowerCase() ?? ''];
  if (match?.[1] === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * factor);
  return bytes > 0 ? bytes : undefined;
}
