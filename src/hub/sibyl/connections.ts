// Which sockets of runners this process holds, and how frames and requests find the process that holds the right one.
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { SessionRequest, type HubExtensionFrame } from '../../protocol/hubWire/extension.ts';
import type { HubFrame } from '../../protocol/hubWire/sibylFrames.ts';
import type { Bus } from '../parts.ts';
import type { RunnerStore } from './runnerStore.ts';

/** One runner's socket, as others see it. */
export interface RunnerConnection {
  readonly runnerId: string;
  readonly connectionId: string;
  /** Of its hello; undefined for a client of the base protocol. */
  readonly instance: string | undefined;
  readonly extended: boolean;
  /** Unix ms. */
  readonly connectedAt: number;
  /** How many agents it has, as it last said. */
  readonly agents: number | undefined;
  /** False when it is closing. */
  send(frame: HubFrame | HubExtensionFrame): boolean;
  request(sessionId: string, request: SessionRequest, by: string): Promise<unknown>;
  /** Whether it answers within some seconds. */
  alive(): Promise<boolean>;
  close(code: number, reason: string): void;
  /** Its end, told to nobody. */
  terminate(): void;
}

const Ask = z.object({ runnerId: z.string(), sessionId: z.string(), request: SessionRequest, by: z.string() });
const Send = z.object({ runnerId: z.string(), frame: z.record(z.string(), z.unknown()) });
const Probe = z.object({ runnerId: z.string(), instance: z.string().optional() });
/** What became of an older socket when a newer one asks for its place. */
const Probed = z.enum(['stays', 'gone']);

export class Connections implements Disposable {
  readonly #bus: Bus;
  readonly #store: RunnerStore;
  readonly #own = new Map<string, RunnerConnection>();
  readonly #owned = new DisposableStore();

  constructor(bus: Bus, store: RunnerStore) {
    this.#bus = bus;
    this.#store = store;
    this.#owned.add(bus.serve('sibyl.request', async (params) => {
      const { runnerId, sessionId, request, by } = Ask.parse(params);
      return await this.#here(runnerId).request(sessionId, request, by);
    }));
    this.#owned.add(bus.serve('sibyl.send', (params) => {
      const { runnerId, frame } = Send.parse(params);
      // Made by another process of this hub out of the same types.
      return Promise.resolve(this.#own.get(runnerId)?.send(frame as HubFrame) ?? false);
    }));
    this.#owned.add(bus.serve('sibyl.probe', async (params) => {
      const { runnerId, instance } = Probe.parse(params);
      return await this.#giveWay(runnerId, instance);
    }));
  }

  get(runnerId: string): RunnerConnection | undefined {
    return this.#own.get(runnerId);
  }

  add(connection: RunnerConnection): void {
    this.#own.set(connection.runnerId, connection);
  }

  /** Only where it is still that socket. */
  remove(connection: RunnerConnection): void {
    if (this.#own.get(connection.runnerId) === connection) this.#own.delete(connection.runnerId);
  }

  all(): readonly RunnerConnection[] {
    return [...this.#own.values()];
  }

  /**
   * Asks an older socket of this runner, here or at another process, to make room. False: it belongs to another instance that is alive, and stays. A client
   * without an instance always gets the place.
   */
  async makeRoom(runnerId: string, instance: string | undefined): Promise<boolean> {
    if (this.#own.has(runnerId)) return (await this.#giveWay(runnerId, instance)) === 'gone';
    const holder = (await this.#store.find(runnerId))?.connected_to;
    if (holder === null || holder === undefined || holder === this.#bus.processId) return true;
    try {
      return Probed.parse(await this.#bus.call(holder, 'sibyl.probe', { runnerId, instance })) === 'gone';
    } catch {
      return true; // That process is gone, or as good as.
    }
  }

  /** Sends a frame to wherever the runner is connected. False: it was not sent. */
  async send(runnerId: string, frame: HubFrame | HubExtensionFrame): Promise<boolean> {
    const here = this.#own.get(runnerId);
    if (here !== undefined) return here.send(frame);
    const holder = (await this.#store.find(runnerId))?.connected_to;
    if (holder === null || holder === undefined || holder === this.#bus.processId) return false;
    try {
      return (await this.#bus.call(holder, 'sibyl.send', { runnerId, frame })) === true;
    } catch {
      return false;
    }
  }

  /** Throws `not-found`, `disconnected`, `unsupported`, `timeout`, and the runner's own faults. */
  async request(runnerId: string, sessionId: string, request: SessionRequest, by: string): Promise<unknown> {
    const here = this.#own.get(runnerId);
    if (here !== undefined) return await here.request(sessionId, request, by);
    const row = await this.#store.find(runnerId);
    if (row === undefined) throw new AgentsError('not-found', 'This runner is not registered here any more.');
    if (row.connected_to === null || row.connected_to === this.#bus.processId) throw notConnected(row.name);
    return await this.#bus.call(row.connected_to, 'sibyl.request', { runnerId, sessionId, request, by }, { timeoutMs: 60_000 });
  }

  dispose(): void {
    this.#owned.dispose();
    for (const connection of this.all()) connection.close(1001, 'The hub is ending');
    this.#own.clear();
  }

  #here(runnerId: string): RunnerConnection {
    const connection = this.#own.get(runnerId);
    if (connection === undefined) throw notConnected('The runner');
    return connection;
  }

  async #giveWay(runnerId: string, instance: string | undefined): Promise<z.infer<typeof Probed>> {
    const older = this.#own.get(runnerId);
    if (older === undefined) return 'gone';
    const another = instance !== undefined && older.instance !== undefined && older.instance !== instance;
    if (another && (await older.alive())) return 'stays';
    if (another) older.terminate();
    else older.close(1000, 'Replaced by new connection');
    this.remove(older);
    return 'gone';
  }
}

function notConnected(name: string): AgentsError {
  return new AgentsError('disconnected', `${name} is not connected to the hub.`, { hint: 'What it runs goes on; it can be reached again once it is back.' });
}
