// One life of an agent as its journal tells it, whoever writes that journal: followed from its last segment on, as soon as there is one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { pause } from '../../base/wait.ts';
import { forwardedOf } from '../../protocol/forwardedEvent.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import { followJournal } from '../../sessions/journal/followJournal.ts';
import { readJournal } from '../../sessions/journal/readJournal.ts';
import { listSegments } from '../../sessions/journal/segments.ts';
import { sessionFor } from '../../sessions/recorder/sessionFolders.ts';

export interface FollowedLifeParts {
  /** Of all sessions. */
  readonly folder: string;
  readonly agentId: string;
  /** ISO 8601; tells the lives of one id apart. */
  readonly createdAt: string;
  readonly onEvent: (event: RunnerEvent) => void;
  /** Its session is known now, or has ended. */
  readonly onChange: () => void;
  readonly log: Log;
}

/** Milliseconds between two looks for a journal that nobody has begun yet: the first, and the longest. */
const LOOK_MS = { first: 200, longest: 10_000 } as const;

export class FollowedLife implements Disposable {
  readonly #parts: FollowedLifeParts;
  readonly #end = new AbortController();
  #sessionId: string | undefined;
  #lastSeq = 0;
  #endedAt: number | undefined;
  #head: string | undefined;

  constructor(parts: FollowedLifeParts) {
    this.#parts = parts;
    this.#follow().catch((error: unknown) => {
      if (!this.#end.signal.aborted) parts.log.warn(`${parts.agentId}: its journal cannot be followed: ${messageOf(error)}`);
    });
  }

  /** Undefined until something of it is on disk. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Unix time in ms at which its journal ended. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** The commit that its folder was at when it was first seen. */
  get head(): string | undefined {
    return this.#head;
  }

  dispose(): void {
    this.#end.abort();
  }

  async #follow(): Promise<void> {
    const { onEvent, onChange, log } = this.#parts;
    const { signal } = this.#end;
    const { sessionId, folder } = await this.#begun();
    for await (const event of readJournal(folder, 1, { limit: 3 })) {
      const forwarded = event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent) : undefined;
      if (forwarded?.kind === 'agent') this.#head = forwarded.head;
    }
    if (signal.aborted) return;
    // What is in older segments is on disk anyway: nobody has to be told of it as new.
    this.#lastSeq = (listSegments(folder).at(-1)?.firstSeq ?? 1) - 1;
    this.#sessionId = sessionId;
    onChange();
    for await (const event of followJournal(folder, this.#lastSeq + 1, { signal, log })) {
      if (signal.aborted) return;
      this.#lastSeq = event.seq;
      if (event.type === 'SESSION_ENDED') this.#endedAt = event.ts;
      onEvent(event);
      if (event.type === 'SESSION_ENDED') onChange();
    }
  }

  /** Whoever records the agent begins its journal. */
  async #begun(): Promise<{ readonly sessionId: string; readonly folder: string }> {
    const { folder, agentId, createdAt } = this.#parts;
    for (let waitMs: number = LOOK_MS.first; ; waitMs = Math.min(waitMs * 2, LOOK_MS.longest)) {
      const sessionId = await sessionFor(folder, agentId, createdAt);
      const own = join(folder, sessionId);
      if (existsSync(own) && (await isOf(own, createdAt))) return { sessionId, folder: own };
      await pause(waitMs, this.#end.signal);
    }
  }
}

async function isOf(folder: string, createdAt: string): Promise<boolean> {
  for await (const event of readJournal(folder, 1, { limit: 3 })) {
    const forwarded = event.type === 'PROVIDER_EVENT_FORWARDED' ? forwardedOf(event.providerEvent) : undefined;
    if (forwarded?.kind === 'agent') return forwarded.createdAt === createdAt;
  }
  return false;
}
