// The prompts of all agents: given to each as soon as it takes them, kept meanwhile, shown, moved and removed. What every face gives prompts through.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { QueuedPrompt } from '../../protocol/promptQueue.ts';
import { checkPrompt, type PromptKind } from '../../providers/prompts/encodePrompt.ts';
import { promptInputOf } from '../../providers/prompts/promptInput.ts';
import type { RuleSet } from '../../providers/status/screenRules.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import { stateText } from '../../runtimes/agentText.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import type { HoldReason } from './delivery.ts';
import { goneAgents } from '../goneAgents.ts';
import { addPrompt, movePrompt, newPrompt, removePrompt, retryPrompt } from './promptQueue.ts';
import { PromptStore } from './promptStore.ts';
import { promptTarget } from './promptTarget.ts';
import { QueuePump, type PumpParts } from './queuePump.ts';

export interface PromptQueuesOptions {
  readonly manager: RuntimeManager;
  readonly status: StatusPort;
  readonly rulesOf: (aiProvider: string) => RuleSet | undefined;
  /** The version of an agent's CLI, for rules that hold for some only; undefined until it is known. */
  readonly versionOf?: (agent: AgentInfo) => string | undefined;
  readonly store?: PromptStore;
  readonly log?: Log;
}

/** One agent's queue, as people see it. */
export interface QueueView {
  /** In the order in which they will be given. */
  readonly prompts: readonly QueuedPrompt[];
  /** Why nothing moves, as far as this face knows. */
  readonly held: HoldReason | undefined;
}

export interface GiveOptions {
  /** Default `text`: for the model, whatever it begins with. */
  readonly kind?: PromptKind | undefined;
  /** Given even while the agent works; never into a dialog. */
  readonly urgent?: boolean | undefined;
}

export interface SendOptions extends GiveOptions {
  /** Takes the prompt back, unless it is just being given. */
  readonly signal?: AbortSignal | undefined;
  /** False: a prompt that has to wait is left in the queue, for whoever gives it later. Default true. */
  readonly patient?: boolean | undefined;
  /** Called with the prompt's id once it is in the queue, and whenever what holds it changes. */
  readonly onHold?: ((reason: HoldReason | undefined, id: string) => void) | undefined;
}

export class PromptQueues implements Disposable {
  readonly #options: PromptQueuesOptions;
  readonly #store: PromptStore;
  readonly #parts: PumpParts;
  readonly #pumps = new Map<string, QueuePump>();
  readonly #changed = new Emitter<AgentInfo>();
  readonly #agents = new Map<string, AgentInfo>();
  #watchers = 0;
  #watching: DisposableStore | undefined;
  #followers = 0;
  #disposed = false;

  constructor(options: PromptQueuesOptions) {
    const { manager, status, rulesOf, versionOf, store = new PromptStore(), log = silentLog } = options;
    this.#options = options;
    this.#store = store;
    this.#parts = { store, log, statusOf: ({ handle }) => status.statusOf(handle), target: (agent) => promptTarget(agent, { manager, status, rules: rulesOf(agent.aiProvider), version: () => versionOf?.(agent) }) };
  }

  /** Fires when the queue of an agent, or what holds it, may have changed. Complete only while `follow()` is held. */
  readonly onDidChange = this.#changed.event;

  /** Throws `bad-input` when its file is damaged. */
  queueOf(agent: AgentInfo): QueueView {
    const { prompts } = this.#store.read(agent);
    return { prompts, held: prompts.length === 0 ? undefined : this.#pumps.get(keyOf(agent.handle))?.held };
  }

  /** Puts a prompt last in the agent's queue, for whichever face follows it. Throws `bad-input` or, for an agent that has ended, `unsupported`. */
  async add(agent: AgentInfo, text: string, { kind = 'text', urgent = false }: GiveOptions = {}): Promise<QueuedPrompt> {
    checkAgent(agent);
    checkPrompt(promptInputOf(agent.aiProvider), text, kind);
    const prompt = newPrompt(text, { kind, urgent, now: Date.now() });
    await this.#update(agent, (queue) => addPrompt(queue, prompt));
    return prompt;
  }

  /** Gives a prompt, after those that wait already; resolves with what shows that its turn began, or undefined when it was left in the queue. Throws what kept it from that; it is not in the queue then, unless it was half given. */
  async send(agent: AgentInfo, text: string, { signal, onHold, patient = true, ...options }: SendOptions = {}): Promise<string | undefined> {
    this.#refuseDisposed();
    const watch = this.#watch();
    let subscription: Disposable | undefined;
    try {
      const { id } = await this.add(agent, text, options);
      this.#refuseDisposed();
      const pump = this.#pump(agent);
      subscription = pump.onDidChange(() => onHold?.(pump.held, id));
      onHold?.(pump.held, id);
      return await pump.settled(id, { signal, patient });
    } finally {
      subscription?.dispose();
      watch.dispose();
    }
  }

  /** Throws `not-found`, or `stale` for one that is just being given; so do the two that follow. */
  async remove(agent: AgentInfo, id: string): Promise<void> {
    await this.#update(agent, (queue) => removePrompt(queue, id, Date.now()));
  }

  /** 1 is the next one. */
  async move(agent: AgentInfo, id: string, position: number): Promise<void> {
    await this.#update(agent, (queue) => movePrompt(queue, id, position));
  }

  /** Puts one first and gives it even while the agent works; a failed one waits again. */
  async giveNow(agent: AgentInfo, id: string): Promise<void> {
    checkAgent(agent);
    await this.#update(agent, (queue) => movePrompt(retryPrompt(queue, id, { now: Date.now(), urgent: true }), id, 1));
  }

  /** Gives what waits for this agent; resolves when nothing does any more. */
  async drain(agent: AgentInfo, { signal, onHold }: Pick<SendOptions, 'signal' | 'onHold'> = {}): Promise<void> {
    this.#refuseDisposed();
    const watch = this.#watch();
    try {
      for (;;) {
        this.#refuseDisposed();
        const next = this.queueOf(agent).prompts.find(({ state }) => state !== 'failed');
        if (next === undefined) return;
        const pump = this.#pump(agent);
        const subscription = pump.onDidChange(() => onHold?.(pump.held, next.id));
        await pump.given(next.id, signal).finally(() => subscription.dispose());
      }
    } finally {
      watch.dispose();
    }
  }

  /** Gives what waits for all agents, as soon as each takes it, until disposed. */
  follow(): Disposable {
    this.#followers++;
    const watch = this.#watch();
    for (const agent of this.#agents.values()) this.#take(agent);
    return toDisposable(() => {
      this.#followers--;
      watch.dispose();
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#watching?.dispose();
    this.#watching = undefined;
    for (const pump of this.#pumps.values()) pump.dispose();
    this.#pumps.clear();
    this.#changed.dispose();
  }

  #refuseDisposed(): void {
    if (this.#disposed) throw new AgentsError('cancelled', 'No prompts are given from here any more.');
  }

  async #update(agent: AgentInfo, change: Parameters<PromptStore['update']>[1]): Promise<void> {
    await this.#store.update(agent, change);
    void this.#store.sweep(goneAgents(this.#options.manager));
    const pump = this.#pumps.get(keyOf(agent.handle));
    if (pump === undefined) this.#changed.fire(agent);
    else pump.stir();
    if (this.#followers > 0) this.#take(agent);
  }

  /** Follows the agents' status and the queues' files, for as long as somebody needs it. */
  #watch(): Disposable {
    if (this.#watchers++ === 0) {
      const { manager, status } = this.#options;
      const owned = (this.#watching = new DisposableStore());
      owned.add(status.onDidChangeStatus(({ agent }) => this.#take(agent)));
      owned.add(manager.onDidChangeAgents(({ type, agent }) => type === 'gone' && this.#drop(agent)));
      owned.add(status.follow());
      try {
        owned.add(this.#store.watch((isOf) => [...this.#agents.values()].filter(isOf).forEach((agent) => this.#take(agent))));
      } catch (error) {
        // A prompt that is to wait says so itself; without the folder none of another face can.
        this.#options.log?.warn(messageOf(error));
      }
    }
    return toDisposable(() => {
      if (--this.#watchers > 0) return;
      this.#watching?.dispose();
      this.#watching = undefined;
    });
  }

  #take(agent: AgentInfo): void {
    const key = keyOf(agent.handle);
    this.#agents.set(key, agent);
    const known = this.#pumps.get(key);
    if (known !== undefined) known.stir(agent);
    else if (this.#followers > 0 && this.#store.has(agent)) this.#pump(agent);
  }

  /** Whoever waits for it is told that it has ended. */
  #drop(agent: AgentInfo): void {
    const key = keyOf(agent.handle);
    this.#agents.delete(key);
    this.#pumps.get(key)?.stir({ ...agent, status: 'exited', exitCode: null });
    this.#pumps.delete(key);
  }

  #pump(agent: AgentInfo): QueuePump {
    const key = keyOf(agent.handle);
    const known = this.#pumps.get(key);
    if (known !== undefined) {
      // It may be another one of the same id by now: one that was resumed.
      this.#agents.set(key, agent);
      known.stir(agent);
      return known;
    }
    const pump = new QueuePump(agent, { ...this.#parts, alwaysWanted: () => this.#followers > 0 });
    this.#pumps.set(key, pump);
    pump.onDidChange(() => this.#changed.fire(agent));
    pump.stir();
    return pump;
  }
}

function keyOf(handle: AgentHandle): string {
  return `${handle.runtimeId ?? handle.runtimeType}\0${handle.agentId}`;
}

function checkAgent(agent: AgentInfo): void {
  if (agent.status !== 'exited' && agent.status !== 'failed') return;
  // With a reason its place is gone (a stopped container) or it never said anything.
  const hint = agent.reason === undefined ? `See its last words with: tmux-agents output ${agent.agentId}` : `Remove it with: tmux-agents kill ${agent.agentId}`;
  throw new AgentsError('unsupported', `The agent "${agent.agentId}" takes no prompts any more: ${stateText(agent)}${agent.reason === undefined ? '' : ` (${agent.reason})`}.`, { hint });
}
