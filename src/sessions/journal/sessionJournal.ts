// A session's journal: every event is numbered, written to a file, and only then told. What a subscriber has seen is in the file, whatever happens.
// One write at a time, with all that came up meanwhile. It never waits for a disk that is syncing in the event loop: that delays the telling alone (SegmentFile).
import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { holdProcessLock } from '../../base/processLock.ts';
import type { RunnerEvent, RunnerEventBody, SessionState } from '../../protocol/runnerEvent.ts';
import { encodeLine, type LineHead } from './eventLine.ts';
import { cutTorn, segmentEnd } from './journalTail.ts';
import { readJournal, type ReadOptions } from './readJournal.ts';
import { SegmentFile } from './segmentFile.ts';
import { listSegments, segmentPath } from './segments.ts';

export interface JournalOptions {
  readonly sessionId: string;
  readonly orgId: string;
  readonly repoRef?: unknown;
  /** Takes secrets out of every text of an event. Terminal output is to pass through a stream of a Redactor before, where a secret is split. */
  readonly redact?: ((text: string) => string) | undefined;
  /** A segment that has grown to so many bytes is followed by a new one. Default: 8 MiB. */
  readonly segmentBytes?: number | undefined;
  /** Milliseconds after a write until it is synced to the disk. Default: 50. */
  readonly flushMs?: number | undefined;
  /** Bytes of events that may wait for a full disk before `append` throws. Default: 16 MiB. */
  readonly waitingBytes?: number | undefined;
  /** Milliseconds to wait for another writer to end. Default: 1,000. */
  readonly lockMs?: number | undefined;
  readonly log?: Log | undefined;
}

interface Waiting {
  readonly event: RunnerEvent;
  readonly line: string;
}

/** Milliseconds between attempts while the disk takes nothing: the first, and the longest. */
const RETRY_MS = { first: 100, longest: 5_000 };
/** Characters written at once: what a subscriber waits for is no more than this. */
const BATCH_CHARACTERS = 1024 * 1024;

export class SessionJournal {
  readonly folder: string;
  readonly #options: JournalOptions;
  readonly #log: Log;
  readonly #lock: Disposable;
  readonly #told = new Emitter<RunnerEvent>();
  readonly #stalls = new Emitter<AgentsError | undefined>();
  #segment: SegmentFile;
  #lastSeq: number;
  #toldSeq: number;
  #state: SessionState;
  #waiting: Waiting[] = [];
  #waitingSize = 0;
  #writing: Promise<void> | undefined;
  #fault: AgentsError | undefined;
  #retryMs = RETRY_MS.first;
  #retry: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Opens or begins the journal in `folder` and mends its end. Throws `name-taken` while another writer, of this process or another, has it.
   */
  static async open(folder: string, options: JournalOptions): Promise<SessionJournal> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const real = realpathSync(folder);
    const lock = await holdProcessLock(journalLock(real), { timeoutMs: options.lockMs ?? 1_000 });
    if (lock === undefined) {
      throw new AgentsError('name-taken', `The journal of session ${options.sessionId} is being written by another process, or elsewhere in this one.`, { hint: 'One runner at a time may own a session; readers are always welcome.' });
    }
    try {
      return new SessionJournal(real, options, lock);
    } catch (error) {
      lock.dispose();
      throw error;
    }
  }

  private constructor(folder: string, options: JournalOptions, lock: Disposable) {
    this.folder = folder;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#lock = lock;
    const { last, path, size } = mend(folder, this.#log);
    this.#lastSeq = last?.seq ?? 0;
    this.#toldSeq = this.#lastSeq;
    this.#state = last?.after ?? 'CREATED';
    this.#segment = new SegmentFile(path, size);
  }

  /** Fires with each event once it is in the file, in order. */
  readonly onEvent: Event<RunnerEvent> = (listener) => this.#told.event(listener);

  /** Fires with the reason when the disk takes nothing any more, and with undefined when all that waited is written. */
  readonly onDidStall: Event<AgentsError | undefined> = (listener) => this.#stalls.event(listener);

  /** The number of the last event that was appended; it may still be on its way to the file. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The session's state after the last appended event. */
  get state(): SessionState {
    return this.#state;
  }

  /** Why nothing is being written, if so. */
  get stalled(): AgentsError | undefined {
    return this.#fault;
  }

  /**
   * Numbers an event and puts it in line to be written; subscribers hear of it afterwards, and `flush` waits for that. While the disk is full events
   * wait, and nobody hears of them; throws `disk-full` when too many wait, and `stale` after `close`: nothing was numbered then.
   */
  append(body: RunnerEventBody): RunnerEvent {
    const { sessionId, orgId, repoRef, redact, waitingBytes = 16 * 1024 * 1024 } = this.#options;
    if (this.#closed !== undefined) throw new AgentsError('stale', `The journal of session ${sessionId} is closed.`);
    if (this.#fault !== undefined && this.#waitingSize > waitingBytes) throw this.#fault;
    const clean = redact === undefined ? body : redacted(body, redact);
    const event: RunnerEvent = { seq: this.#lastSeq + 1, ts: Date.now(), sessionId, orgId, ...(repoRef === undefined ? {} : { repoRef }), ...clean };
    const after = event.type === 'SESSION_STATE_CHANGED' ? event.newState : this.#state;
    const line = encodeLine(event, after);
    this.#lastSeq = event.seq;
    this.#state = after;
    this.#waiting.push({ event, line });
    this.#waitingSize += line.length;
    if (this.#fault === undefined) this.#writing ??= this.#writeSoon();
    return event;
  }

  /** What is in the file now, from that number on. */
  read(fromSeq = 1, options: ReadOptions = {}): AsyncIterable<RunnerEvent> {
    return readJournal(this.folder, fromSeq, { log: this.#log, ...options });
  }

  /** Resolves when all that was appended so far is synced to the disk and told. Throws `disk-full` while it cannot be written. */
  async flush(): Promise<void> {
    const last = this.#lastSeq;
    while (this.#toldSeq < last) {
      if (this.#fault !== undefined) await this.#tryAgain();
      else await (this.#writing ??= this.#writeSoon());
      if (this.#fault !== undefined) throw this.#fault;
    }
    await this.#segment.sync();
  }

  /** Writes and syncs what waits, tells it, and lets the journal go. Throws `disk-full` when events could not be written: they are lost, and were never told. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    try {
      await this.flush();
    } finally {
      clearTimeout(this.#syncTimer);
      clearTimeout(this.#retry);
      await this.#segment.close().finally(() => this.#lock.dispose());
      this.#told.dispose();
      this.#stalls.dispose();
    }
  }

  async #writeSoon(): Promise<void> {
    try {
      do {
        // All that is appended in this turn of the event loop goes in one write; and other work has its turn between two.
        await new Promise<void>((resolve) => setImmediate(resolve));
        await this.#writeBatch();
      } while (this.#waiting.length > 0);
      this.#recover();
    } catch (error) {
      this.#stall(error);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeBatch(): Promise<void> {
    const { segmentBytes = 8 * 1024 * 1024, flushMs = 50 } = this.#options;
    const first = this.#waiting[0];
    if (first !== undefined && this.#segment.size >= segmentBytes) {
      const full = this.#segment;
      this.#segment = new SegmentFile(segmentPath(this.folder, first.event.seq), 0);
      await full.close();
    }
    const batch = this.#nextBatch();
    if (batch.length === 0) return;
    await this.#segment.append(Buffer.from(batch.map(({ line }) => line).join('')));
    this.#waiting.splice(0, batch.length);
    this.#syncTimer ??= setTimeout(() => this.#sync(), flushMs).unref();
    for (const { event, line } of batch) {
      this.#waitingSize -= line.length;
      this.#toldSeq = event.seq;
      this.#told.fire(event);
    }
  }

  #nextBatch(): readonly Waiting[] {
    let size = 0;
    const over = this.#waiting.findIndex(({ line }) => (size += line.length) > BATCH_CHARACTERS);
    return this.#waiting.slice(0, over < 0 ? undefined : Math.max(1, over));
  }

  #sync(): void {
    this.#syncTimer = undefined;
    this.#segment.sync().catch((error: unknown) => this.#log.error(`The journal in ${this.folder} cannot be synced: ${messageOf(error)}`));
  }

  #stall(error: unknown): void {
    const first = this.#fault === undefined;
    this.#fault = faultOf(error, this.#options.sessionId);
    if (this.#closed === undefined) {
      this.#retry = setTimeout(() => void this.#tryAgain(), this.#retryMs).unref();
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.longest);
    }
    if (!first) return;
    this.#log.error(`${this.#fault.message} ${messageOf(error)}`);
    this.#stalls.fire(this.#fault);
  }

  #recover(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#retryMs = RETRY_MS.first;
    this.#stalls.fire(undefined);
  }

  #tryAgain(): Promise<void> {
    clearTimeout(this.#retry);
    this.#writing ??= this.#writeSoon();
    return this.#writing;
  }
}

/** The name of the lock that the writer of the journal in that folder holds. */
export function journalLock(folder: string): string {
  return join(existsSync(folder) ? realpathSync(folder) : folder, 'journal');
}

/** Cuts a torn end and says where writing goes on. Segments behind it without a single line are taken away: their names would hide what is written now. */
function mend(folder: string, log: Log): { readonly last: LineHead | undefined; readonly path: string; readonly size: number } {
  let newest = true;
  for (const segment of listSegments(folder).reverse()) {
    const found = segmentEnd(segment.path, segment.firstSeq);
    const cut = cutTorn(segment, found);
    if (cut > 0) log.warn(`${segment.path}: ${cut} bytes behind its last whole line were cut and kept beside it.`);
    if (found.last === undefined) rmSync(segment.path);
    else if (newest) return { last: found.last, path: segment.path, size: found.end };
    else return { last: found.last, path: segmentPath(folder, found.last.seq + 1), size: 0 };
    newest = false;
  }
  return { last: undefined, path: segmentPath(folder, 1), size: 0 };
}

/** Words of ours and ids, by which events are told apart: never a secret, also where a secret is spelled like one. */
const OURS: ReadonlySet<string> = new Set(['type', 'sessionId', 'providerId', 'approvalId', 'alertId', 'stream', 'previousState', 'newState', 'finalState', 'severity', 'category', 'decision', 'risk', 'status']);

/** Every other text in it, however deep. */
function redacted<T extends RunnerEventBody>(body: T, redact: (text: string) => string): T {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, OURS.has(key) && typeof part === 'string' ? part : clean(part)]));
  };
  // Texts stay texts: the shape is the same.
  return clean(body) as T;
}

function faultOf(error: unknown, sessionId: string): AgentsError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return full
    ? new AgentsError('disk-full', `The disk is full: the events of session ${sessionId} cannot be kept.`, { hint: 'Make room; writing goes on by itself then.', cause: error })
    : new AgentsError('internal', `The events of session ${sessionId} cannot be written.`, { hint: messageOf(error), cause: error });
}
