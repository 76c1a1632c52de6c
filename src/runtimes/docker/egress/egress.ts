// The restricted network of agents: for each its own internal network with a proxy as the only way out, made with the agent and removed with it.
import * as z from 'zod';
import { AgentsError, isAgentsError, messageOf } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import { throwIfCancelled, waitFor } from '../../../base/wait.ts';
import { AgentId } from '../../../protocol/agentRecord.ts';
import type { EgressEntry, HostRule } from '../../../protocol/network.ts';
import { lastLogLines, removeContainer, stopContainer } from '../containerRemoval.ts';
import type { ContainerUser } from '../containerSpec.ts';
import type { DockerEngine } from '../engine.ts';
import { createError, isNetworkGone, statusOf } from '../engineErrors.ts';
import { OWNER_LABEL, ownerFilter } from '../labels.ts';
import { AgentNetwork } from '../network.ts';
import type { DockerSettings } from '../options.ts';
import { entriesOf, followLines, KeptAudits, parseEntry, printedLines } from './auditLog.ts';
import { addressesIn, EGRESS_LABEL, egressNetwork, egressNetworkName, proxyName, proxySpec, type EgressAddresses } from './egressSpec.ts';
import { proxyCommand } from './programText.ts';

/** Milliseconds until a started proxy must have said that it listens. */
const READY_TIMEOUT_MS = 20_000;

/** Seconds that a proxy has to write down the connections that are open at its end. */
const STOP_SECONDS = 2;

/** Milliseconds in which a network without an agent may belong to a spawn that is under way. */
const YOUNG_MS = 5 * 60 * 1000;

const Inspected = z.object({ Internal: z.boolean(), IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string() })).min(1) }) });
const Found = z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()) });
const FoundNetwork = Found.extend({ Created: z.string() });
const Said = z.union([z.object({ ready: z.literal(true) }), z.object({ fault: z.string() })]);

export interface RestrictedNetwork {
  readonly id: string;
  readonly made: boolean;
  readonly addresses: EgressAddresses;
}

export interface ProxyWish {
  readonly agentId: string;
  readonly network: RestrictedNetwork;
  readonly rules: readonly HostRule[];
  readonly user: ContainerUser;
}

/** A proxy that serves; `outer` is the network it gets out by. */
export interface StartedProxy {
  readonly containerId: string;
  readonly outer: { readonly id: string; readonly made: boolean };
}

export class Egress {
  readonly #engine: DockerEngine;
  readonly #outer: AgentNetwork;
  readonly #settings: DockerSettings;
  readonly #log: Log;
  readonly #kept = new KeptAudits();

  constructor(engine: DockerEngine, outer: AgentNetwork, settings: DockerSettings, log: Log) {
    this.#engine = engine;
    this.#outer = outer;
    this.#settings = settings;
    this.#log = log;
  }

  /** The agent's own network, found or made. Fails with `unsupported` where what has its name is another kind of network. */
  async ensureNetwork(agentId: string): Promise<RestrictedNetwork> {
    const name = egressNetworkName(this.#settings.network, agentId);
    const { id, made } = await new AgentNetwork(this.#engine, name, () => egressNetwork(this.#labels(agentId))).ensure();
    const inspected = Inspected.safeParse(await this.#engine.call({ what: 'look at a network' }, (docker) => docker.getNetwork(id).inspect() as Promise<unknown>));
    const addresses = inspected.data?.Internal === true ? addressesIn(inspected.data.IPAM.Config[0]?.Subnet ?? '') : undefined;
    if (addresses !== undefined) return { id, made, addresses };
    if (made) await this.removeNetworks(agentId);
    throw new AgentsError('unsupported', `The network ${name} is none that keeps an agent in.`, { hint: `Remove it with "docker network rm ${name}", or use an engine that has internal networks.` });
  }

  /** Starts the agent's proxy; resolves when it serves. What it made is removed again where it fails, or is cancelled. */
  async startProxy(wish: ProxyWish, signal: AbortSignal | undefined, again = true): Promise<StartedProxy> {
    const outer = await this.#outer.ensure();
    try {
      const containerId = await this.#start(wish, outer.id, signal);
      await this.#ready(containerId, signal);
      return { containerId, outer };
    } catch (error) {
      await this.retireProxies(wish.agentId);
      if (outer.made) await this.#outer.removeIfUnused(outer.id);
      // Somebody removed the outer network since it was looked up: once more, with a new one.
      if (again && isNetworkGone(error)) {
        this.#outer.forget();
        return this.startProxy(wish, signal, false);
      }
      throw error;
    }
  }

  /** Ends an agent's proxy and keeps its log. None is no error. */
  async retireProxies(agentId: string): Promise<void> {
    await Promise.all((await this.#proxies(agentId)).map(({ Id }) => this.#retire(Id, agentId)));
  }

  /** Removes an agent's network, once nobody is in it. None is no error. */
  async removeNetworks(agentId: string): Promise<void> {
    await Promise.all((await this.#networks(agentId)).map(({ Id }) => new AgentNetwork(this.#engine, Id).removeIfUnused(Id)));
  }

  /**
   * Removes the proxies and networks whose agents are gone, by whatever hand. `listAgents` gives the ids of all agents whose containers
   * are there, running or not; `busy` says of which this process is just making or removing one.
   */
  async sweep(listAgents: () => Promise<ReadonlySet<string>>, busy: (agentId: string) => boolean): Promise<void> {
    // In this order: an agent's container is there before its proxy is.
    const [proxies, networks] = await Promise.all([this.#proxies(), this.#networks()]);
    if (proxies.length === 0 && networks.length === 0) return;
    const agents = await listAgents();
    const isOrphan = ({ Labels }: z.infer<typeof Found>): boolean => {
      const agentId = Labels[EGRESS_LABEL];
      return agentId !== undefined && !agents.has(agentId) && !busy(agentId);
    };
    await Promise.all(proxies.filter(isOrphan).map(({ Id, Labels }) => this.#retire(Id, Labels[EGRESS_LABEL] ?? '')));
    const withProxy = new Set(proxies.map(({ Labels }) => Labels[EGRESS_LABEL]));
    const old = networks.filter(({ Created, Labels }) => withProxy.has(Labels[EGRESS_LABEL]) || Date.now() - Date.parse(Created) > YOUNG_MS);
    await Promise.all(old.filter(isOrphan).map(({ Id }) => new AgentNetwork(this.#engine, Id).removeIfUnused(Id)));
  }

  /** All attempts of an agent, living or gone, as far as they were kept. */
  async readAudit(agentId: string): Promise<EgressEntry[]> {
    if (!AgentId.safeParse(agentId).success) return [];
    const printed = await printedLines(this.#engine, proxyName(agentId)).catch((error: unknown) => {
      if (isAgentsError(error, 'not-found')) return [];
      throw error;
    });
    const kept = await this.#kept.read(agentId);
    return entriesOf([...kept.map((entry) => JSON.stringify(entry)), ...printed.map((line) => JSON.stringify(parseEntry(line) ?? null))]);
  }

  /** Hands on each attempt as it ends, from `sinceMs` (Unix time) on. Resolves when the proxy ends or `signal` fires; fails with `not-found` where there is none. */
  async followAudit(agentId: string, onEntry: (entry: EgressEntry) => void, options: { readonly signal: AbortSignal; readonly sinceMs?: number | undefined }): Promise<void> {
    await followLines(
      this.#engine,
      proxyName(agentId),
      (line) => {
        const entry = parseEntry(line);
        if (entry !== undefined) onEntry(entry);
      },
      options,
    );
  }

  async #start(wish: ProxyWish, outerNetworkId: string, signal: AbortSignal | undefined): Promise<string> {
    throwIfCancelled(signal);
    const containerId = await this.#create(wish, outerNetworkId);
    throwIfCancelled(signal);
    await this.#engine.call({ what: "join a proxy to its agent's network" }, (docker) =>
      docker.getNetwork(wish.network.id).connect({ Container: containerId, EndpointConfig: { IPAMConfig: { IPv4Address: wish.network.addresses.proxy } } }) as Promise<unknown>,
    );
    throwIfCancelled(signal);
    await this.#engine.call({ what: 'start a proxy', timeoutMs: 60_000 }, (docker) => docker.getContainer(containerId).start() as Promise<unknown>);
    return containerId;
  }

  async #create({ agentId, network, rules, user }: ProxyWish, outerNetworkId: string): Promise<string> {
    const { image } = this.#settings;
    const spec = proxySpec({ agentId, image, labels: this.#labels(agentId), user, command: await proxyCommand(), addresses: network.addresses, rules, outerNetworkId });
    const make = async (): Promise<string> => (await this.#engine.call({ what: 'create a proxy' }, (docker) => docker.createContainer(spec))).id;
    try {
      return await make().catch(async (error: unknown) => {
        if (statusOf(error) !== 409) throw error;
        // Left behind by an agent of this id that is gone: there is only one such agent at a time.
        await this.retireProxies(agentId);
        return make();
      });
    } catch (error) {
      if (statusOf(error) === undefined) throw error;
      throw createError(isAgentsError(error) ? (error.cause ?? error) : error, { image, name: proxyName(agentId), url: this.#engine.endpoint.url, workingDirectory: '' });
    }
  }

  /** Waits for the proxy's word that it serves. */
  async #ready(containerId: string, signal: AbortSignal | undefined): Promise<void> {
    const end = new AbortController();
    const said = new Promise<z.infer<typeof Said>>((resolve, reject) => {
      const onLine = (line: string): void => {
        const parsed = parseSaid(line);
        if (parsed !== undefined) resolve(parsed);
      };
      followLines(this.#engine, containerId, onLine, { signal: end.signal }).then(() => reject(new AgentsError('docker-failed', 'The proxy ended at its start.')), reject);
    });
    try {
      const word = await waitFor(said, { signal, timeoutMs: READY_TIMEOUT_MS, what: "the agent's proxy to serve" });
      if ('ready' in word) return;
      throw new AgentsError('unsupported', `This engine cannot restrict an agent's network: ${word.fault}.`, { hint: 'Use Docker 20.10 or newer, not Podman, or spawn the agent with an open network.' });
    } catch (error) {
      if (!isAgentsError(error, 'docker-failed') && !isAgentsError(error, 'timeout')) throw error;
      const lines = await lastLogLines(this.#engine, containerId);
      throw new AgentsError('docker-failed', `The proxy of a restricted agent did not start: ${lines === '' ? error.message : lines}`, { hint: `The image ${this.#settings.image} must have Node 20 or newer for it.`, cause: error });
    } finally {
      end.abort();
    }
  }

  async #retire(containerId: string, agentId: string): Promise<void> {
    await stopContainer(this.#engine, containerId, STOP_SECONDS);
    try {
      await this.#kept.keep(agentId, await printedLines(this.#engine, containerId));
    } catch (error) {
      if (!isAgentsError(error, 'not-found')) this.#log.warn(`docker: the network log of ${agentId} could not be kept: ${messageOf(error)}`);
    }
    await removeContainer(this.#engine, containerId);
  }

  async #proxies(agentId?: string): Promise<z.infer<typeof Found>[]> {
    const found = await this.#engine.call({ what: 'list proxies' }, (docker, abortSignal) => docker.listContainers({ all: true, filters: { label: this.#filter(agentId) }, abortSignal }));
    return z.array(Found).parse(found);
  }

  async #networks(agentId?: string): Promise<z.infer<typeof FoundNetwork>[]> {
    const found = await this.#engine.call({ what: 'list networks' }, (docker, abortSignal) => docker.listNetworks({ filters: { label: this.#filter(agentId) }, abortSignal }));
    return z.array(FoundNetwork).parse(found);
  }

  #filter(agentId: string | undefined): string[] {
    return [agentId === undefined ? EGRESS_LABEL : `${EGRESS_LABEL}=${agentId}`, ...ownerFilter(this.#settings.owner)];
  }

  #labels(agentId: string): Record<string, string> {
    return { [EGRESS_LABEL]: agentId, ...(this.#settings.owner === undefined ? {} : { [OWNER_LABEL]: this.#settings.owner }) };
  }
}

function parseSaid(line: string): z.infer<typeof Said> | undefined {
  try {
    return Said.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
