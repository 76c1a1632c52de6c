// A managed session's numbered events: in its journal where one is kept, else only told. The journal opens while the first ones are appended already.
import type { Disposable } from '../../base/disposable.ts';
import { asAgentsError, type AgentsError } from '../../base/errors.ts';
import type { RunnerEvent, RunnerEventBody } from '../../protocol/runnerEvent.ts';
import type { SessionJournal } from '../journal/sessionJournal.ts';

export interface SessionEventsOptions {
  readonly sessionId: string;
  readonly orgId: string;
  readonly open?: (() => Promise<SessionJournal>) | undefined;
  readonly tell: (event: RunnerEvent) => void;
  readonly failed: (error: AgentsError) => void;
}

export class SessionEvents {
  readonly #options: SessionEventsOptions;
  #seq = 0;
  #journal: SessionJournal | undefined;
  #opening: Promise<void> | undefined;
  /** What came before the journal was open. */
  #early: RunnerEventBody[] = [];
  #subscription: Disposable | undefined;
  #closed: Promise<void> | undefined;
  /** Ends the wait for room on the disk. */
  #hurry: (() => void) | undefined;

  constructor(options: SessionEventsOptions) {
    this.#options = options;
    this.#opening = options.open?.().then(
      (journal) => this.#begin(journal),
      (error: unknown) => {
        this.#opening = undefined;
        options.failed(asAgentsError(error));
        for (const body of this.#early.splice(0)) this.#tell(body);
      },
    );
  }

  get lastSeq(): number {
    return this.#journal?.lastSeq ?? this.#seq + this.#early.length;
  }

  append(body: RunnerEventBody): void {
    if (this.#journal !== undefined) {
      try {
        this.#journal.append(body);
      } catch (error) {
        this.#options.failed(asAgentsError(error));
      }
    } else if (this.#opening !== undefined) this.#early.push(body);
    else this.#tell(body);
  }

  async flush(): Promise<void> {
    await this.#opening;
    if (this.#closed === undefined) await this.#journal?.flush();
  }

  /** Closes the journal when all of it is written: on a full disk that is when there is room again, or `closeNow` is called. */
  async closeWhenWritten(): Promise<void> {
    await this.#opening;
    const journal = this.#journal;
    while (journal !== undefined && this.#closed === undefined) {
      const failure = await journal.flush().then(() => undefined, asAgentsError);
      if (failure?.reason !== 'disk-full') break;
      let room: Disposable | undefined;
      await new Promise<void>((resolve) => {
        this.#hurry = resolve;
        room = journal.onDidStall((fault) => fault === undefined && resolve());
        if (journal.stalled === undefined) resolve();
      });
      room?.dispose();
    }
    await this.closeNow();
  }

  /** Throws `disk-full` when events could not be written. */
  closeNow(): Promise<void> {
    this.#closed ??= this.#close();
    this.#hurry?.();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#opening;
    await this.#journal?.close();
    this.#subscription?.dispose();
  }

  #begin(journal: SessionJournal): void {
    this.#journal = journal;
    this.#subscription = journal.onEvent(this.#options.tell);
    for (const body of this.#early.splice(0)) this.append(body);
  }

  #tell(body: RunnerEventBody): void {
    const { sessionId, orgId, tell } = this.#options;
    tell({ seq: ++this.#seq, ts: Date.now(), sessionId, orgId, ...body });
  }
}
