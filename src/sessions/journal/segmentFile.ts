// The segment that a journal writes to: whole batches at a known place, so that what a full disk broke off is written over by the next attempt.
import { close, closeSync, fsyncSync, ftruncateSync, openSync, write } from 'node:fs';
import { dirname } from 'node:path';
import { syncInTurn } from './syncTurns.ts';

export class SegmentFile {
  readonly #path: string;
  readonly #fd: number;
  #size: number;
  #unsynced = false;
  /** The end of the sync that runs, if one does. */
  #syncing: Promise<void> | undefined;

  /** `size`: where the next line goes. The file is made where there is none, and its name is on the disk then. */
  constructor(path: string, size: number) {
    this.#path = path;
    this.#fd = openSync(path, size === 0 ? 'w' : 'r+', 0o600);
    this.#size = size;
    if (size === 0) syncFolder(dirname(path));
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when all bytes are in the file: another process sees them then, whatever becomes of this one. After a failure nothing of them counts. */
  async append(bytes: Buffer): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length) written += await this.#write(bytes.subarray(written), this.#size + written);
    } catch (error) {
      this.#cut();
      throw error;
    }
    this.#size += bytes.length;
    this.#unsynced = true;
  }

  /** Resolves when what was appended so far is on the disk. */
  async sync(): Promise<void> {
    // One that runs may have begun before the last append.
    await this.#syncing?.catch(() => undefined);
    if (!this.#unsynced) return;
    this.#unsynced = false;
    this.#syncing = syncInTurn(this.#fd).finally(() => (this.#syncing = undefined));
    try {
      await this.#syncing;
    } catch (error) {
      this.#unsynced = true;
      throw error;
    }
  }

  /** Syncs and closes; no append may be under way. */
  async close(): Promise<void> {
    try {
      await this.sync();
    } finally {
      await new Promise<void>((resolve) => close(this.#fd, () => resolve()));
    }
  }

  #write(bytes: Buffer, position: number): Promise<number> {
    return new Promise((resolve, reject) => write(this.#fd, bytes, 0, bytes.length, position, (error, count) => (error === null ? resolve(count) : reject(namingFile(error, this.#path)))));
  }

  /** Readers see no broken end; where even this fails the next attempt writes over it. */
  #cut(): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      // As said.
    }
  }
}

function namingFile(error: Error, path: string): Error {
  return Object.assign(error, { path });
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } catch {
    // Not every file system syncs folders.
  } finally {
    closeSync(fd);
  }
}
