// All sessions of this machine's user: a folder each, with the journal, the recording, and what a later process needs to go on.
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { holdProcessLock } from '../../base/processLock.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import type { SessionState } from '../../protocol/runnerEvent.ts';
import { SessionMeta } from '../../protocol/sessionMeta.ts';
import { journalTail } from '../journal/journalTail.ts';
import { listSegments } from '../journal/segments.ts';
import { SessionJournal, journalLock, type JournalOptions } from '../journal/sessionJournal.ts';
import { isFinal } from '../states/transitions.ts';
import { sessionFolderName } from './sessionFolder.ts';

const META = 'session.json';
const RECORDING = 'terminal.cast';
/** Sessions looked at before other work has its turn. */
const AT_ONCE = 25;

/** A session as it lies on disk. */
export interface StoredSession {
  readonly meta: SessionMeta;
  readonly folder: string;
  readonly state: SessionState;
  /** 0 when nothing has happened yet. */
  readonly lastSeq: number;
  /** Unix time in ms of its last event, or of its making. */
  readonly lastEventAt: number;
}

export class SessionStore {
  readonly folder: string;
  readonly #log: Log;

  /** The default is `$XDG_STATE_HOME/tmux-agents/sessions`. */
  constructor(folder: string = stateFolder(process.env, 'sessions'), log: Log = silentLog) {
    this.folder = folder;
    this.#log = log;
  }

  folderOf(sessionId: string): string {
    return join(this.folder, sessionFolderName(sessionId));
  }

  recordingOf(sessionId: string): string {
    return join(this.folderOf(sessionId), RECORDING);
  }

  /** Replaced whole. The caller has taken secrets out. */
  write(meta: SessionMeta): void {
    const folder = this.folderOf(meta.sessionId);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = join(folder, `${META}.${process.pid}.tmp`);
    writeFileSync(draft, `${JSON.stringify(SessionMeta.parse(meta), undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, join(folder, META));
  }

  /** Undefined where there is none; one that cannot be read is logged and stays. */
  read(sessionId: string): StoredSession | undefined {
    const found = this.#readFolder(this.folderOf(sessionId));
    return found?.meta.sessionId === sessionId ? found : undefined;
  }

  /** Every session, the oldest first. Only the end of each journal is read. */
  async list(): Promise<StoredSession[]> {
    const found: StoredSession[] = [];
    for (const [index, name] of this.#names().entries()) {
      const session = this.#readFolder(join(this.folder, name));
      if (session !== undefined) found.push(session);
      if (index % AT_ONCE === AT_ONCE - 1) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return found.sort((a, b) => a.meta.createdAt - b.meta.createdAt);
  }

  /** As `SessionJournal.open`, in this session's folder. */
  openJournal(options: JournalOptions): Promise<SessionJournal> {
    return SessionJournal.open(this.folderOf(options.sessionId), { log: this.#log, ...options });
  }

  /** Takes away a session with all that is kept of it. False when somebody still writes to it. */
  async remove(sessionId: string): Promise<boolean> {
    return this.#removeFolder(this.folderOf(sessionId));
  }

  /** Takes away sessions that have ended, and empty beginnings of some, when nothing was written for `keptMs`. Returns the ids of those sessions. Journals of agents that are no sessions of a store stay: those agents may live. */
  async sweep(keptMs: number, now: number = Date.now()): Promise<string[]> {
    const removed: string[] = [];
    for (const name of this.#names()) {
      const folder = join(this.folder, name);
      const session = this.#readFolder(folder);
      if (session === undefined ? listSegments(folder).length > 0 : !isFinal(session.state)) continue;
      const last = await lastChange(folder);
      if (last !== undefined && now - last > keptMs && (await this.#removeFolder(folder)) && session !== undefined) removed.push(session.meta.sessionId);
    }
    return removed;
  }

  async #removeFolder(folder: string): Promise<boolean> {
    const lock = await holdProcessLock(journalLock(folder));
    if (lock === undefined) return false;
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      return true;
    } finally {
      lock.dispose();
    }
  }

  #readFolder(folder: string): StoredSession | undefined {
    const path = join(folder, META);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
    try {
      const meta = SessionMeta.parse(JSON.parse(text));
      const last = journalTail(folder);
      return { meta, folder, state: last?.after ?? 'CREATED', lastSeq: last?.seq ?? 0, lastEventAt: last?.ts ?? meta.createdAt };
    } catch (error) {
      this.#log.warn(`${path} cannot be read: ${messageOf(error)}`);
      return undefined;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }
}

/** Of the newest file in a folder, in ms; undefined for what is no folder. */
async function lastChange(folder: string): Promise<number | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return undefined;
  const times = await Promise.all([folder, ...names.map((name) => join(folder, name))].map((path) => stat(path).then(({ mtimeMs }) => mtimeMs, () => 0)));
  return Math.max(...times);
}
