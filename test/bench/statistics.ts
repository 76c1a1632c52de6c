// What is said of many measurements: median and percentiles, by nearest rank.

/** The smallest sample that `share` (0 to 1) of all samples do not exceed. Throws when there is none. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error('Nothing was measured.');
  return value;
}

/** The middle sample, or the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const below = percentile(samples, 0.5);
  return samples.length % 2 === 1 ? below : (below + percentile(samples, 0.5 + 1 / samples.length)) / 2;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Ours, raw, ours, raw ..., each pair begun by the other one, so that the machine's noise hits both alike. */
export async function interleaved(rounds: number, ours: () => Promise<number>, raw: () => Promise<number>): Promise<{ readonly ours: number[]; readonly raw: number[] }> {
  const samples = { ours: [] as number[], raw: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 1) samples.raw.push(await raw());
    samples.ours.push(await ours());
    if (round % 2 === 0) samples.raw.push(await raw());
  }
  return samples;
}
