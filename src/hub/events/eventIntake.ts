// What a runner's socket tells of its sessions: rows and events to the disk, events only where they follow what is there.
import { AgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { RunnerRef, SessionIntake, Sessions, TerminalFrame } from '../parts.ts';
import { storeFault } from '../store/storeFaults.ts';
import type { Database } from '../store/tables.ts';
import type { AgentChanges } from './agentChanges.ts';
import type { EventFeed } from './eventFeed.ts';
import { eventRowOf } from './eventRows.ts';
import { checkSessionId, newRow, type HeldSession, type HeldSessions } from './heldSessions.ts';
import { markGone } from './sessionRows.ts';
import type { WriteQueue } from './writeQueue.ts';

type EventOf<E> = E extends (listener: (value: infer T) => void) => unknown ? T : never;

export interface EventIntakeParts {
  readonly database: Database;
  readonly log: Log;
  readonly held: HeldSessions;
  readonly queue: WriteQueue;
  readonly feed: EventFeed;
  readonly changes: AgentChanges;
}

export class EventIntake implements SessionIntake {
  readonly #parts: EventIntakeParts;
  readonly #terminals = new Emitter<EventOf<Sessions['onTerminal']>>();
  readonly #connections = new Emitter<EventOf<Sessions['onConnection']>>();
  readonly onTerminal = this.#terminals.event;
  readonly onConnection = this.#connections.event;

  constructor(parts: EventIntakeParts) {
    this.#parts = parts;
  }

  async sessionsOf(runner: RunnerRef, sessions: readonly SharedSession[]): Promise<readonly { readonly session_id: string; readonly after_seq: number }[]> {
    const { database, held, changes } = this.#parts;
    const sound = sessions.filter(({ session_id }) => this.#isSound(runner, session_id));
    try {
      const { held: taken, rest } = await held.takeAll(runner, sound);
      const gone = rest.filter((row) => row.gone === 0).map(({ id }) => id);
      await markGone(database, gone, Date.now());
      await Promise.all(
        sound.map(async (session) => {
          const known = taken.get(session.session_id);
          if (known !== undefined && (known.row.gone !== 0 || known.row.info !== JSON.stringify(session))) await this.#save(runner, known.session, session);
        }),
      );
      changes.changed([...gone, ...[...taken.values()].map(({ row }) => row.id)]);
      return sound.map(({ session_id }) => ({ session_id, after_seq: taken.get(session_id)?.session.stored ?? 0 }));
    } catch (error) {
      throw storeFault(error);
    }
  }

  async session(runner: RunnerRef, session: SharedSession): Promise<void> {
    try {
      const held = await this.#parts.held.take(runner, session);
      await this.#save(runner, held, session);
      this.#parts.changes.changed([held.id]);
    } catch (error) {
      throw storeFault(error);
    }
  }

  async gone(runner: RunnerRef, sessionId: string): Promise<void> {
    try {
      const held = await this.#find(runner, sessionId);
      if (held === undefined) return;
      await markGone(this.#parts.database, [held.id], Date.now());
      this.#parts.changes.changed([held.id]);
    } catch (error) {
      throw storeFault(error);
    }
  }

  async events(runner: RunnerRef, sessionId: string, events: readonly RunnerEvent[]): Promise<{ readonly seq: number; readonly gap: boolean }> {
    const held = await this.#find(runner, sessionId);
    if (held === undefined) throw new AgentsError('not-found', `The hub was not told of a session ${sessionId}.`, { hint: 'A runner says "session" before the session\'s events.' });
    const fresh: RunnerEvent[] = [];
    let next = held.accepted + 1;
    let gap = false;
    for (const event of events) {
      if (event.seq < next) continue;
      if (event.seq > next) {
        gap = true;
        break;
      }
      fresh.push(event);
      next++;
    }
    held.accepted = next - 1;
    // Also where nothing is new: what is said to be here must be on disk.
    if (next - 1 > held.stored) await this.#parts.queue.events(held, fresh.map(eventRowOf));
    return { seq: held.stored, gap };
  }

  terminal(runner: RunnerRef, frame: TerminalFrame): void {
    void this.#find(runner, frame.session_id).then(
      (held) => held !== undefined && this.#terminals.fire({ id: held.id, runnerId: runner.id, frame }),
      () => undefined,
    );
  }

  recovered(): Promise<void> {
    return this.#parts.queue.recovered();
  }

  connection(runner: RunnerRef, connected: boolean): void {
    const { held, feed, changes } = this.#parts;
    const ids = connected ? held.ofRunner(runner.id) : held.release(runner.id);
    feed.forget(ids);
    changes.changed(ids);
    this.#connections.fire({ runner, connected });
  }

  dispose(): void {
    this.#terminals.dispose();
    this.#connections.dispose();
  }

  #isSound(runner: RunnerRef, sessionId: string): boolean {
    try {
      checkSessionId(sessionId);
      return true;
    } catch {
      this.#parts.log.warn(`The runner ${runner.id} shares a session whose id cannot be kept; it is left out.`);
      return false;
    }
  }

  async #save(runner: RunnerRef, held: HeldSession, session: SharedSession): Promise<void> {
    await this.#parts.queue.row(held, newRow(held.id, runner, session));
  }

  async #find(runner: RunnerRef, sessionId: string): Promise<HeldSession | undefined> {
    try {
      checkSessionId(sessionId);
      return await this.#parts.held.find(runner, sessionId);
    } catch (error) {
      throw storeFault(error);
    }
  }
}
