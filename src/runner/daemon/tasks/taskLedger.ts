// The tasks that a runner has taken, on disk: a line for each change, synced before anybody is told, so that none runs twice and no result is lost, whenever the process dies.
import { createReadStream, existsSync } from 'node:fs';
import { appendFile, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { AgentsError } from '../../../base/errors.ts';
import { jsonOf } from '../../../base/json.ts';
import type { Log } from '../../../base/log.ts';
import { PRIVATE_FOLDER, stateFault } from '../../../base/stateFile.ts';
import { writeWhole } from '../../../base/writeWhole.ts';
import { TaskRecord } from '../../../protocol/taskRecord.ts';

export interface TaskLedgerOptions {
  readonly log: Log;
  /** Milliseconds that delivered tasks are remembered. Default 30 days. */
  readonly keptMs?: number | undefined;
  readonly now?: (() => number) | undefined;
}

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Bytes of a file that is never rewritten; above, it may grow to four times what counts of it. */
const SMALL = 4 * 1024 * 1024;
/** Characters that stay of a delivered result's output. */
const DELIVERED_OUTPUT = 4_000;

export class TaskLedger {
  readonly path: string;
  readonly #options: TaskLedgerOptions;
  readonly #records = new Map<string, TaskRecord>();
  #file: FileHandle | undefined;
  #size = 0;
  /** Its size when it held nothing but what counts. */
  #compact = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, options: TaskLedgerOptions) {
    this.path = path;
    this.#options = options;
  }

  /** Lines that cannot be read are logged and kept beside it. One process at a time. Throws `folder-unwritable`. */
  static async open(path: string, options: TaskLedgerOptions): Promise<TaskLedger> {
    const ledger = new TaskLedger(path, options);
    try {
      await mkdir(dirname(path), PRIVATE_FOLDER);
      await ledger.#load();
    } catch (error) {
      throw stateFault('The ledger of tasks', dirname(path), error);
    }
    return ledger;
  }

  get(taskId: string): TaskRecord | undefined {
    return this.#records.get(taskId);
  }

  /** The first accepted first. */
  list(): readonly TaskRecord[] {
    return [...this.#records.values()].sort((a, b) => a.acceptedAt - b.acceptedAt);
  }

  /** Resolves once it is on the disk; until then `get` gives what was before. Throws `disk-full`, `folder-unwritable`; then nothing has changed. */
  put(record: TaskRecord): Promise<void> {
    const put = this.#writing.then(() => this.#put(record));
    this.#writing = put.catch(() => undefined);
    return put;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #put(record: TaskRecord): Promise<void> {
    if (this.#file === undefined) throw new AgentsError('invalid-transition', 'The ledger of tasks is closed.');
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
    try {
      await writeWhole(this.#file.fd, bytes, this.#size);
      this.#size += bytes.length;
      await this.#file.datasync();
    } catch (error) {
      throw writeFault(this.path, error);
    }
    this.#records.set(record.taskId, record);
    if (this.#size > Math.max(SMALL, 4 * this.#compact)) await this.#rewrite().catch((error: unknown) => this.#options.log.warn(`The ledger of tasks could not be tidied up: ${String(error)}`));
  }

  async #load(): Promise<void> {
    const damaged: string[] = [];
    let lines = 0;
    if (existsSync(this.path)) {
      for await (const line of createInterface({ input: createReadStream(this.path), crlfDelay: Infinity })) {
        lines++;
        if (line === '') continue;
        const parsed = TaskRecord.safeParse(jsonOf(line));
        if (parsed.success) this.#records.set(parsed.data.taskId, parsed.data);
        else {
          this.#options.log.error(`Line ${lines} of ${this.path} is no record of a task and is skipped; it is kept in ${this.#damagedPath}.`);
          damaged.push(line);
        }
      }
    }
    if (damaged.length > 0) await appendFile(this.#damagedPath, damaged.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    await this.#rewrite();
  }

  get #damagedPath(): string {
    return `${this.path}.damaged`;
  }

  /** What counts, in a new file that takes the old one's place; ids that were delivered long ago go. */
  async #rewrite(): Promise<void> {
    const { keptMs = KEPT_MS, now = Date.now } = this.#options;
    for (const record of [...this.#records.values()]) if (record.deliveredAt !== undefined && record.deliveredAt + keptMs < now()) this.#records.delete(record.taskId);
    const bytes = Buffer.from([...this.#records.values()].map((record) => `${JSON.stringify(record)}\n`).join(''));
    const draft = `${this.path}.tmp`;
    await rm(draft, { force: true });
    const file = await open(draft, 'wx', 0o600);
    try {
      await writeWhole(file.fd, bytes, 0);
      await file.sync();
      await rename(draft, this.path);
    } catch (error) {
      await file.close();
      await rm(draft, { force: true });
      throw error;
    }
    await this.#file?.close();
    this.#file = file;
    this.#size = this.#compact = bytes.length;
    await syncFolder(dirname(this.path));
  }
}

/** What is remembered of a task whose result the hub has: enough to send it again, cut to its last words. */
export function deliveredRecord(record: TaskRecord, now: number): TaskRecord {
  const cut = (text: string | null | undefined): string | null | undefined => (typeof text === 'string' ? text.slice(-DELIVERED_OUTPUT) : text);
  const result = record.result === undefined ? undefined : { ...record.result, stdout: cut(record.result.stdout), stderr: cut(record.result.stderr) };
  return { ...record, state: 'delivered', deliveredAt: now, ...(result === undefined ? {} : { result }) };
}

/** Where a runner's ledger lies; one for each id that a hub gave it. */
export function ledgerPath(stateFolder: string, runnerId: string): string {
  return join(stateFolder, `tasks-${encodeURIComponent(runnerId).replaceAll('.', '%2E').slice(0, 200)}.jsonl`);
}

function writeFault(path: string, error: unknown): AgentsError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AgentsError('disk-full', `The ledger of tasks ${path} cannot be written: the disk is full.`, { hint: 'Make room on that disk.', cause: error });
  return stateFault('The ledger of tasks', dirname(path), error);
}

/** Or the rename itself may be forgotten by a machine that loses its power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
