// An organization's agents, runners and tasks, to all sockets that watch: a snapshot, then every change, each made into a frame once.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { CLOSE_TOO_SLOW } from '../../protocol/hubWire/closeCodes.ts';
import type { LiveFrame } from '../../protocol/hubWire/liveFrames.ts';
import type { Hub } from '../parts.ts';
import { encodeFrame, type Outbox } from './outbox.ts';

/** Changes that wait for one snapshot to be read. */
const MOST_HELD = 10_000;

interface Watcher {
  readonly outbox: Outbox;
  /** Changes since the snapshot was asked for; undefined once it left. */
  held: Buffer[] | undefined;
}

export class FleetStreams implements Disposable {
  readonly #hub: Hub;
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #things = new DisposableStore();

  constructor(hub: Hub) {
    this.#hub = hub;
    this.#things.add(hub.sessions.onDidChange((change) => this.#tell(change.orgId, 'agent' in change ? { type: 'agent', agent: change.agent } : { type: 'agent_gone', session_id: change.gone })));
    this.#things.add(hub.runners.onDidChange((change) => this.#tell(change.orgId, 'runner' in change ? { type: 'runner', runner: change.runner } : { type: 'runner_gone', runner_id: change.gone })));
    this.#things.add(hub.tasks.onDidChange(({ orgId, task }) => this.#tell(orgId, { type: 'task', task })));
  }

  /** Sends the snapshot, then changes until disposed. `onFault` gets the database's fault. */
  watch(orgId: string, outbox: Outbox, onFault: (error: unknown) => void): Disposable {
    const watcher: Watcher = { outbox, held: [] };
    const watchers = this.#watchers.get(orgId) ?? new Set();
    this.#watchers.set(orgId, watchers.add(watcher));
    this.#snapshot(orgId, watcher).catch((error: unknown) => watchers.has(watcher) && onFault(error));
    return toDisposable(() => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(orgId) === watchers) this.#watchers.delete(orgId);
    });
  }

  dispose(): void {
    this.#things.dispose();
    this.#watchers.clear();
  }

  async #snapshot(orgId: string, watcher: Watcher): Promise<void> {
    const { sessions, runners, tasks } = this.#hub;
    const [agents, allRunners, allTasks] = await Promise.all([sessions.list(orgId), runners.list(orgId), tasks.list(orgId)]);
    // However large it is: only what comes after it tells whether its reader is slow.
    await watcher.outbox.sendThrough(encodeFrame({ type: 'fleet', agents: [...agents], runners: [...allRunners], tasks: [...allTasks] }));
    // Some of them the snapshot knows already; in their order they lead to the same state.
    for (const frame of watcher.held ?? []) watcher.outbox.sendEncoded(frame);
    watcher.held = undefined;
  }

  #tell(orgId: string, frame: LiveFrame): void {
    const watchers = this.#watchers.get(orgId);
    if (watchers === undefined) return;
    const encoded = encodeFrame(frame);
    for (const { held, outbox } of watchers) {
      if (held === undefined) outbox.sendEncoded(encoded);
      else if (held.push(encoded) > MOST_HELD) outbox.close(CLOSE_TOO_SLOW, 'Reads too slowly');
    }
  }
}
