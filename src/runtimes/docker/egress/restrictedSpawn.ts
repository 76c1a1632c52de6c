// The part of a spawn that only restricted agents have: their network, and the proxy that starts while their own container does.
import { AgentsError } from '../../../base/errors.ts';
import { waitFor } from '../../../base/wait.ts';
import { parseHostRule, type HostRule } from '../../../protocol/network.ts';
import type { AgentConfig, SpawnOptions } from '../../types.ts';
import type { ContainerUser } from '../containerSpec.ts';
import type { AgentNetwork } from '../network.ts';
import type { DockerSettings } from '../options.ts';
import type { Egress, RestrictedNetwork, StartedProxy } from './egress.ts';
import { proxyEnvironment } from './egressSpec.ts';

/** Milliseconds that undoing waits for what the engine is just making. */
const SETTLE_MS = 5_000;

export interface RestrictedPlace {
  readonly egress: Egress;
  /** The outer network. */
  readonly network: AgentNetwork;
  readonly settings: DockerSettings;
}

export class RestrictedSpawn {
  readonly #place: RestrictedPlace;
  readonly #config: AgentConfig;
  readonly #user: ContainerUser;
  #network: RestrictedNetwork | undefined;
  #starting: Promise<StartedProxy> | undefined;

  constructor(place: RestrictedPlace, config: AgentConfig, user: ContainerUser) {
    this.#place = place;
    this.#config = config;
    this.#user = user;
  }

  /** What makes programs use the proxy; undefined before there is a network. */
  get environment(): Readonly<Record<string, string>> | undefined {
    return this.#network === undefined ? undefined : proxyEnvironment(this.#network.addresses);
  }

  async ensureNetwork(): Promise<RestrictedNetwork> {
    this.#network = await this.#place.egress.ensureNetwork(this.#config.agentId);
    return this.#network;
  }

  /** Begins to start the proxy; `serving` tells how it went. */
  startProxy(signal: AbortSignal | undefined): void {
    if (this.#network === undefined) throw new AgentsError('internal', 'A proxy needs its network first.');
    const wish = { agentId: this.#config.agentId, network: this.#network, rules: this.#rules(), user: this.#user };
    this.#starting = this.#place.egress.startProxy(wish, signal);
    this.#starting.catch(() => undefined);
  }

  /** Resolves when the proxy serves; fails with what kept it from that. */
  async serving(onProgress: SpawnOptions['onProgress']): Promise<void> {
    onProgress?.('proxy', 'Waiting for its proxy');
    await this.#starting;
  }

  /** Removes proxy and network; the agent's container must be gone. What an engine that hangs makes later is removed when it comes. */
  async undo(): Promise<void> {
    const starting = this.#starting;
    try {
      const started = await waitFor(starting?.catch(() => undefined) ?? Promise.resolve(undefined), { timeoutMs: SETTLE_MS, what: 'the proxy to start or fail' });
      await this.#remove(started);
    } catch (error) {
      void starting?.then((late) => this.#remove(late)).catch(() => undefined);
      throw error;
    }
  }

  async #remove(started: StartedProxy | undefined): Promise<void> {
    const { egress, network } = this.#place;
    await egress.retireProxies(this.#config.agentId);
    await egress.removeNetworks(this.#config.agentId);
    if (started?.outer.made === true) await network.removeIfUnused(started.outer.id);
  }

  #rules(): HostRule[] {
    const { network, providerHosts = [] } = this.#config;
    const allowed = [...(this.#place.settings.egress.allow ?? []), ...(network?.allow ?? []), ...providerHosts];
    return [...new Set(allowed)].map(parseHostRule).filter((rule) => rule !== undefined);
  }
}
