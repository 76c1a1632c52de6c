// fsync in turns: it can take long and holds a thread of Node's few, so that never more than two wait for the disk, however many journals there are.
import { fdatasync } from 'node:fs';

const AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** Resolves when what was written to `fd` so far is on the disk. */
export async function syncInTurn(fd: number): Promise<void> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    await new Promise<void>((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error))));
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}
