// Reads what was recorded of an agent, and goes on reading while it is being written: by the files' own events, whoever writes them.
import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { AgentId } from '../../protocol/agentRecord.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import { readJournal } from '../journal/readJournal.ts';
import { sessionsOf } from '../recorder/sessionFolders.ts';

export interface FollowOptions {
  /** Holds the sessions' folders. */
  readonly folder: string;
  readonly agentId: string;
  /** Told in order, each event once; the first call has all that was there. */
  readonly onEvents: (events: readonly RunnerEvent[]) => void;
  readonly log?: Log;
}

/** Milliseconds in which changes of the files are read at once. */
const GATHER_MS = 50;

/** Everything that was recorded of an agent so far, the oldest session first. Throws `bad-input` for what is no id. */
export async function readSessions(folder: string, agentId: string, log: Log = silentLog): Promise<readonly RunnerEvent[]> {
  checkId(agentId);
  const events: RunnerEvent[] = [];
  for (const sessionId of sessionsOf(folder, agentId)) for await (const event of readJournal(join(folder, sessionId), 1, { log })) events.push(event);
  return events;
}

export class SessionFollower implements Disposable {
  readonly #options: FollowOptions;
  /** The next number wanted, by session. */
  readonly #next = new Map<string, number>();
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #disposed = false;

  private constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Resolves once all that is there was told; goes on until disposed. Throws `bad-input` for what is no id. */
  static async open(options: FollowOptions): Promise<SessionFollower> {
    checkId(options.agentId);
    const follower = new SessionFollower(options);
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    follower.#watch(options.folder, (name) => name === null || name === options.agentId || name.startsWith(`${options.agentId}~`));
    await follower.#read();
    return follower;
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(path: string, isOurs: (name: string | null) => boolean): void {
    if (this.#watchers.has(path)) return;
    try {
      const watcher = watch(path, (_event, name) => {
        if (isOurs(name)) this.#soon();
      });
      watcher.on('error', () => this.#watchers.delete(path));
      this.#watchers.set(path, watcher);
    } catch (error) {
      (this.#options.log ?? silentLog).debug(`${path} cannot be watched: ${messageOf(error)}`);
    }
  }

  #soon(): void {
    if (this.#disposed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, GATHER_MS);
  }

  #read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readNow()).catch((error: unknown) => (this.#options.log ?? silentLog).warn(`The journal of ${this.#options.agentId} cannot be read: ${messageOf(error)}`));
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const { folder, agentId, onEvents, log } = this.#options;
    const fresh: RunnerEvent[] = [];
    for (const sessionId of sessionsOf(folder, agentId)) {
      const path = join(folder, sessionId);
      this.#watch(path, (name) => name === null || name.endsWith('.jsonl'));
      for await (const event of readJournal(path, this.#next.get(sessionId) ?? 1, log === undefined ? {} : { log })) {
        fresh.push(event);
        this.#next.set(sessionId, event.seq + 1);
      }
    }
    if (!this.#disposed && fresh.length > 0) onEvents(fresh);
  }
}

/** It becomes part of a path. */
function checkId(agentId: string): void {
  if (!AgentId.safeParse(agentId).success) throw new AgentsError('bad-input', `"${agentId}" is no agent's id.`);
}
