// What is known of agents between listings, by runtime: the last listing, the spawns under way, and the events of their change.
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/event.ts';
import { recordOf } from './agentConfig.ts';
import { diffAgents, sameAgent } from './agentDiff.ts';
import { agentInfo } from './agentPanes.ts';
import type { AgentChange, AgentConfig, AgentInfo } from './types.ts';

/** A listing under way, and the agents of whom something newer was heard meanwhile. */
interface PendingListing {
  readonly runtimeId: string;
  readonly overtaken: Set<string>;
}

export class AgentDirectory implements Disposable {
  readonly #known = new Map<string, Map<string, AgentInfo>>();
  readonly #starting = new Map<string, Map<string, AgentInfo>>();
  readonly #pending = new Set<PendingListing>();
  readonly #changed = new Emitter<AgentChange>();

  readonly onDidChange: Event<AgentChange> = this.#changed.event;

  agentsOf(runtimeId: string): AgentInfo[] {
    const known = this.#agents(this.#known, runtimeId);
    const starting = [...this.#agents(this.#starting, runtimeId).values()].filter((agent) => !known.has(agent.agentId));
    return [...known.values(), ...starting];
  }

  find(agentId: string): AgentInfo | undefined {
    for (const agents of [...this.#known.values(), ...this.#starting.values()]) {
      const agent = agents.get(agentId);
      if (agent) return agent;
    }
    return undefined;
  }

  /**
   * Takes the complete listing of one runtime that `ask` resolves with, and fires what it changed. Agents that an event or a
   * listing asked for later told of meanwhile stay as these said. Fails as `ask` does, and then changes nothing.
   */
  async takeListing(runtimeId: string, ask: () => Promise<readonly AgentInfo[]>): Promise<void> {
    const listing: PendingListing = { runtimeId, overtaken: new Set() };
    this.#pending.add(listing);
    try {
      const listed = await ask();
      const known = this.#agents(this.#known, runtimeId);
      const newer = [...known.values()].filter((agent) => listing.overtaken.has(agent.agentId));
      const agents = [...listed.filter((agent) => !listing.overtaken.has(agent.agentId)), ...newer];
      const earlier = [...this.#pending].slice(0, [...this.#pending].indexOf(listing));
      for (const change of diffAgents(known, agents)) this.#take(runtimeId, change, earlier);
    } finally {
      this.#pending.delete(listing);
    }
  }

  /** Takes one change, and fires it unless it says nothing new. */
  apply(runtimeId: string, change: AgentChange): void {
    this.#take(runtimeId, change, this.#pending);
  }

  #take(runtimeId: string, change: AgentChange, overtaken: Iterable<PendingListing>): void {
    const known = this.#agents(this.#known, runtimeId);
    const { agent } = change;
    for (const listing of overtaken) if (listing.runtimeId === runtimeId) listing.overtaken.add(agent.agentId);
    const before = known.get(agent.agentId);
    if (change.type === 'gone') {
      if (known.delete(agent.agentId)) this.#changed.fire(change);
      return;
    }
    known.set(agent.agentId, agent);
    if (before !== undefined && sameAgent(before, agent)) return;
    const announced = before !== undefined || this.#agents(this.#starting, runtimeId).has(agent.agentId);
    this.#changed.fire({ type: announced ? 'changed' : 'appeared', agent });
  }

  remove(runtimeId: string, agentId: string): void {
    const agent = this.#agents(this.#known, runtimeId).get(agentId);
    if (agent) this.apply(runtimeId, { type: 'gone', agent });
  }

  /** Shows an agent as `starting` until disposed; by then it is known, or it is gone again. */
  starting(runtimeId: string, runtimeType: string, config: AgentConfig): Disposable {
    const handle = { runtimeType, runtimeId, agentId: config.agentId, data: {} };
    const record = recordOf(config, { sessionName: config.sessionName ?? config.agentId, runtimeId });
    const agent = agentInfo(record, { status: 'starting' }, handle);
    const starting = this.#agents(this.#starting, runtimeId);
    if (starting.has(agent.agentId) || this.#agents(this.#known, runtimeId).has(agent.agentId)) return toDisposable(() => undefined);
    starting.set(agent.agentId, agent);
    this.#changed.fire({ type: 'appeared', agent });
    return toDisposable(() => {
      starting.delete(agent.agentId);
      if (!this.#agents(this.#known, runtimeId).has(agent.agentId)) this.#changed.fire({ type: 'gone', agent });
    });
  }

  /** Drops a runtime that was taken away; its agents are no longer shown, though they go on. */
  forget(runtimeId: string): void {
    for (const agent of this.agentsOf(runtimeId)) this.#changed.fire({ type: 'gone', agent });
    this.#known.delete(runtimeId);
    this.#starting.delete(runtimeId);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #agents(from: Map<string, Map<string, AgentInfo>>, runtimeId: string): Map<string, AgentInfo> {
    const agents = from.get(runtimeId) ?? new Map<string, AgentInfo>();
    from.set(runtimeId, agents);
    return agents;
  }
}
