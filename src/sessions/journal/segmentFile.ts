// The segment that a journal writes to: whole batches at a known place, so that what a full disk broke off is written over by the next attempt.
import { close, closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWhole, writeWholeSync } from '../../base/writeWhole.ts';
import { syncInTurn } from './syncTurns.ts';

/**
 * Bytes that are written by this thread itself: into the kernel's memory that takes microseconds, where another thread has to be woken, and on a busy
 * machine waits for its turn. While the file is being synced a write may have to wait for the disk: then that is another thread's.
 */
const AT_ONCE = 128 * 1024;

export class SegmentFile {
  readonly #fd: number;
  #size: number;
  #unsynced = false;
  /** The end of the sync that runs, if one does. */
  #syncing: Promise<void> | undefined;

  /** `size`: where the next line goes. The file is made where there is none, and its name is on the disk then. */
  constructor(path: string, size: number) {
    this.#fd = openSync(path, size === 0 ? 'w' : 'r+', 0o600);
    this.#size = size;
    if (size === 0) syncFolder(dirname(path));
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when all bytes are in the file: another process sees them then, whatever becomes of this one. After a failure nothing of them counts. */
  async append(bytes: Buffer): Promise<void> {
    if (this.#syncing === undefined && bytes.length <= AT_ONCE) writeWholeSync(this.#fd, bytes, this.#size);
    else await writeWhole(this.#fd, bytes, this.#size);
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
