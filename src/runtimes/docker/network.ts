// A bridge network for agents: made once, reused, and one only, however many spawns and processes ask for it at once.
import type { NetworkCreateOptions, NetworkInspectInfo } from 'dockerode';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import type { DockerEngine } from './engine.ts';
import { statusOf, wordsOf } from './engineErrors.ts';
import { NETWORK_LABEL } from './labels.ts';

export interface EnsuredNetwork {
  readonly id: string;
  /** True when this call made it. */
  readonly made: boolean;
}

/** How often making it is tried where the wish for it differs from try to try. */
const ATTEMPTS = 8;

export class AgentNetwork {
  readonly #engine: DockerEngine;
  readonly #name: string;
  readonly #wish: () => Omit<NetworkCreateOptions, 'Name'>;
  #ensured: Promise<EnsuredNetwork> | undefined;

  /** `wish` says how it is made where it is not there, and is asked again where the engine takes its addresses to be used already. */
  constructor(engine: DockerEngine, name: string, wish: () => Omit<NetworkCreateOptions, 'Name'> = () => ({ Labels: { [NETWORK_LABEL]: 'true' } })) {
    this.#engine = engine;
    this.#name = name;
    this.#wish = wish;
  }

  /** The network's id; found or made at the first call and remembered. Only the call that made it gets `made`. */
  async ensure(): Promise<EnsuredNetwork> {
    if (this.#ensured !== undefined) return { ...(await this.#ensured), made: false };
    const ensured = this.#findOrMake();
    this.#ensured = ensured;
    ensured.catch(() => this.forget());
    return ensured;
  }

  /** To be called when the engine says that the network is not there any more. */
  forget(): void {
    this.#ensured = undefined;
  }

  /** Removes a network that a failed spawn made, unless somebody uses it by now. */
  async removeIfUnused(id: string): Promise<void> {
    this.forget();
    await this.#remove(id);
  }

  async #findOrMake(): Promise<EnsuredNetwork> {
    const found = oldest(await this.#list());
    if (found !== undefined) return { id: found, made: false };
    const own = await this.#make();
    // Even with CheckDuplicate the engine may make two of one name at the same instant: everybody then settles on the oldest.
    const id = oldest(await this.#list()) ?? own;
    if (id === undefined) throw new AgentsError('docker-failed', `The network ${this.#name} vanished while it was made.`, { hint: 'Try again.' });
    if (own !== undefined && own !== id) await this.#remove(own);
    return { id, made: own === id };
  }

  /** The id of a new one; undefined where somebody was faster. */
  async #make(): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        const network = await this.#engine.call({ what: `make the network ${this.#name}` }, (docker, abortSignal) =>
          docker.createNetwork({ Driver: 'bridge', CheckDuplicate: true, ...this.#wish(), Name: this.#name, abortSignal }),
        );
        return network.id;
      } catch (error) {
        if (isOverlap(error)) {
          if (attempt < ATTEMPTS) continue;
          throw error;
        }
        // "network with name ... already exists".
        if (statusOf(error) === 409 || (isAgentsError(error) && error.message.includes('already'))) return undefined;
        throw error;
      }
    }
  }

  async #list(): Promise<NetworkInspectInfo[]> {
    const networks = await this.#engine.call({ what: 'list networks' }, (docker, abortSignal) =>
      docker.listNetworks({ filters: { name: [this.#name] }, abortSignal }),
    );
    // The engine's filter matches parts of names.
    return networks.filter((network) => network.Name === this.#name);
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#engine.call({ what: 'remove a network' }, (docker) => docker.getNetwork(id).remove());
    } catch (error) {
      // 403 and 409: in use; 404: gone.
      const status = statusOf(error);
      if (status !== 403 && status !== 404 && status !== 409) throw error;
    }
  }
}

function oldest(networks: readonly NetworkInspectInfo[]): string | undefined {
  return networks.toSorted((a, b) => a.Created.localeCompare(b.Created) || a.Id.localeCompare(b.Id))[0]?.Id;
}

/** Docker: "Pool overlaps with other one on this address space"; Podman: "subnet ... is already used". */
function isOverlap(error: unknown): boolean {
  return /\b(?:pool|subnet)\b.*(?:overlaps|already)/i.test(wordsOf(error));
}
