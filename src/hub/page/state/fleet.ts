// The organization's agents, runners and tasks as the live socket tells them: a snapshot, then changes. Pure.
import type { HubAgent, HubTask } from '../../../protocol/hubWire/hubRest.ts';
import type { LiveFrame } from '../../../protocol/hubWire/liveFrames.ts';
import type { Runner } from '../../../protocol/hubWire/sibylRest.ts';
import { agentGroups, groupOf, type AgentGroup } from '../words/agentWords.ts';

export interface Fleet {
  /** Whether the hub has told of anything yet. */
  readonly known: boolean;
  readonly agents: ReadonlyMap<string, HubAgent>;
  readonly runners: ReadonlyMap<string, Runner>;
  readonly tasks: ReadonlyMap<string, HubTask>;
}

export const emptyFleet: Fleet = { known: false, agents: new Map(), runners: new Map(), tasks: new Map() };

/** The fleet after these frames, in their order; the very same where none of them is about it. */
export function reduceFleet(fleet: Fleet, frames: readonly LiveFrame[]): Fleet {
  let { known } = fleet;
  const agents = new Draft(fleet.agents);
  const runners = new Draft(fleet.runners);
  const tasks = new Draft(fleet.tasks);
  for (const frame of frames) {
    switch (frame.type) {
      case 'fleet':
        known = true;
        agents.replace(frame.agents.map((agent) => [agent.id, agent]));
        runners.replace(frame.runners.map((runner) => [runner.id, runner]));
        tasks.replace(frame.tasks.map((task) => [task.id, task]));
        break;
      case 'agent':
        agents.set(frame.agent.id, frame.agent);
        break;
      case 'agent_gone':
        agents.delete(frame.session_id);
        break;
      case 'runner':
        runners.set(frame.runner.id, frame.runner);
        break;
      case 'runner_gone':
        runners.delete(frame.runner_id);
        break;
      case 'task':
        tasks.set(frame.task.id, frame.task);
        break;
      case 'events':
      case 'caught_up':
      case 'terminal':
      case 'terminal_writer':
      case 'terminal_ended':
      case 'error':
      case 'pong':
        break;
    }
  }
  if (known === fleet.known && !agents.changed && !runners.changed && !tasks.changed) return fleet;
  return { known, agents: agents.map, runners: runners.map, tasks: tasks.map };
}

/** A map that is copied once, before its first change. */
class Draft<T> {
  #map: ReadonlyMap<string, T>;
  #own: Map<string, T> | undefined;

  constructor(map: ReadonlyMap<string, T>) {
    this.#map = map;
  }

  get map(): ReadonlyMap<string, T> {
    return this.#map;
  }

  get changed(): boolean {
    return this.#own !== undefined;
  }

  set(key: string, value: T): void {
    this.#writable().set(key, value);
  }

  delete(key: string): void {
    if (this.#map.has(key)) this.#writable().delete(key);
  }

  replace(entries: readonly (readonly [string, T])[]): void {
    this.#map = this.#own = new Map(entries);
  }

  #writable(): Map<string, T> {
    if (this.#own === undefined) this.#map = this.#own = new Map(this.#map);
    return this.#own;
  }
}

/** By group, each sorted: those that began to wait first come first, of others those that changed last. */
export function groupAgents(agents: Iterable<HubAgent>): ReadonlyMap<AgentGroup, readonly HubAgent[]> {
  const groups = new Map<AgentGroup, HubAgent[]>(agentGroups.map((group) => [group, []]));
  for (const agent of agents) groups.get(groupOf(agent))?.push(agent);
  for (const [group, list] of groups) list.sort((one, other) => (group === 'waiting' ? one.status_since - other.status_since : other.status_since - one.status_since) || one.id.localeCompare(other.id));
  return groups;
}

export interface InboxItem {
  readonly agent: HubAgent;
  readonly ask: HubAgent['asks'][number];
}

/** Everything that waits for a person, what has waited longest first. What asks on a runner that is not connected cannot be answered, and is left out. */
export function inboxOf(agents: Iterable<HubAgent>): readonly InboxItem[] {
  const items: InboxItem[] = [];
  for (const agent of agents) if (groupOf(agent) === 'waiting') for (const ask of agent.asks) items.push({ agent, ask });
  return items.sort((one, other) => one.ask.since - other.ask.since || one.ask.id.localeCompare(other.ask.id));
}
