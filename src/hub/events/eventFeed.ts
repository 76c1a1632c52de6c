// Tells of events once they are on disk: in order per session and each once, whichever process of the hub took them in.
import * as z from 'zod';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { jsonOf } from '../../base/json.ts';
import type { Log } from '../../base/log.ts';
import { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { Bus, CommittedEvents } from '../parts.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { EventStore } from './eventStore.ts';
import type { HeldSession, HeldSessions } from './heldSessions.ts';
import type { Watchers } from './watchers.ts';
import type { Committed } from './writeQueue.ts';

const TOPIC = 'sessions.events';
const PAGE = 1000;
/** What nobody watches and no runner of this process shares is let go of after one to two of these without an event. */
const IDLE_MS = 10 * 60_000;

/** Events `from` to `to` of a session are on disk; `village`: everybody wants them. */
const Told = z.object({ process: z.string(), sessions: z.array(z.object({ id: z.string(), from: z.int(), to: z.int(), village: z.boolean() })) });

type Known = Pick<HeldSession, 'id' | 'orgId' | 'villageId' | 'agentId' | 'ownerIds'>;

/** What was told of one session here. */
interface Track {
  /** The last number that listeners have; undefined until it is looked up. */
  told: number | undefined;
  /** The look-up. */
  ready: Promise<void> | undefined;
  /** How far it is on disk, as far as is known. */
  wanted: number;
  known: Known | undefined;
  reading: boolean;
  /** It was asked for since the last look. */
  used: boolean;
}

export interface EventFeedParts {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly log: Log;
  readonly watchers: Watchers;
  readonly held: HeldSessions;
}

export class EventFeed implements Disposable {
  readonly #parts: EventFeedParts;
  readonly #events = new Emitter<CommittedEvents>();
  readonly #tracks = new Map<string, Track>();
  readonly #things = new DisposableStore();
  readonly onEvents = this.#events.event;

  constructor(parts: EventFeedParts) {
    this.#parts = parts;
    const { bus, watchers, held } = parts;
    this.#things.add(bus.subscribe(TOPIC, (message) => this.#hear(message)));
    const timer = setInterval(() => this.#forgetIdle(), IDLE_MS);
    this.#things.add(toDisposable(() => clearInterval(timer)));
    this.#things.add(watchers.onDidWant((ids) => this.#publish(ids.map((id) => held.get(id)).filter((session) => session !== undefined).map((session) => ({ session, from: session.stored + 1, to: session.stored })))));
  }

  /** Sessions that it minds. */
  get size(): number {
    return this.#tracks.size;
  }

  /** They were just committed by this process. */
  committed(batches: readonly Committed[]): void {
    const told = [];
    for (const { session, rows } of batches) {
      const [first] = rows;
      const last = rows.at(-1);
      if (first === undefined || last === undefined) continue;
      const track = this.#trackOf(session.id, first.seq - 1);
      track.known = session;
      track.wanted = Math.max(track.wanted, last.seq);
      if (!track.reading && track.told !== undefined && first.seq <= track.told + 1) {
        const texts = rows.slice(track.told + 1 - first.seq).map(({ text }) => text);
        this.#tell(track, session, texts);
      } else this.#read(session.id, track);
      told.push({ session, from: first.seq, to: last.seq });
    }
    this.#publish(told);
  }

  /** Once `ready`, every event that is not yet on disk will be told here, whichever process takes it in. `ready` throws the database's faults. */
  watch(id: string): Disposable & { readonly ready: Promise<void> } {
    const watching = this.#parts.watchers.watch(id, () => this.forget([id]));
    const track = this.#trackOf(id, this.#parts.held.get(id)?.stored);
    return { ready: this.#ready(id, track), dispose: () => watching.dispose() };
  }

  /** Lets go of what is neither watched nor taken in here. */
  forget(ids: readonly string[]): void {
    for (const id of ids) if (!this.#parts.watchers.isWatchedHere(id) && this.#parts.held.get(id) === undefined) this.#tracks.delete(id);
  }

  dispose(): void {
    this.#things.dispose();
    this.#events.dispose();
  }

  #trackOf(id: string, told: number | undefined): Track {
    const known = this.#tracks.get(id);
    if (known !== undefined) {
      known.used = true;
      return known;
    }
    const track: Track = { told, ready: undefined, wanted: told ?? 0, known: undefined, reading: false, used: true };
    this.#tracks.set(id, track);
    return track;
  }

  /** Other processes tell of each session of a village, and of its end like of any other event. */
  #forgetIdle(): void {
    const idle = [];
    for (const [id, track] of this.#tracks) {
      if (!track.used && !track.reading) idle.push(id);
      track.used = false;
    }
    this.forget(idle);
  }

  #tell(track: Track, { id, orgId, villageId, agentId, ownerIds }: Known, texts: readonly string[]): void {
    if (texts.length === 0 || track.told === undefined) return;
    const from = track.told + 1;
    track.told += texts.length;
    if (!this.#events.hasListeners) return;
    let parsed: readonly RunnerEvent[] | undefined;
    this.#events.fire({
      id,
      orgId,
      villageId,
      agentId,
      ownerIds,
      from,
      texts,
      // Most listeners only pass the text on.
      get events() {
        return (parsed ??= texts.map((text) => RunnerEvent.parse(jsonOf(text))));
      },
    });
  }

  #publish(told: readonly { readonly session: HeldSession; readonly from: number; readonly to: number }[]): void {
    const { bus, watchers } = this.#parts;
    if (!watchers.hasOthers) return;
    const sessions = told.filter(({ session }) => session.villageId !== null || watchers.isWatchedElsewhere(session.id)).map(({ session, from, to }) => ({ id: session.id, from, to, village: session.villageId !== null }));
    if (sessions.length > 0) bus.publish(TOPIC, { process: bus.processId, sessions });
  }

  #hear(message: unknown): void {
    const { data } = Told.safeParse(message);
    if (data === undefined || data.process === this.#parts.bus.processId) return;
    for (const { id, from, to, village } of data.sessions) {
      if (!this.#tracks.has(id) && !village && !this.#parts.watchers.isWatchedHere(id)) continue;
      const track = this.#trackOf(id, from - 1);
      track.wanted = Math.max(track.wanted, to);
      this.#read(id, track);
    }
  }

  /** Reads up to what is wanted, one page after the other, and tells it. */
  #read(id: string, track: Track): void {
    if (track.reading) return;
    track.reading = true;
    this.#readAll(id, track).catch((error: unknown) => {
      track.reading = false;
      // The next event of it, or the next round between the processes, reads again.
      this.#parts.log.warn(`Events that another process stored could not be read: ${messageOf(error)}`);
    });
  }

  async #readAll(id: string, track: Track): Promise<void> {
    const { store } = this.#parts;
    await this.#ready(id, track);
    while (track.told !== undefined && track.told < track.wanted && this.#tracks.get(id) === track) {
      const known = (track.known ??= await this.#lookUp(id));
      if (known === undefined) break;
      const page = await store.page(id, track.told, Math.min(PAGE, track.wanted - track.told));
      if (page.length === 0) break;
      this.#tell(track, known, page.map(({ text }) => text));
    }
    track.reading = false;
  }

  #ready(id: string, track: Track): Promise<void> {
    if (track.told !== undefined) return Promise.resolve();
    track.ready ??= this.#parts.store.lastSeq(id).then(
      (seq) => void (track.told ??= seq),
      (error: unknown) => {
        track.ready = undefined;
        throw storeFault(error);
      },
    );
    return track.ready;
  }

  async #lookUp(id: string): Promise<Known | undefined> {
    const row = await this.#parts.store.database.selectFrom('sessions').innerJoin('runners', 'runners.id', 'sessions.runner_id').select(['sessions.id', 'sessions.org_id', 'sessions.user_id', 'sessions.village_id', 'sessions.agent_id', 'runners.user_id as runner_user_id']).where('sessions.id', '=', id).executeTakeFirst();
    return row && { id: row.id, orgId: row.org_id, villageId: row.village_id, agentId: row.agent_id, ownerIds: [row.user_id, row.runner_user_id] };
  }
}
