// Empties one agent's queue, one prompt after the other, as soon as the agent takes them; several faces may try, one of them writes.
import { Backoff } from '../../base/backoff.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, asAgentsError, messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { cancelled, throwIfCancelled, waitForEvent } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { QueuedPrompt } from '../../protocol/promptQueue.ts';
import { promptInputOf } from '../../providers/prompts/promptInput.ts';
import { stateText } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { deliver, type Delivered, type HoldReason } from './delivery.ts';
import { findPrompt, isUnderWay, markPrompt, nextPrompt, removePrompt, settle, type PromptQueue } from './promptQueue.ts';
import type { PromptStore } from './promptStore.ts';
import type { PromptTarget } from './promptTarget.ts';

export interface PumpParts {
  readonly store: PromptStore;
  readonly statusOf: (agent: AgentInfo) => AgentStatus | undefined;
  readonly target: (agent: AgentInfo) => Promise<PromptTarget>;
  /** True while this face gives what waits for anybody. */
  readonly alwaysWanted?: () => boolean;
  readonly log?: Log;
}

/** Milliseconds between two looks at an agent whose input line was not free, when nothing else stirs. */
const LOOK_AGAIN_MS = 1_000;
/** Milliseconds after Enter in which the agent's status may still be that of before. */
const SETTLE_MS = 2_500;
/** Milliseconds until what could not even be tried is tried again, when nothing else stirs: first, and at the most. */
const RETRY = { firstMs: 1_000, longestMs: 60_000 };

export class QueuePump implements Disposable {
  readonly #parts: PumpParts;
  readonly #log: Log;
  readonly #stirred = new Emitter<void>();
  readonly #changed = new Emitter<void>();
  readonly #end = new AbortController();
  #agent: AgentInfo;
  #held: HoldReason | undefined;
  #fault: AgentsError | undefined;
  #wanted = 0;
  #running: Promise<void> | undefined;
  readonly #backoff = new Backoff(RETRY);
  #retry: NodeJS.Timeout | undefined;
  #stirs = 0;
  /** The stirs that the work has taken into account. */
  #seen = 0;

  constructor(agent: AgentInfo, parts: PumpParts) {
    this.#agent = agent;
    this.#parts = parts;
    this.#log = parts.log ?? silentLog;
  }

  /** Fires when the queue, or what holds it, may have changed. */
  readonly onDidChange = this.#changed.event;

  /** Why nothing moves, while something waits. */
  get held(): HoldReason | undefined {
    return this.#held;
  }

  get isWanted(): boolean {
    return this.#wanted > 0 || this.#parts.alwaysWanted?.() === true;
  }

  /** Keeps it at work until disposed. */
  want(): Disposable {
    this.#wanted++;
    this.#fault = undefined;
    this.stir();
    return toDisposable(() => {
      this.#wanted--;
      this.stir();
    });
  }

  /** Something changed: the agent, its status, the queue. */
  stir(agent?: AgentInfo): void {
    if (agent !== undefined) this.#agent = agent;
    this.#stirs++;
    this.#stirred.fire();
    this.#changed.fire();
    this.#start();
  }

  #start(): void {
    if (this.#running !== undefined || !this.isWanted || this.#end.signal.aborted) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      // What came while it was ending is not lost; a fault waits for the next stir.
      if (this.#fault === undefined && this.#seen !== this.#stirs) this.#start();
    });
  }

  /** Resolves with the evidence when the prompt was delivered, by whichever face; with undefined when it has to wait and nobody wants to. Throws what kept it, and `cancelled` once this face gives no more prompts; a prompt that could not be brought is taken out of the queue, as its sender knows. */
  async settled(id: string, { signal, patient }: { readonly signal: AbortSignal | undefined; readonly patient: boolean }): Promise<string | undefined> {
    const want = this.want();
    try {
      for (;;) {
        throwIfCancelled(this.#end.signal);
        const seen = this.#stirs;
        const evidence = await this.#outcome(id);
        if (evidence !== undefined) return evidence;
        if (!patient && this.#held !== undefined && this.#held !== 'unreachable' && this.#held !== 'starting') return undefined;
        if (signal?.aborted === true) await this.#takeBack(id);
        else if (seen === this.#stirs) await this.#next({ signal });
      }
    } finally {
      want.dispose();
    }
  }

  /** Resolves when the prompt is not waiting any more, whatever became of it. Throws `cancelled`, and leaves it where it is; throws what keeps us from even looking. */
  async given(id: string, signal: AbortSignal | undefined): Promise<void> {
    const want = this.want();
    try {
      for (;;) {
        const seen = this.#stirs;
        const prompt = findPrompt(this.#parts.store.read(this.#agent), id);
        if (prompt === undefined || prompt.state === 'failed') return;
        throwIfCancelled(signal);
        throwIfCancelled(this.#end.signal);
        if (this.#fault !== undefined) throw this.#fault;
        if (this.#agent.status === 'exited' || this.#agent.status === 'failed') throw this.#ended();
        if (seen === this.#stirs) await this.#next({ signal });
      }
    } finally {
      want.dispose();
    }
  }

  dispose(): void {
    this.#end.abort();
    clearTimeout(this.#retry);
    this.#stirred.fire();
    this.#stirred.dispose();
    this.#changed.dispose();
  }

  async #outcome(id: string): Promise<string | undefined> {
    const { store } = this.#parts;
    const queue = store.read(this.#agent);
    const outcome = queue.outcomes.find((one) => one.id === id);
    if (outcome?.result === 'delivered') return outcome.evidence ?? '';
    if (outcome !== undefined) throw new AgentsError('cancelled', 'The prompt was removed from the queue.');
    const prompt = findPrompt(queue, id);
    if (prompt === undefined) throw new AgentsError('not-found', 'The prompt is not in the queue any more.');
    if (prompt.state === 'failed') return this.#giveUp(id, new AgentsError('timeout', prompt.error ?? 'The prompt could not be brought.'));
    const { status } = this.#agent;
    if (status === 'exited' || status === 'failed') return this.#giveUp(id, this.#ended());
    // What keeps us from even looking keeps the sender waiting for nothing.
    if (this.#fault !== undefined) return this.#giveUp(id, this.#fault);
    return undefined;
  }

  #ended(): AgentsError {
    return new AgentsError('unsupported', `The agent "${this.#agent.agentId}" takes no prompts any more: ${stateText(this.#agent)}.`);
  }

  async #giveUp(id: string, error: AgentsError): Promise<never> {
    await this.#parts.store.update(this.#agent, (queue) => {
      const prompt = findPrompt(queue, id);
      return prompt === undefined || isUnderWay(prompt) ? queue : removePrompt(queue, id, Date.now());
    });
    throw error;
  }

  /** Throws `cancelled` unless it is under way: then it is waited for. */
  async #takeBack(id: string): Promise<void> {
    let underWay = false;
    await this.#parts.store.update(this.#agent, (queue) => {
      const prompt = findPrompt(queue, id);
      underWay = prompt !== undefined && isUnderWay(prompt);
      return prompt === undefined || underWay ? queue : removePrompt(queue, id, Date.now());
    });
    if (!underWay || this.#running === undefined) throw cancelled();
    await this.#next({ timeoutMs: LOOK_AGAIN_MS });
  }

  async #run(): Promise<void> {
    try {
      while (this.isWanted && !this.#end.signal.aborted) {
        const seen = (this.#seen = this.#stirs);
        const queue = this.#parts.store.read(this.#agent);
        const next = nextPrompt(queue);
        if (next === undefined) return this.#hold(undefined);
        const settling = this.#settling(queue);
        if (settling > 0) {
          await this.#next({ timeoutMs: settling });
          continue;
        }
        const reason = this.#reason(next);
        const result: Delivered = reason === undefined ? await this.#parts.store.asWriter(this.#agent, () => this.#bring(), this.#end.signal) : { result: 'held', reason };
        this.#fault = undefined;
        this.#backoff.reset();
        this.#hold(result.result === 'held' ? result.reason : undefined);
        if (result.result === 'delivered') this.stir();
        else if (seen === this.#stirs || reason === undefined) await this.#next(reason === undefined ? { timeoutMs: LOOK_AGAIN_MS } : {});
      }
    } catch (error) {
      if (this.#end.signal.aborted) return;
      if (this.#fault?.message !== messageOf(error)) this.#log.warn(`${this.#agent.agentId}: its prompts wait: ${messageOf(error)}`);
      this.#fault = asAgentsError(error);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.stir(), this.#backoff.next());
      this.#retry.unref();
      this.#hold('unreachable');
      this.#stirs++;
      this.#stirred.fire();
    }
  }

  /** What its status says against a prompt now. */
  #reason({ urgent }: QueuedPrompt): HoldReason | undefined {
    if (this.#agent.status !== 'running') return 'unreachable';
    const status = this.#parts.statusOf(this.#agent);
    if (status === undefined || status.state === 'exited') return 'unreachable';
    if (status.state === 'waiting') return 'waiting';
    if (status.state === 'starting') return 'starting';
    return status.state === 'working' && urgent !== true ? 'busy' : undefined;
  }

  /** The turn of the first one, as the only writer: what waits is read anew. */
  async #bring(): Promise<Delivered> {
    const { store } = this.#parts;
    const agent = this.#agent;
    const prompt = nextPrompt(store.read(agent));
    if (prompt === undefined) return { result: 'held', reason: 'busy' };
    let state = prompt.state;
    let submitted = Date.now();
    const journal = async (next: typeof state): Promise<PromptQueue> => {
      const queue = await store.update(agent, (before) => markPrompt(before, prompt.id, next, Date.now()));
      state = next;
      submitted = Date.now();
      return queue;
    };
    try {
      const target = await this.#parts.target(agent);
      if (await target.isPaused()) return { result: 'held', reason: 'paused' };
      const result = await deliver(target, prompt, { input: promptInputOf(agent.aiProvider), journal, draftSeen: this.#held === 'draft' });
      if (result.result === 'delivered') {
        await store.update(agent, (queue) => settle(queue, { id: prompt.id, at: submitted, result: 'delivered', evidence: result.evidence })).catch((error: unknown) => {
          const { reason, message, hint } = asAgentsError(error);
          throw new AgentsError(reason, `The prompt was given to ${target.name}: do not send it again. That it was cannot be noted: ${message}`, { ...(hint === undefined ? {} : { hint }), cause: error });
        });
      }
      return result;
    } catch (error) {
      const { reason, message, hint } = asAgentsError(error);
      // A place that is gone for a moment says nothing about the prompt: its journal stands, and it is looked at again.
      if (reason === 'disconnected' || reason === 'runtime-unavailable' || reason === 'docker-unavailable' || reason === 'folder-unwritable' || (state === 'waiting' && reason !== 'bad-input')) throw error;
      await store.update(agent, (queue) => markPrompt(queue, prompt.id, 'failed', Date.now(), hint === undefined ? message : `${message} ${hint}`));
      return { result: 'held', reason: 'busy' };
    }
  }

  /** Milliseconds to wait for what the last prompt does to the status: the idle one of before must not be taken for that of after. */
  #settling({ outcomes }: PromptQueue): number {
    const last = outcomes.findLast(({ result }) => result === 'delivered');
    const status = this.#parts.statusOf(this.#agent);
    if (last === undefined || status === undefined || status.since >= last.at || (status.state !== 'idle' && status.state !== 'error')) return 0;
    return last.at + SETTLE_MS - Date.now();
  }

  #hold(reason: HoldReason | undefined): void {
    if (this.#held === reason) return;
    this.#held = reason;
    this.#stirs++;
    this.#stirred.fire();
    this.#changed.fire();
  }

  /** Resolves at the next stir, at the latest after `timeoutMs`, or when the signal fires. */
  async #next({ timeoutMs, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined }): Promise<void> {
    const ends = signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
    await waitForEvent(this.#stirred.event, () => true, { timeoutMs, signal: ends, what: 'a change' }).catch(() => undefined);
  }
}
