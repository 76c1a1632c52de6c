// The status of every agent: follows them while somebody wants to know, looks once for those who do not stay, and explains.
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf, type AgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import { statusSources, type AgentStatus } from '../../protocol/agentStatus.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import type { Provider } from '../provider.ts';
import type { ProviderRegistry } from '../providerRegistry.ts';
import { AgentWatch, type ExtraSource } from './agentWatch.ts';
import type { HookReport } from './hookReport.ts';
import { reasonsOf } from './reducer.ts';
import type { RuleBook } from './ruleBook.ts';
import type { SignalReader } from './signalReader.ts';
import type { ConversationChange, Explanation, StatusChange, StatusPort } from './statusPort.ts';

export interface StatusServiceOptions {
  readonly manager: RuntimeManager;
  readonly providers: ProviderRegistry;
  readonly rules: RuleBook;
  /** What an agent's signals mean. */
  readonly readerFor: (agent: AgentInfo, provider: Provider | undefined) => SignalReader;
  readonly extrasFor?: (agent: AgentInfo, provider: Provider | undefined) => readonly ExtraSource[];
  readonly log?: Log;
}

/** A hook's report, for those who can answer it. */
export interface ReportEvent {
  readonly agent: AgentInfo;
  readonly report: HookReport;
}

/** Milliseconds that a look may take before what is known by then is told. */
const LOOK_MS = 2_500;

export class StatusService implements StatusPort, Disposable {
  readonly #options: StatusServiceOptions;
  readonly #log: Log;
  readonly #changed = new Emitter<StatusChange>();
  readonly #conversed = new Emitter<ConversationChange>();
  readonly #reported = new Emitter<ReportEvent>();
  readonly #watches = new Map<string, AgentWatch>();
  readonly #unreachable = new Map<string, AgentsError>();
  #followers = 0;
  #following: Disposable[] = [];

  constructor(options: StatusServiceOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  readonly onDidChangeStatus = this.#changed.event;
  readonly onDidTellConversation = this.#conversed.event;
  readonly onDidReport = this.#reported.event;

  statusOf(agent: AgentHandle): AgentStatus | undefined {
    return this.#watches.get(keyOf(agent))?.status;
  }

  follow(): Disposable {
    if (this.#followers++ === 0) this.#begin();
    return toDisposable(() => {
      if (--this.#followers === 0) this.#end();
    });
  }

  async look(agents: readonly AgentInfo[]): Promise<ReadonlyMap<AgentInfo, AgentStatus>> {
    const looked = await Promise.all(agents.map(async (agent) => [agent, await this.#with(agent, ({ status }) => status)] as const));
    return new Map(looked);
  }

  explain(agent: AgentInfo): Promise<Explanation> {
    return this.#with(agent, (watch) => {
      const { model, status } = watch;
      const spoken = statusSources.flatMap((source) => model.sources[source]?.latest ?? []);
      const observations = [...spoken.filter(({ source }) => source === status.source), ...spoken.filter(({ source }) => source !== status.source)];
      return { agent: watch.agent, status, observations, reasons: reasonsOf(model) };
    });
  }

  screen(agent: AgentInfo): Promise<string> {
    return this.#with(agent, (watch) => watch.screen(), { refresh: false });
  }

  dispose(): void {
    this.#end();
    this.#changed.dispose();
    this.#conversed.dispose();
    this.#reported.dispose();
  }

  #begin(): void {
    const { manager, rules } = this.#options;
    this.#following = [
      rules.onDidChange(() => this.#lookAgain()),
      rules.watch(),
      manager.onDidChangeAgents(({ type, agent }) => (type === 'gone' ? this.#drop(agent) : this.#take(agent))),
      manager.onDidChangeHealth(({ runtimeId, error }) => this.#health(runtimeId, error)),
      manager.watch(),
    ];
    // Those that are known already are announced by nobody.
    manager.listByRuntime().then(
      (listings) => {
        if (this.#followers === 0) return;
        for (const { runtimeId, agents, error } of listings) {
          if (error !== undefined) this.#unreachable.set(runtimeId, error);
          for (const agent of agents) this.#take(agent);
        }
      },
      (error: unknown) => this.#log.warn(`The agents cannot be listed: ${messageOf(error)}`),
    );
  }

  #end(): void {
    for (const disposable of this.#following.splice(0)) disposable.dispose();
    for (const watch of this.#watches.values()) watch.dispose();
    this.#watches.clear();
    this.#unreachable.clear();
  }

  #take(agent: AgentInfo): void {
    const watch = this.#watches.get(keyOf(agent.handle));
    if (watch === undefined) this.#watches.set(keyOf(agent.handle), this.#watch(agent));
    else watch.update(agent);
  }

  #drop(agent: AgentInfo): void {
    const key = keyOf(agent.handle);
    this.#watches.get(key)?.dispose();
    this.#watches.delete(key);
  }

  #health(runtimeId: string, error: AgentsError | undefined): void {
    if (error === undefined) this.#unreachable.delete(runtimeId);
    else this.#unreachable.set(runtimeId, error);
    for (const watch of this.#watches.values()) if (runtimeOf(watch.agent) === runtimeId) watch.setUnreachable(error);
  }

  /** What the screens say may be something else by other rules. */
  #lookAgain(): void {
    for (const watch of this.#watches.values()) void watch.refresh();
  }

  /** A watch that tells everybody what it finds, its first status included. */
  #watch(agent: AgentInfo): AgentWatch {
    const watch = this.#newWatch(agent, true);
    let told = false;
    const tell = (change: Omit<StatusChange, 'agent'>): void => {
      told = true;
      this.#changed.fire({ agent: watch.agent, ...change });
    };
    watch.onDidChange(({ status, before }) => tell({ status, before: told ? before : undefined }));
    watch.onDidReport((report) => this.#reported.fire({ agent: watch.agent, report }));
    watch.onDidTellConversation(({ conversation, at }) => this.#conversed.fire({ agent: watch.agent, conversation, at }));
    watch.setUnreachable(this.#unreachable.get(runtimeOf(agent)));
    queueMicrotask(() => {
      if (!told && this.#watches.get(keyOf(agent.handle)) === watch) tell({ status: watch.status, before: undefined });
    });
    return watch;
  }

  #newWatch(agent: AgentInfo, remembers: boolean): AgentWatch {
    const { manager, providers, readerFor, extrasFor, log } = this.#options;
    const provider = providers.find(agent.aiProvider);
    return new AgentWatch(agent, {
      manager,
      signals: provider?.signals,
      reader: readerFor(agent, provider),
      extras: extrasFor?.(agent, provider) ?? [],
      remembers: remembers && agent.adopted !== true,
      ...(log === undefined ? {} : { log }),
    });
  }

  /** Works with the agent's watch, looked at anew; one that nobody follows lives only for this. */
  async #with<T>(agent: AgentInfo, work: (watch: AgentWatch) => T | Promise<T>, { refresh = true } = {}): Promise<T> {
    const followed = this.#watches.get(keyOf(agent.handle));
    const watch = followed ?? this.#newWatch(agent, false);
    try {
      if (refresh) await waitFor(watch.refresh(), { timeoutMs: LOOK_MS, what: `a look at ${agent.agentId}` }).catch((error: unknown) => this.#log.debug(messageOf(error)));
      return await work(watch);
    } finally {
      if (followed === undefined) watch.dispose();
    }
  }
}

function keyOf(handle: AgentHandle): string {
  return `${handle.runtimeId ?? handle.runtimeType}\0${handle.agentId}`;
}

function runtimeOf(agent: AgentInfo): string {
  return agent.handle.runtimeId ?? agent.runtimeId;
}
