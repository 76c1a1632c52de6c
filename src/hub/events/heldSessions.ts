// The sessions whose runners speak to this process: which of the hub's ids each has, and up to where its events are here.
import { AgentsError } from '../../base/errors.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { RunnerRef } from '../parts.ts';
import type { EventStore } from './eventStore.ts';
import { addRows, rowOf, rowsOfRunner, takenIds, type CountedRow, type SessionRow } from './sessionRows.ts';

export interface HeldSession {
  readonly id: string;
  readonly runnerId: string;
  readonly orgId: string;
  readonly villageId: string | null;
  readonly agentId: string | null;
  /** Whose it and its runner are. */
  readonly ownerIds: readonly string[];
  /** On disk. */
  stored: number;
  /** On disk or on the way there. */
  accepted: number;
}

const keyOf = (runnerId: string, sessionId: string): string => `${runnerId}\n${sessionId}`;

/** The hub's ids that a session may get, the best first. */
export function idsFor(sessionId: string, runnerId: string): readonly string[] {
  return [sessionId, `${sessionId}~${runnerId.slice(0, 8)}`, `${sessionId}~${runnerId}`];
}

/** PostgreSQL refuses some texts that JSON allows, and an id goes into addresses. */
export function checkSessionId(sessionId: string): void {
  if (/[\p{Cc}\p{Cs}]/u.test(sessionId)) throw new AgentsError('bad-input', 'A session id must hold neither control characters nor halves of others.');
}

export class HeldSessions {
  readonly #store: EventStore;
  readonly #byKey = new Map<string, Promise<HeldSession | undefined>>();
  readonly #byId = new Map<string, HeldSession>();

  constructor(store: EventStore) {
    this.#store = store;
  }

  /** By the hub's id. */
  get(id: string): HeldSession | undefined {
    return this.#byId.get(id);
  }

  /** Of a runner's session; undefined where there is no row of it. */
  find(runner: RunnerRef, sessionId: string): Promise<HeldSession | undefined> {
    return this.#once(runner, sessionId, async () => {
      const row = await rowOf(this.#store, runner.id, sessionId);
      return row && this.#hold(row, runner);
    });
  }

  /** As `find`; makes the row where there is none. */
  async take(runner: RunnerRef, session: SharedSession): Promise<HeldSession> {
    checkSessionId(session.session_id);
    const found = await this.find(runner, session.session_id);
    if (found !== undefined) return found;
    // Once for all that came meanwhile: they go on in the order in which they came.
    const made = await this.#once(runner, session.session_id, async () => {
      const [row] = await this.#makeRows(runner, [session]);
      return row && this.#hold(row, runner);
    });
    if (made === undefined) throw new AgentsError('internal', `The session ${session.session_id} was not stored.`);
    return made;
  }

  /** All that a runner shares, read anew: another process may have taken in more. Rows are made where there are none; `rest` are its other rows. */
  async takeAll(runner: RunnerRef, sessions: readonly SharedSession[]): Promise<{ readonly held: ReadonlyMap<string, { readonly session: HeldSession; readonly row: SessionRow }>; readonly rest: readonly SessionRow[] }> {
    const rows = new Map((await rowsOfRunner(this.#store, runner.id)).map((row) => [row.session_id, row]));
    const shared = new Map(sessions.map((session) => [session.session_id, session]));
    for (const row of await this.#makeRows(runner, [...shared.values()].filter(({ session_id }) => !rows.has(session_id)))) rows.set(row.session_id, row);
    const held = new Map<string, { readonly session: HeldSession; readonly row: SessionRow }>();
    const rest: SessionRow[] = [];
    for (const [sessionId, row] of rows) {
      if (!shared.has(sessionId)) {
        rest.push(row);
        continue;
      }
      const session = this.#hold(row, runner);
      this.#byKey.set(keyOf(runner.id, sessionId), Promise.resolve(session));
      held.set(sessionId, { session, row });
    }
    return { held, rest };
  }

  /** Its runner speaks to this process no more. Returns the ids that it had here. */
  release(runnerId: string): readonly string[] {
    const ids = [...this.#byId.values()].filter((session) => session.runnerId === runnerId).map(({ id }) => id);
    for (const id of ids) this.#byId.delete(id);
    for (const key of this.#byKey.keys()) if (key.startsWith(`${runnerId}\n`)) this.#byKey.delete(key);
    return ids;
  }

  ofRunner(runnerId: string): readonly string[] {
    return [...this.#byId.values()].filter((session) => session.runnerId === runnerId).map(({ id }) => id);
  }

  /** One look at the database for all that ask at the same time; what is not found is asked for again. */
  #once(runner: RunnerRef, sessionId: string, look: () => Promise<HeldSession | undefined>): Promise<HeldSession | undefined> {
    const key = keyOf(runner.id, sessionId);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const looking: Promise<HeldSession | undefined> = look();
    this.#byKey.set(key, looking);
    const forget = (): void => void (this.#byKey.get(key) === looking && this.#byKey.delete(key));
    looking.then((session) => session === undefined && forget(), forget);
    return looking;
  }

  #hold(row: CountedRow, runner: RunnerRef): HeldSession {
    const known = this.#byId.get(row.id);
    if (known !== undefined) {
      known.stored = Math.max(known.stored, row.stored_seq);
      known.accepted = Math.max(known.accepted, known.stored);
      return known;
    }
    const session = { id: row.id, runnerId: row.runner_id, orgId: row.org_id, villageId: row.village_id, agentId: row.agent_id, ownerIds: [row.user_id, runner.userId], stored: row.stored_seq, accepted: row.stored_seq };
    this.#byId.set(row.id, session);
    return session;
  }

  /** Each gets the best id that is free; another process may take it in this very moment, so the next one is tried. */
  async #makeRows(runner: RunnerRef, sessions: readonly SharedSession[]): Promise<readonly CountedRow[]> {
    const made: CountedRow[] = [];
    let left = sessions;
    for (let round = 0; left.length > 0 && round < 3; round++) {
      const taken = await takenIds(this.#store.database, left.flatMap(({ session_id }) => idsFor(session_id, runner.id)));
      const rows = left.flatMap((session) => {
        const id = idsFor(session.session_id, runner.id).find((candidate) => !taken.has(candidate));
        return id === undefined ? [] : [newRow(id, runner, session)];
      });
      await addRows(this.#store.database, rows);
      const there = new Map<string, CountedRow>();
      if (left.length === 1 && left[0] !== undefined) {
        const row = await rowOf(this.#store, runner.id, left[0].session_id);
        if (row !== undefined) there.set(row.session_id, row);
      } else for (const row of await rowsOfRunner(this.#store, runner.id)) there.set(row.session_id, row);
      made.push(...left.map(({ session_id }) => there.get(session_id)).filter((row) => row !== undefined));
      left = left.filter(({ session_id }) => !there.has(session_id));
    }
    return made;
  }
}

/** A session of a runner belongs to the runner's owner, until somebody reserves it. */
export function newRow(id: string, runner: RunnerRef, session: SharedSession): SessionRow {
  const now = Date.now();
  return { id, runner_id: runner.id, session_id: session.session_id, org_id: runner.orgId, user_id: runner.userId, info: JSON.stringify(session), gone: 0, village_id: null, agent_id: null, created_at: now, updated_at: now };
}
