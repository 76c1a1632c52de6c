// One agent of ours as a session's program: its output, status, approvals and end as events, and the ways to it. Made for an agent that runs already.
import { StringDecoder } from 'node:string_decoder';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { waitForEvent } from '../../base/wait.ts';
import type { UsageMetrics, Verdict } from '../../protocol/runnerEvent.ts';
import type { AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { SessionLog } from '../../sessions/policy/sessionLog.ts';
import type { SessionMeter } from '../../sessions/usage/sessionMeter.ts';
import type { PaneId } from '../../tmux/types.ts';
import type { Managed } from '../createRuntimeManager.ts';
import { meterOfAgent } from '../agentUsage.ts';
import { CliFacts } from './cliFacts.ts';
import { eventApproval } from './eventApproval.ts';
import type { ProviderEvent } from './providerAdapter.ts';

export interface CliSessionParts {
  readonly sessionId: string;
  readonly agent: AgentInfo;
  readonly managed: Managed;
  readonly tell: (event: ProviderEvent) => void;
  readonly approvalTimeoutMs?: number | undefined;
  /** The CLI's environment, as far as it is known. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: Log | undefined;
}

type Told = ProviderEvent extends infer Each ? (Each extends ProviderEvent ? Omit<Each, 'sessionId'> : never) : never;

/** Milliseconds for which output is gathered into one event, and characters after which it is not. */
const GATHER_MS = 25;
const GATHER_CHARACTERS = 32 * 1024;
/** Milliseconds that an exit code may come after the end was seen: tmux tells of it once it has reaped the program. */
const REAPED_MS = 2_000;
/** Milliseconds that a dialog may take until it takes an answer. */
const ANSWERABLE_MS = 5_000;
const CLEAR = '\u001b[H\u001b[2J';

export class CliSession implements Disposable {
  readonly #parts: CliSessionParts;
  readonly #log: Log;
  readonly #owned = new DisposableStore();
  readonly #decoder = new StringDecoder('utf8');
  readonly #told = new Set<string>();
  /** All that was ever told as an approval. */
  readonly #known = new Set<string>();
  readonly #settling = new Set<Promise<void>>();
  #facts: CliFacts | undefined;
  #meter: SessionMeter | undefined;
  #agent: AgentInfo;
  #pane: PaneId | undefined;
  #gathered = '';
  #gathering: NodeJS.Timeout | undefined;
  #reaping: NodeJS.Timeout | undefined;
  #draining: AbortController | undefined;
  #paused = false;
  #ended = false;
  #pid: number | undefined;

  private constructor(parts: CliSessionParts) {
    this.#parts = parts;
    this.#agent = parts.agent;
    this.#log = parts.log ?? silentLog;
  }

  /** `recovered`: its screen is told anew, since what it printed meanwhile was not heard. */
  static async attach(parts: CliSessionParts, { recovered = false } = {}): Promise<CliSession> {
    const session = new CliSession(parts);
    await session.#attach(recovered);
    return session;
  }

  get handle(): AgentHandle {
    return this.#agent.handle;
  }

  get pid(): number | undefined {
    return this.#pid;
  }

  /** What it uses now, as far as it can be known. */
  async measure(): Promise<Partial<UsageMetrics>> {
    return (await this.#meter?.measure()) ?? {};
  }

  /** Puts a prompt in the agent's queue and gives what waits there as soon as the agent takes it; for a question it is the answer. */
  async prompt(text: string): Promise<void> {
    const { approvals, prompts } = this.#parts.managed;
    const asked = approvals.of(this.handle);
    if (asked?.kind === 'question' && !this.#paused) {
      const option = asked.answers.options.find(({ number, label }) => String(number) === text.trim() || label.toLowerCase() === text.trim().toLowerCase());
      if (option !== undefined) return void (await approvals.answer(asked, { type: 'option', option: option.number }));
      if (asked.answers.text) return void (await approvals.answer(asked, { type: 'text', text }));
    }
    await prompts.add(this.#agent, text);
    this.#drain();
  }

  /** Types keys as they are. Fails with `unsupported` while it waits for a permission, or is paused: nothing is typed then. */
  async type(text: string): Promise<void> {
    if (this.#paused) throw new AgentsError('unsupported', `The session ${this.#parts.sessionId} is paused: nothing is typed.`, { hint: 'Resume it first.' });
    const asked = this.#parts.managed.approvals.of(this.handle);
    if (asked?.kind === 'permission' || asked?.kind === 'trust') {
      throw new AgentsError('unsupported', `The session ${this.#parts.sessionId} waits for an approval: nothing is typed.`, { hint: `Answer the approval ${asked.id} first.` });
    }
    const { manager } = this.#parts.managed;
    await manager.getTmux(this.handle).pasteText(await manager.getPane(this.handle), text, { bracketed: false });
  }

  /** Fails with `answered-already` when nothing of that id waits any more. */
  async answer(approvalId: string, decision: Verdict, note?: string): Promise<void> {
    if (this.#paused) throw new AgentsError('unsupported', `The session ${this.#parts.sessionId} is paused: nothing is answered.`, { hint: 'Resume it first.' });
    const approval = await this.#answerable(approvalId, decision);
    await this.#parts.managed.approvals.answer(approval, decision === 'allow' ? { type: 'approve' } : { type: 'deny', ...(note === undefined ? {} : { note }) });
  }

  async pause(): Promise<void> {
    this.#paused = true;
    this.#draining?.abort();
    try {
      await this.#parts.managed.manager.pauseAgent(this.handle);
    } catch (error) {
      this.#paused = false;
      throw error;
    }
  }

  async resume(): Promise<void> {
    await this.#parts.managed.manager.resumeAgent(this.handle);
    this.#paused = false;
    this.#drain();
  }

  /** Gives what waits in its queue. */
  drainSoon(): void {
    this.#drain();
  }

  /** True where prompts wait that were not given yet. */
  get hasPrompts(): boolean {
    try {
      return this.#parts.managed.prompts.queueOf(this.#agent).prompts.some(({ state }) => state !== 'failed');
    } catch {
      return false;
    }
  }

  dispose(): void {
    this.#draining?.abort();
    clearTimeout(this.#gathering);
    clearTimeout(this.#reaping);
    this.#owned.dispose();
  }

  /** As an event of this session. */
  tell(event: Told): void {
    this.#parts.tell({ ...event, sessionId: this.#parts.sessionId });
  }

  async #attach(recovered: boolean): Promise<void> {
    const { manager, status, approvals } = this.#parts.managed;
    const isOurs = (agent: AgentInfo): boolean => agent.agentId === this.#agent.agentId && (agent.handle.runtimeId ?? agent.runtimeId) === (this.handle.runtimeId ?? this.#agent.runtimeId);
    this.#owned.add(manager.onDidChangeAgents(({ type, agent }) => isOurs(agent) && (type === 'gone' ? this.#gone() : this.#took(agent))));
    this.#owned.add(status.onDidChangeStatus(({ agent, status: now }) => isOurs(agent) && !this.#ended && this.tell({ type: 'status', status: now })));
    this.#owned.add(approvals.onDidChange(({ type, approval }) => isOurs(approval.agent) && (type === 'gone' ? this.#settle(approval) : this.#asked(approval))));
    this.#owned.add(manager.watch());
    this.#owned.add(status.follow());
    this.#owned.add(approvals.follow());
    await this.#listen(recovered).catch((error: unknown) => this.#log.debug(`${this.#agent.agentId}: its output cannot be followed: ${messageOf(error)}`));
    const { sessionId, managed, env, tell } = this.#parts;
    this.#facts = this.#owned.add(new CliFacts({ sessionId, agent: this.#agent, managed, tell, isTold: (id) => this.#known.has(id), log: this.#log }));
    this.#meter = meterOfAgent(managed, this.#agent, { pid: this.#pid, env, log: this.#log });
    const now = manager.find(this.#agent.agentId);
    if (now !== undefined && isOurs(now)) this.#took(now);
    const pending = approvals.of(this.handle);
    if (pending !== undefined) this.#asked(pending);
    const known = status.statusOf(this.handle);
    if (known !== undefined && !this.#ended) this.tell({ type: 'status', status: known });
    if (this.hasPrompts) this.#drain();
  }

  /** What it printed before we listened stands on its screen. */
  async #listen(recovered: boolean): Promise<void> {
    const { manager } = this.#parts.managed;
    const tmux = manager.getTmux(this.handle);
    const target = await manager.getPane(this.handle);
    const panes = await tmux.listPanes();
    const found = panes.find(({ id, sessionName, windowIndex, index }) => (typeof target === 'string' ? id === target : sessionName === target.session && String(windowIndex) === target.window && String(index) === target.pane));
    if (found === undefined) return;
    this.#pane = found.id;
    if (manager.get(this.handle.runtimeId ?? this.#agent.runtimeId)?.isolates !== true) this.#pid = found.pid;
    let isOnScreen = true;
    this.#owned.add(tmux.onPaneOutput(found.id, (bytes) => isOnScreen || this.#gather(this.#decoder.write(bytes))));
    const lines = (await tmux.command(['capture-pane', '-p', '-e', '-t', found.id])).map((line) => line.trimEnd());
    // What arrived before the answer is part of it.
    isOnScreen = false;
    const before = lines.filter((line) => !line.startsWith('Pane is dead')).join('\r\n').replace(/(?:\r\n)+$/, '');
    if (before !== '') this.#gather(`${recovered ? CLEAR : ''}${before}`);
  }

  #took(agent: AgentInfo): void {
    this.#agent = agent;
    if (this.#ended) return;
    if (agent.status === 'failed') return this.#end({ type: 'exit', exitCode: agent.exitCode ?? null, reason: agent.reason });
    if (agent.status !== 'exited') return;
    const known = agent.exitCode !== null || agent.signal !== undefined || agent.reason !== undefined;
    const end = (): void => this.#end({ type: 'exit', exitCode: agent.exitCode, ...(agent.signal === undefined ? {} : { signal: agent.signal }), ...(agent.reason === undefined ? {} : { reason: agent.reason }) });
    if (known) return end();
    this.#reaping ??= setTimeout(() => {
      const now = this.#parts.managed.manager.find(agent.agentId);
      if (now?.status === 'exited' && now.exitCode !== null) this.#took(now);
      else end();
    }, REAPED_MS);
  }

  #gone(): void {
    this.#end({ type: 'exit', exitCode: null, reason: 'its terminal is gone' });
  }

  #end(exit: Extract<Told, { readonly type: 'exit' }>): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#reaping);
    this.#draining?.abort();
    this.#flush(this.#decoder.end());
    // How its last approvals were answered is told before.
    const denied = this.#facts?.read();
    void Promise.allSettled([...this.#settling, denied]).then(() => this.tell(exit));
  }

  #asked(approval: PendingApproval): void {
    if ((approval.kind !== 'permission' && approval.kind !== 'trust') || this.#told.has(approval.id) || this.#ended) return;
    this.#told.add(approval.id);
    this.#known.add(approval.id);
    this.tell({ type: 'approval', approval: eventApproval(this.#parts.sessionId, approval, this.#parts.approvalTimeoutMs) });
  }

  #settle(approval: PendingApproval): void {
    const settling = this.#settled(approval);
    this.#settling.add(settling);
    void settling.finally(() => this.#settling.delete(settling));
  }

  /** By whom and how it was answered stands in the log that all faces write. */
  async #settled({ id, since }: PendingApproval): Promise<void> {
    if (!this.#told.delete(id)) return;
    const records = await new SessionLog().latest(this.#agent.agentId).catch(() => []);
    const last = records.findLast((record) => record.id === id && record.outcome === 'done' && Date.parse(record.at) >= since);
    // Gone with its program: nobody answered it that is known of.
    if (last === undefined && (this.#ended || this.#agent.status === 'exited' || this.#agent.status === 'failed')) return;
    this.tell({
      type: 'approval_gone',
      approvalId: id,
      ...(last === undefined ? {} : { decision: last.decision === 'deny' ? ('deny' as const) : ('allow' as const), resolvedBy: last.by === 'policy' ? 'policy' : last.who }),
    });
  }

  async #answerable(approvalId: string, decision: Verdict): Promise<PendingApproval> {
    const { approvals } = this.#parts.managed;
    const fits = (one: PendingApproval | undefined): one is PendingApproval => one?.id === approvalId && (decision === 'allow' ? one.answers.approve : one.answers.deny);
    const now = approvals.of(this.handle);
    if (now?.id !== approvalId) throw new AgentsError('answered-already', `The session ${this.#parts.sessionId} does not wait for the approval ${approvalId} (any more): nothing was answered.`);
    if (fits(now)) return now;
    const change = await waitForEvent(approvals.onDidChange, ({ approval }) => approval.id === approvalId && fits(approval), { timeoutMs: ANSWERABLE_MS, what: 'its dialog' }).catch(() => undefined);
    // As it is now: the refusal says why.
    return change?.approval ?? now;
  }

  #drain(): void {
    if (this.#paused || this.#ended || this.#draining !== undefined) return;
    const draining = (this.#draining = new AbortController());
    this.#parts.managed.prompts
      .drain(this.#agent, { signal: draining.signal })
      .catch((error: unknown) => {
        if (!isAgentsError(error, 'cancelled')) this.#log.warn(`${this.#agent.agentId}: a prompt waits: ${messageOf(error)}`);
      })
      .finally(() => {
        this.#draining = undefined;
        if (!draining.signal.aborted) return;
        // It may have been resumed meanwhile.
        if (!this.#paused && !this.#ended && this.hasPrompts) this.#drain();
      });
  }

  #gather(text: string): void {
    this.#gathered += text;
    if (this.#gathered.length >= GATHER_CHARACTERS) this.#flush();
    else this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(rest = ''): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const data = this.#gathered + rest;
    this.#gathered = '';
    if (data !== '') this.tell({ type: 'output', data, stream: 'stdout' });
  }

}

/** Keeps what follows agents at work until disposed: for those whose sessions come and go. */
export function followAll({ manager, status, approvals }: Managed): Disposable {
  const held = [manager.watch(), status.follow(), approvals.follow()];
  return toDisposable(() => held.reverse().forEach((one) => one.dispose()));
}
