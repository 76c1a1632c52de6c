// Writing to a file all or nothing: what a full disk broke off is cut again.
import { ftruncateSync, write, writeSync } from 'node:fs';

/** Resolves when all bytes stand in the file from `position`, its end, on: other processes see them then. Throws as Node does; the file ends at `position` then, or the next attempt writes over the rest. */
export async function writeWhole(fd: number, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  try {
    while (done < bytes.length) done += await writeSome(fd, bytes.subarray(done), position + done);
  } catch (error) {
    cut(fd, position);
    throw error;
  }
}

/** The same, at once. */
export function writeWholeSync(fd: number, bytes: Buffer, position: number): void {
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  } catch (error) {
    cut(fd, position);
    throw error;
  }
}

function writeSome(fd: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => write(fd, bytes, 0, bytes.length, position, (error, count) => (error === null ? resolve(count) : reject(error))));
}

function cut(fd: number, position: number): void {
  try {
    ftruncateSync(fd, position);
  } catch {
    // As said.
  }
}
