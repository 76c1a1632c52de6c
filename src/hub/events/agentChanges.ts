// Tells of changed rows: of each session at most every 100 ms, at every process of the hub.
import * as z from 'zod';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import type { HubAgent } from '../../protocol/hubWire/hubRest.ts';
import type { Bus } from '../parts.ts';
import type { EventStore } from './eventStore.ts';
import { findAgents, markGone, recentIds, rowsOfRunner, sessionsOfRunner, shownAgent } from './sessionRows.ts';
import type { Watchers } from './watchers.ts';

const TOPIC = 'sessions.changed';
const GATHER_MS = 100;
/** Further back nothing is told again after a break between the processes: whoever needs more asks for a new snapshot. */
const MISSED_MS = 3_600_000;

const Said = z.object({ process: z.string(), ids: z.array(z.string()) });

export type AgentChange = { readonly orgId: string; readonly agent: HubAgent } | { readonly orgId: string; readonly gone: string };

export interface AgentChangesParts {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly log: Log;
  readonly watchers: Watchers;
}

export class AgentChanges implements Disposable {
  readonly #parts: AgentChangesParts;
  readonly #changes = new Emitter<AgentChange>();
  readonly #things = new DisposableStore();
  readonly #changed = new Set<string>();
  /** Whether each runner was offline, as last heard. */
  readonly #offline = new Map<string, boolean>();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();
  readonly onDidChange = this.#changes.event;

  constructor(parts: AgentChangesParts) {
    this.#parts = parts;
    this.#things.add(
      parts.bus.subscribe(TOPIC, (message) => {
        const { data } = Said.safeParse(message);
        if (data !== undefined && data.process !== parts.bus.processId) this.#tell(data.ids);
      }),
    );
    this.#things.add(parts.bus.onDidMiss(() => void this.#tellRecent()));
  }

  /** Rows of these ids of the hub are not what they were. */
  changed(ids: Iterable<string>): void {
    for (const id of ids) this.#changed.add(id);
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  /** What its runner's row says concerns all its sessions; every process hears of runners itself. */
  ofRunner(runnerId: string, offline: boolean): void {
    if (this.#offline.get(runnerId) === offline) return;
    this.#offline.set(runnerId, offline);
    void this.#logged(async () => this.#tell((await sessionsOfRunner(this.#parts.store.database, runnerId)).map(({ id }) => id)));
  }

  /** A runner that is deleted takes its sessions along. */
  runnerGone(runnerId: string): void {
    this.#offline.delete(runnerId);
    void this.#logged(async () => {
      const { store } = this.#parts;
      const sessions = await rowsOfRunner(store, runnerId);
      await markGone(store.database, sessions.map(({ id }) => id), Date.now());
      for (const { id, org_id } of sessions) this.#changes.fire({ orgId: org_id, gone: id });
    });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#things.dispose();
    this.#changes.dispose();
  }

  #flush(): void {
    this.#timer = undefined;
    const ids = [...this.#changed];
    this.#changed.clear();
    const { bus, watchers } = this.#parts;
    if (watchers.hasOthers) bus.publish(TOPIC, { process: bus.processId, ids });
    this.#tell(ids);
  }

  /** What others said of them meanwhile was missed. */
  #tellRecent(): Promise<void> {
    return this.#logged(async () => this.#tell(await recentIds(this.#parts.store.database, Date.now() - MISSED_MS)));
  }

  /** Rows are read when they are told, one reading after the other: nobody hears an older one last. */
  #tell(ids: readonly string[]): void {
    if (!this.#changes.hasListeners || ids.length === 0) return;
    this.#telling = this.#telling.then(() =>
      this.#logged(async () => {
        for (const agent of await findAgents(this.#parts.store, ids)) {
          this.#changes.fire(agent.gone ? { orgId: agent.org_id, gone: agent.id } : { orgId: agent.org_id, agent: shownAgent(agent) });
        }
      }),
    );
  }

  async #logged(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn(`Changes of agents were not told: ${messageOf(error)}`);
    }
  }
}
