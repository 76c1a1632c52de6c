// Measures one group of figures in this process and reports its rows to the parent; whatever it made is gone before it ends.
import { missingReason } from '../support/requirements.ts';
import { figureGroups } from './figures.ts';
import type { Row } from './row.ts';

const [name = '', mode] = process.argv.slice(2);
const ends: (() => unknown)[] = [];
let cleaning: Promise<void> | undefined;

/** Ends what was made, the last first; one that fails does not keep the others. */
function cleanUp(): Promise<void> {
  cleaning ??= (async () => {
    for (const end of ends.reverse()) {
      try {
        await end();
      } catch (error) {
        console.error(error);
      }
    }
  })();
  return cleaning;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.once(signal, () => void cleanUp().finally(() => process.exit(1)));

async function rows(): Promise<Row[]> {
  const load = figureGroups[name];
  if (!load) throw new Error(`There is no group of figures "${name}".`);
  const group = await load();
  const missing = group.needs.map(missingReason).find((reason) => reason !== undefined);
  if (missing !== undefined) return group.figures.map((figure) => ({ ...figure, skipped: missing }));
  const giveUp = setTimeout(() => void cleanUp().finally(() => process.exit(1)), group.atMostSeconds * 1_000);
  try {
    return await group.measure({ quick: mode === 'quick', afterwards: (end) => void ends.push(end) });
  } finally {
    clearTimeout(giveUp);
    await cleanUp();
  }
}

const outcome = await rows().then(
  (measured) => ({ rows: measured }),
  (error: unknown) => ({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
);
process.removeAllListeners('disconnect');
process.send?.(outcome, () => process.exit(0));
