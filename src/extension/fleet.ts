// The agents and runtimes as the window knows them: made at first use, kept true by events, kept over a change of settings.
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import { asAgentsError, messageOf, type AgentsError } from '../base/errors.ts';
import { Emitter, type Event } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import type { AgentStatus } from '../protocol/agentStatus.ts';
import type { ProviderRegistry } from '../providers/providerRegistry.ts';
import type { RuleBook } from '../providers/status/ruleBook.ts';
import type { Managed } from '../runner/createRuntimeManager.ts';
import type { RuntimeManager } from '../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../runtimes/types.ts';
import type { PendingApproval } from '../sessions/approvals/pendingApproval.ts';
import type { PromptQueues } from '../sessions/prompts/promptQueues.ts';
import { agentKey, runtimeOf, type AgentKey } from './agentKey.ts';
import type { FleetSnapshot } from './tree/model.ts';

export interface FleetOptions {
  /** Makes a manager of the settings as they are now. Fails when they are not valid. */
  readonly create: () => Promise<Managed>;
  readonly log: Log;
  /** Told what a person should mend, though all else goes on. */
  readonly onFault?: (error: AgentsError) => void;
  /** Works beside the fleet while it follows a manager; goes before what it works with. */
  readonly alongside?: (managed: Managed) => Disposable;
}

/** A manager and what works with it, in use; let go of when the last work with it has ended. */
interface Lease {
  readonly managed: Managed;
  readonly owned: DisposableStore;
  works: number;
  retired: boolean;
}

export class Fleet implements Disposable {
  readonly #options: FleetOptions;
  readonly #agents = new Map<AgentKey, AgentInfo>();
  readonly #statuses = new Map<AgentKey, AgentStatus>();
  /** How many prompts wait for each agent; none for an agent that is not in it. */
  readonly #queued = new Map<AgentKey, number>();
  readonly #errors = new Map<string, AgentsError>();
  readonly #toldFaults = new Set<string>();
  readonly #changed = new Emitter<void>();
  #lease: Lease | undefined;
  #making: Promise<Lease> | undefined;
  #started: Promise<void> | undefined;
  #hasAnswered = false;
  #announced = false;
  #disposed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Fires once per turn of the event loop when agents or runtimes changed. */
  readonly onDidChange: Event<void> = this.#changed.event;

  get snapshot(): FleetSnapshot {
    const manager = this.#lease?.managed.manager;
    const runtimes = (manager?.runtimeIds ?? []).map((runtimeId) => ({ runtimeId, type: manager?.get(runtimeId)?.type ?? '', error: this.#errors.get(runtimeId) }));
    return { agents: [...this.#agents.values()], runtimes, statuses: this.#statuses, queued: this.#queued };
  }

  get isStarted(): boolean {
    return this.#started !== undefined;
  }

  /** True once every runtime has answered or failed: from then on, no agent means that there is none. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** The providers of the settings as they are. Fails when these are not valid. */
  async providers(): Promise<ProviderRegistry> {
    return (await this.#current()).managed.providers;
  }

  /** The codicon of a provider, once the settings were read. */
  iconOf(aiProvider: string): string | undefined {
    return this.#lease?.managed.providers.find(aiProvider)?.icon;
  }

  find(key: AgentKey): AgentInfo | undefined {
    return this.#agents.get(key);
  }

  /** What the agent is doing, as last told; undefined until something was. */
  statusOf(agent: AgentInfo): AgentStatus | undefined {
    return this.#statuses.get(agentKey(agent));
  }

  /** What waits for an answer, the oldest first. */
  get pending(): readonly PendingApproval[] {
    return (this.#lease?.managed.approvals.pending ?? []).map((approval) => {
      // As it is called now, which may be otherwise than when it asked.
      const agent = this.#agents.get(agentKey(approval.agent));
      return agent === undefined || agent.name === approval.agent.name ? approval : { ...approval, agent };
    });
  }

  /** Starts following the runtimes; resolves when each has answered once or failed. Later calls share the first. */
  start(): Promise<void> {
    this.#started ??= this.#begin().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  /** Resolves when there is something to show: the first agent, or the first complete answer. */
  async somethingKnown(): Promise<void> {
    const started = this.start();
    if (this.#agents.size > 0) return;
    let subscription: Disposable | undefined;
    const first = new Promise<void>((resolve) => {
      subscription = this.onDidChange(() => {
        if (this.#agents.size > 0) resolve();
      });
    });
    await Promise.race([started, first]).finally(() => subscription?.dispose());
  }

  /** Asks all runtimes again. A runtime that fails keeps the agents it was last known to have. */
  async refresh(): Promise<void> {
    if (this.#started === undefined) return this.start();
    await this.#list(await this.#current());
  }

  /** Works with the manager and what belongs to it; all stays alive until the work has ended, a change of settings notwithstanding. */
  async use<T>(work: (manager: RuntimeManager, managed: Managed) => Promise<T> | T): Promise<T> {
    const lease = await this.#current();
    lease.works++;
    try {
      return await work(lease.managed.manager, lease.managed);
    } finally {
      lease.works--;
      if (lease.retired && lease.works === 0) letGo(lease);
    }
  }

  /** Makes the runtimes anew from changed settings; the agents stay shown until the new ones have answered. Throws when the settings are not valid, and goes on as before. */
  async reconfigure(): Promise<void> {
    if (this.#lease === undefined && this.#making === undefined) return;
    await this.#making?.catch(() => undefined);
    const lease = newLease(await this.#options.create());
    if (this.#disposed) return letGo(lease);
    this.#retire();
    this.#errors.clear();
    this.#lease = lease;
    if (this.#started === undefined) return;
    this.#follow(lease);
    await this.#list(lease);
    for (const [key, agent] of this.#agents) if (lease.managed.manager.get(runtimeOf(agent)) === undefined) this.#forget(key);
    this.#announce();
  }

  dispose(): void {
    this.#disposed = true;
    this.#retire();
    this.#changed.dispose();
  }

  async #begin(): Promise<void> {
    const lease = await this.#current();
    this.#follow(lease);
    await this.#list(lease);
  }

  async #current(): Promise<Lease> {
    return this.#lease ?? (this.#making ??= this.#make().finally(() => (this.#making = undefined)));
  }

  async #make(): Promise<Lease> {
    const lease = newLease(await this.#options.create());
    if (this.#disposed) letGo(lease);
    else this.#lease = lease;
    return lease;
  }

  #retire(): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    this.#lease = undefined;
    lease.retired = true;
    lease.owned.dispose();
    if (lease.works === 0) letGo(lease);
  }

  #follow({ managed, owned }: Lease): void {
    const { manager, status, approvals, prompts, conversations, rules } = managed;
    owned.add(
      manager.onDidChangeAgents(({ type, agent }) => {
        if (type === 'gone') this.#forget(agentKey(agent));
        else this.#agents.set(agentKey(agent), agent);
        this.#announce();
      }),
    );
    owned.add(
      status.onDidChangeStatus(({ agent, status: now }) => {
        this.#statuses.set(agentKey(agent), now);
        this.#announce();
      }),
    );
    owned.add(
      manager.onDidChangeHealth(({ runtimeId, error }) => {
        const back = error === undefined && this.#errors.delete(runtimeId);
        if (error !== undefined) this.#errors.set(runtimeId, error);
        this.#announce();
        if (back) void this.refresh().catch((fault: unknown) => this.#options.log.warn(`Refreshing after ${runtimeId} came back: ${messageOf(fault)}`));
      }),
    );
    owned.add(manager.onDidChangeRuntimes(() => this.#announce()));
    owned.add(manager.watch());
    owned.add(status.follow());
    owned.add(approvals.onDidChange(() => this.#announce()));
    owned.add(approvals.follow());
    owned.add(
      prompts.onDidChange((agent) => {
        this.#count(agent, prompts);
        this.#announce();
      }),
    );
    owned.add(prompts.follow());
    owned.add(conversations.onDidFail((error) => this.#tellFault(error)));
    owned.add(rules.onDidChange(() => this.#tellFaults(rules)));
    owned.add(rules.watch());
    this.#tellFaults(rules);
    const alongside = this.#options.alongside?.(managed);
    if (alongside !== undefined) owned.add(alongside);
  }

  #forget(key: AgentKey): void {
    this.#agents.delete(key);
    this.#statuses.delete(key);
    this.#queued.delete(key);
  }

  /** Reads the agent's queue, which lies in a file. */
  #count(agent: AgentInfo, prompts: PromptQueues): void {
    try {
      const { length } = prompts.queueOf(agent).prompts;
      if (length === 0) this.#queued.delete(agentKey(agent));
      else this.#queued.set(agentKey(agent), length);
    } catch (error) {
      this.#options.log.warn(`The prompts that wait for ${agent.name}: ${messageOf(error)}`);
    }
  }

  /** The person's own rules that are not right: each is told once. */
  #tellFaults(rules: RuleBook): void {
    for (const error of rules.errors) this.#tellFault(error);
  }

  #tellFault(error: AgentsError): void {
    if (this.#toldFaults.has(error.message)) return;
    this.#toldFaults.add(error.message);
    this.#options.onFault?.(error);
  }

  async #list(lease: Lease): Promise<void> {
    // Of what appears meanwhile the listing may know nothing yet.
    const before = new Set(this.#agents.keys());
    const listings = await lease.managed.manager.listByRuntime();
    if (lease !== this.#lease) return;
    for (const { runtimeId, agents, error } of listings) {
      if (error === undefined) {
        this.#errors.delete(runtimeId);
        const there = new Set(agents.map(agentKey));
        for (const [key, agent] of this.#agents) if (before.has(key) && runtimeOf(agent) === runtimeId && !there.has(key)) this.#forget(key);
      } else {
        this.#errors.set(runtimeId, asAgentsError(error, 'runtime-unavailable'));
        this.#options.log.warn(`${runtimeId}: ${error.message}`);
      }
      for (const agent of agents) {
        this.#agents.set(agentKey(agent), agent);
        this.#count(agent, lease.managed.prompts);
      }
    }
    this.#hasAnswered = true;
    this.#announce();
  }

  #announce(): void {
    if (this.#announced || this.#disposed) return;
    this.#announced = true;
    setImmediate(() => {
      this.#announced = false;
      this.#changed.fire();
    });
  }
}

function newLease(managed: Managed): Lease {
  return { managed, owned: new DisposableStore(), works: 0, retired: false };
}

/** What works with the manager goes before it. */
function letGo({ managed: { manager, status, approvals, prompts, conversations, rules } }: Lease): void {
  for (const part of [prompts, approvals, conversations, status, rules, manager]) part.dispose();
}
