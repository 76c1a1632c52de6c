// The life of one session: prepared, started, followed, commanded and ended, each step an event in its journal. The only writer of that journal.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RedactedStream, Redactor } from '../../base/redact.ts';
import { pause, waitFor } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { EventApproval, RunnerEvent, RunnerEventBody, SessionState, UsageMetrics, Verdict } from '../../protocol/runnerEvent.ts';
import type { SessionCommand } from '../../protocol/sessionConfig.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import type { SessionJournal } from '../../sessions/journal/sessionJournal.ts';
import { checkTransition, hasProvider, isFinal, pathToEnd, stateAfterWait } from '../../sessions/states/transitions.ts';
import { agentIdOf } from '../adapters/cliAdapter.ts';
import type { ProviderAdapter, ProviderEvent } from '../adapters/providerAdapter.ts';
import { OpenApprovals } from './openApprovals.ts';
import type { RunnerSettings } from './runnerConfig.ts';
import type { Ending, SessionRecord } from './sessionRecord.ts';
import { sessionClock } from './sessionClock.ts';
import { SessionUsage } from './sessionUsage.ts';
import { diffEvents, endingOf, endOfAgent, statusEvent, workspaceRequestOf } from './sessionSteps.ts';
import { SESSION_MARK } from './strays.ts';
import { TurnWatch } from './turnWatch.ts';
import type { WorkspacePort } from './workspacePort.ts';

/** What a session keeps its terminal in, and what it is measured by; each may be absent. */
export interface SessionPorts {
  readonly adapter: ProviderAdapter;
  readonly workspaces: WorkspacePort;
  readonly redactor: Redactor;
  readonly recorder?: { write(text: string): void; close(): Promise<void> } | undefined;
  /** What the agent's processes use now, and what its CLI reports. */
  readonly measure?: (() => Promise<Partial<UsageMetrics>>) | undefined;
  /** Keeps the record on disk; a fault is logged, and costs the session nothing. */
  readonly keep: (record: SessionRecord) => void;
  /** Milliseconds that the session may live, from its creation; undefined: no end. */
  readonly lifetimeMs: number | undefined;
  /** The name of its workspace. */
  readonly workspaceId: string;
  readonly settings: RunnerSettings;
  readonly log: Log;
}

/** Milliseconds that preparing may take to see that it was cancelled. */
const CANCEL_MS = 30_000;
/** Milliseconds that an answer which is being given may take once the program has ended. */
const ANSWER_MS = 10_000;
/** Milliseconds between two attempts to reach the place of an agent after a restart: the first, and the longest. */
const RETRY_MS = { first: 500, longest: 10_000 };

export class RunnerSession implements Disposable {
  readonly journal: SessionJournal;
  readonly #ports: SessionPorts;
  readonly #log: Log;
  readonly #usage = new SessionUsage();
  readonly #approvals: OpenApprovals;
  /** Those that are being answered from here. */
  readonly #answering = new Map<string, { readonly work: Promise<void>; readonly by: string; readonly note?: string | undefined }>();
  readonly #run = new AbortController();
  readonly #owned = new DisposableStore();
  readonly #terminal: RedactedStream;
  readonly #turn = new TurnWatch();
  #record: SessionRecord;
  #running: Promise<void> = Promise.resolve();
  #turns: Promise<unknown> = Promise.resolve();
  #ending: Promise<void> | undefined;
  #early: ProviderEvent[] | undefined = [];
  #startedAt: number | undefined;
  #pid: number | undefined;
  #reason: string | undefined;
  #exitCode: number | undefined;
  #disposed = false;

  constructor(journal: SessionJournal, record: SessionRecord, ports: SessionPorts) {
    this.journal = journal;
    this.#record = record;
    this.#ports = ports;
    this.#log = ports.log;
    this.#terminal = ports.redactor.stream();
    this.#approvals = new OpenApprovals((approval) => void this.#overdue(approval));
    this.#owned.add(this.#approvals);
    this.#owned.add(this.#turn);
  }

  get id(): string {
    return this.#record.spec.config.sessionId;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  get state(): SessionState {
    return this.journal.state;
  }

  get providerPid(): number | undefined {
    return this.#pid;
  }

  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** Why it ended as it did, where there is more to say than its exit code does. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  get pendingApprovals(): readonly EventApproval[] {
    return this.#approvals.list();
  }

  usage(): UsageMetrics {
    return this.#usage.metrics();
  }

  /** Begins its life; what goes wrong ends it and is told as events. */
  begin(): void {
    this.#tick();
    this.#runs(this.#prepareAndStart());
  }

  /** Goes on with what another process began. */
  async recover(): Promise<void> {
    for await (const event of this.journal.read()) this.#remember(event);
    const { ending } = this.#record;
    if (ending !== undefined || this.state === 'STOPPING' || isFinal(this.state)) {
      // Its agent may live still: only one that is known can be ended.
      await this.#ports.adapter.recover?.(this.id).catch((error: unknown) => this.#log.warn(`${this.id}: its agent cannot be reached: ${messageOf(error)}`));
      return this.#end(ending ?? { final: this.state === 'COMPLETED' ? 'COMPLETED' : 'FAILED', reason: 'The runner ended while the session was being stopped.' });
    }
    if (!hasProvider(this.state) && this.state !== 'STARTING_PROVIDER') return this.#end({ final: 'FAILED', reason: 'The runner ended while the session was being prepared.' });
    this.#tick();
    this.#runs(this.#takeUp());
    await this.#running.catch(() => this.#ending);
  }

  /** Fails with `invalid-transition`, naming both states, and as the adapter does. */
  command(command: Exclude<SessionCommand, { readonly type: 'START' }>, by?: string): Promise<void> {
    switch (command.type) {
      case 'INPUT':
        return this.#input(command.input.data, command.input.mode);
      case 'STOP':
        return this.stop({ graceful: command.graceful });
      case 'PAUSE':
        return this.#inTurn(() => this.#pause());
      case 'RESUME':
        return this.#inTurn(() => this.#resume());
      case 'APPROVE':
        return this.#answer(command.approvalId, command.decision, { note: command.note, by: by ?? 'user' });
    }
  }

  /** Resolves when it has ended. One that ends already is only waited for; throws `invalid-transition` when it had ended before. */
  stop({ graceful = true, reason = 'It was stopped.', final }: { readonly graceful?: boolean; readonly reason?: string; readonly final?: Ending['final'] } = {}): Promise<void> {
    if (this.#ending === undefined) checkTransition(this.id, this.state, 'STOPPING');
    return this.#end({ final: final ?? (this.#isDone() ? 'COMPLETED' : 'FAILED'), reason }, { graceMs: graceful ? this.#ports.settings.stopGrace : 0, stopping: true });
  }

  /** What its adapter tells of it. */
  take(event: ProviderEvent): void {
    if (this.#early === undefined) this.#took(event);
    else this.#early.push(event);
  }

  /** Lets go: the agent goes on, and another runner may take the session up. */
  async release(): Promise<void> {
    this.dispose();
    await this.#ports.recorder?.close().catch(() => undefined);
    await this.journal.close();
  }

  dispose(): void {
    this.#disposed = true;
    this.#run.abort();
    this.#owned.dispose();
  }

  /** What it does until it is under way; an end waits for that. */
  #runs(work: Promise<void>): void {
    this.#running = work;
    work.catch((error: unknown) => this.#failed(error));
  }

  async #prepareAndStart(): Promise<void> {
    const { adapter, workspaces, workspaceId } = this.#ports;
    const { config, prompt, argv } = this.#record.spec;
    const { signal } = this.#run;
    this.#go('PREPARING_WORKSPACE');
    const workspace = await workspaces.prepare(workspaceRequestOf(this.#record.spec, workspaceId), { signal, onProgress: (step, message) => this.#append({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'progress', step, message } }) });
    this.#keep({ workspace: workspace.record });
    this.#throwIfOver();
    this.#go('STARTING_PROVIDER');
    const { sessionPid } = await adapter.startSession({
      sessionId: this.id,
      repoPath: workspace.record.path,
      task: prompt ?? (this.#record.spec.form === 'wire' ? config.task : undefined),
      policy: config.policy,
      env: { ...workspace.env, ...config.env, [SESSION_MARK]: agentIdOf(this.id) },
      argv,
      signal,
    });
    this.#throwIfOver();
    await this.#isStarted(sessionPid, workspace.record);
  }

  async #isStarted(pid: number, workspace: WorkspaceRecord): Promise<void> {
    const { adapter } = this.#ports;
    const version = await waitFor(adapter.detect(), { timeoutMs: 10_000, what: 'the version', signal: this.#run.signal }).then((found) => found.version, () => undefined);
    this.#throwIfOver();
    const { config } = this.#record.spec;
    this.#append({ type: 'SESSION_STARTED', providerId: config.providerId, providerVersion: version ?? 'unknown', workspacePath: workspace.path, ...(config.roomPath === undefined ? {} : { roomPath: config.roomPath }) });
    this.#go('RUNNING');
    this.#follow(pid, workspace);
  }

  /** What happened until now is told in its order; from here on as it comes. */
  #follow(pid: number, workspace: WorkspaceRecord | undefined): void {
    this.#pid = pid === 0 ? undefined : pid;
    if (workspace !== undefined) this.#owned.add(this.#ports.workspaces.watchFiles(workspace, (file) => this.#append({ type: 'FILE_TOUCHED', ...file })));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#took(event);
  }

  async #takeUp(): Promise<void> {
    const { adapter } = this.#ports;
    const was = this.state;
    for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.longest)) {
      try {
        if (adapter.recover === undefined) throw new AgentsError('unsupported', `The provider ${adapter.id} cannot take up a session that another process began.`);
        const found = await adapter.recover(this.id);
        this.#throwIfOver();
        if (found === undefined) throw new AgentsError('not-found', 'Its agent was gone when the runner came back.');
        const { workspace } = this.#record;
        if (was === 'STARTING_PROVIDER' && workspace !== undefined) return await this.#isStarted(found.sessionPid, workspace);
        if (was === 'PAUSED_BY_HUMAN') await adapter.pause?.(this.id);
        this.#usage.setActive(was !== 'PAUSED_BY_HUMAN');
        return this.#follow(found.sessionPid, workspace);
      } catch (error) {
        if (this.#run.signal.aborted || (isAgentsError(error) && ['cancelled', 'unsupported', 'not-found'].includes(error.reason))) throw error;
        // A failed look-up changes nothing: only a positive "it is gone" ends a session.
        this.#log.warn(`${this.id}: its agent cannot be reached yet: ${messageOf(error)}`);
        await pause(waitMs, this.#run.signal);
      }
    }
  }

  /** What the journal of an earlier process says. */
  #remember(event: RunnerEvent): void {
    this.#usage.count(event);
    if (event.type === 'SESSION_STARTED') this.#startedAt = event.ts;
    else if (event.type === 'USAGE_TICK') this.#usage.goOn(event.units);
    else if (event.type === 'APPROVAL_REQUESTED') this.#approvals.add(event.approval);
    else if (event.type === 'APPROVAL_RESOLVED') this.#approvals.remove(event.approvalId);
    else if (event.type === 'PROVIDER_EVENT_FORWARDED' && event.providerEvent['kind'] === 'status' && event.providerEvent['state'] === 'working') this.#turn.worked();
  }

  #took(event: ProviderEvent): void {
    if (this.#disposed || (isFinal(this.state) && event.type !== 'output')) return;
    switch (event.type) {
      case 'output':
        return this.#output(event.data, event.stream);
      case 'status':
        return this.#statusChanged(event.status);
      case 'approval':
        return this.#asked(event.approval);
      case 'approval_gone':
        return this.#gone(event);
      case 'exit': {
        // An answer may have made it end: that is told first.
        const open = [...this.#answering].flatMap(([approvalId, { work }]) => (this.#approvals.has(approvalId) ? [work] : []));
        const answered = waitFor(Promise.allSettled(open), { timeoutMs: ANSWER_MS, what: 'the answers' }).catch(() => undefined);
        void answered.then(() => this.#end(endingOf(event)));
      }
    }
  }

  #output(data: string, stream: 'stdout' | 'stderr'): void {
    this.#ports.recorder?.write(data);
    const told = this.#terminal.write(data);
    if (told !== '') this.#append({ type: 'TERMINAL_CHUNK', data: told, stream });
  }

  #statusChanged(status: AgentStatus): void {
    const before = this.#turn.take(status);
    if (before?.state !== status.state) this.#append(statusEvent(status));
    // What was asked before a restart and is not asked any more.
    if (before === undefined && status.state !== 'waiting' && status.state !== 'starting' && status.state !== 'unknown') for (const { approvalId } of this.#approvals.list()) this.#gone({ approvalId });
    this.#watchQuiet();
  }

  #watchQuiet(): void {
    const wish = this.#record.spec.endWhenIdle ?? this.#ports.settings.endWhenIdle ?? this.#record.spec.form === 'readme';
    this.#turn.watch(wish, this.state === 'RUNNING', (ending) => {
      if (this.state === 'RUNNING') void this.#end(ending, { stopping: true });
    });
  }

  #asked(approval: EventApproval): void {
    if (this.#approvals.has(approval.approvalId) || this.#ending !== undefined) return;
    this.#approvals.add(approval);
    this.#append({ type: 'APPROVAL_REQUESTED', approval });
    if (this.state === 'RUNNING') this.#go('WAITING_FOR_APPROVAL', approval.summary);
  }

  #gone({ approvalId, decision, resolvedBy }: { readonly approvalId: string; readonly decision?: Verdict; readonly resolvedBy?: string }): void {
    const answering = this.#answering.get(approvalId);
    // With a decision it is ours, written down; what a note of it becomes may take longer. Without one the answer itself will tell.
    if (answering !== undefined) return decision === undefined ? undefined : this.#resolve(approvalId, decision, answering);
    // Where nobody wrote down what was answered, the terminal knows it alone.
    this.#resolve(approvalId, decision ?? 'allow', { by: resolvedBy ?? 'terminal', note: decision === undefined ? 'It was answered in the terminal; whether it was allowed is not known.' : undefined });
  }

  #resolve(approvalId: string, decision: Verdict, { by, note }: { readonly by?: string | undefined; readonly note?: string | undefined }): void {
    if (!this.#approvals.remove(approvalId)) return;
    this.#append({ type: 'APPROVAL_RESOLVED', approvalId, decision, ...(by === undefined ? {} : { resolvedBy: by }), ...(note === undefined ? {} : { note }) });
    if (this.state === 'WAITING_FOR_APPROVAL' && this.#ending === undefined && stateAfterWait(this.#approvals.size) === 'RUNNING') this.#go('RUNNING');
  }

  async #answer(approvalId: string, decision: Verdict, how: { readonly note?: string | undefined; readonly by: string }): Promise<void> {
    const { adapter } = this.#ports;
    if (!this.#approvals.has(approvalId)) throw new AgentsError('not-found', `The session ${this.id} has no open approval ${approvalId}.`);
    if (this.state !== 'WAITING_FOR_APPROVAL') checkTransition(this.id, this.state, 'WAITING_FOR_APPROVAL');
    if (this.state === 'PAUSED_BY_HUMAN') throw new AgentsError('invalid-transition', `The session ${this.id} is PAUSED_BY_HUMAN: nothing is answered until it is resumed.`);
    if (this.#answering.has(approvalId)) throw new AgentsError('answered-already', `The approval ${approvalId} is being answered already.`);
    if (adapter.answer === undefined) throw new AgentsError('unsupported', `The approvals of ${adapter.id} cannot be answered from here.`);
    // The clock's note is for the journal, not for the CLI.
    const work = adapter.answer(this.id, approvalId, decision, how.by === 'timeout' ? undefined : how.note).then(
      () => this.#resolve(approvalId, decision, how),
      (error: unknown) => {
        if (isAgentsError(error, 'answered-already')) this.#resolve(approvalId, 'allow', { by: 'terminal', note: 'It was answered elsewhere; whether it was allowed is not known.' });
        throw error;
      },
    );
    this.#answering.set(approvalId, { work, ...how });
    try {
      await work;
    } finally {
      this.#answering.delete(approvalId);
    }
  }

  /** A deny that cannot be given ends the session: what was asked for must not happen unanswered. */
  async #overdue({ approvalId }: EventApproval): Promise<void> {
    if (this.#ending !== undefined || this.state === 'PAUSED_BY_HUMAN') return;
    try {
      await this.#answer(approvalId, 'deny', { by: 'timeout', note: 'Nobody answered in time.' });
    } catch (error) {
      if (!this.#approvals.has(approvalId)) return;
      await this.#end({ final: 'FAILED', reason: `An approval was not answered in time, and could not be denied: ${messageOf(error)}` }, { graceMs: 0, stopping: true });
    }
  }

  async #input(data: string, mode: 'raw' | 'line'): Promise<void> {
    if (!hasProvider(this.state)) throw new AgentsError('unsupported', `The session ${this.id} takes no input while it is ${this.state}.`);
    // The turn that it begins is not over because the one before is.
    if (mode === 'line') this.#turn.begins();
    await this.#ports.adapter.sendInput(data, { sessionId: this.id, mode });
    if (!isFinal(this.state)) this.#append({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent: mode === 'line' ? { kind: 'prompt', text: data } : { kind: 'keys', length: data.length } });
  }

  async #pause(): Promise<void> {
    const { adapter } = this.#ports;
    if (this.#ending !== undefined) await this.#ending;
    checkTransition(this.id, this.state, 'PAUSED_BY_HUMAN');
    if (adapter.pause === undefined) throw new AgentsError('unsupported', `Sessions of ${adapter.id} cannot be paused.`);
    await adapter.pause(this.id);
    if (this.#ending !== undefined || isFinal(this.state)) return;
    this.#turn.stopWatching();
    this.#go('PAUSED_BY_HUMAN');
  }

  async #resume(): Promise<void> {
    if (this.#ending !== undefined) await this.#ending;
    if (this.state !== 'PAUSED_BY_HUMAN') checkTransition(this.id, this.state, this.state === 'RUNNING' ? 'RUNNING' : stateAfterWait(this.#approvals.size));
    if (this.state !== 'PAUSED_BY_HUMAN') throw new AgentsError('invalid-transition', `Invalid transition of session ${this.id}: ${this.state} -> RUNNING by resuming: it is not paused.`);
    await this.#ports.adapter.resume?.(this.id);
    if (this.#ending !== undefined) return;
    this.#go(stateAfterWait(this.#approvals.size));
    for (const approval of this.#approvals.list()) this.#approvals.add(approval);
    this.#watchQuiet();
  }

  /** True when the agent has done what it was asked: its turn is over, and it waits for the next. */
  #isDone(): boolean {
    return this.#turn.isIdle && this.#approvals.size === 0;
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#disposed || isAgentsError(error, 'cancelled')) return;
    const hint = isAgentsError(error) && error.hint !== undefined ? ` ${error.hint}` : '';
    await this.#end({ final: 'FAILED', reason: `${messageOf(error)}${hint}` });
  }

  #end(ending: Ending, how: { readonly graceMs?: number; readonly stopping?: boolean } = {}): Promise<void> {
    this.#ending ??= this.#ends(ending, how).catch((error: unknown) => this.#log.error(`${this.id}: its end went wrong: ${messageOf(error)}`));
    return this.#ending;
  }

  async #ends(ending: Ending, { graceMs = this.#ports.settings.stopGrace, stopping = false }: { readonly graceMs?: number; readonly stopping?: boolean }): Promise<void> {
    const { adapter, recorder } = this.#ports;
    this.#keep({ ending });
    const path = pathToEnd(this.state, ending.final);
    if (!isFinal(this.state) && this.state !== 'STOPPING' && (stopping || path[0] === 'STOPPING')) this.#go('STOPPING', ending.reason);
    this.#run.abort();
    await waitFor(this.#running, { timeoutMs: CANCEL_MS, what: 'the start to be cancelled' }).catch(() => undefined);
    for (const { approvalId } of this.#approvals.list()) this.#resolve(approvalId, 'deny', { by: 'system', note: 'The session ended before it was answered.' });
    for (const event of await endOfAgent(adapter, this.id, graceMs)) this.#append(event);
    for (const event of this.#early?.splice(0) ?? []) if (event.type === 'output') this.#output(event.data, event.stream);
    const rest = this.#terminal.end();
    if (rest !== '') this.#append({ type: 'TERMINAL_CHUNK', data: rest, stream: 'stdout' });
    await recorder?.close().catch((error: unknown) => this.#log.warn(`${this.id}: the recording is not whole: ${messageOf(error)}`));
    this.#usage.setActive(false);
    for (const event of await diffEvents(this.#ports.workspaces, this.#record.workspace)) this.#append(event);
    this.#owned.dispose();
    this.#reason = ending.reason;
    this.#exitCode = ending.exitCode;
    for (const state of pathToEnd(this.state, ending.final)) this.#go(state, state === ending.final ? ending.reason : undefined);
    const endedAt = Date.now();
    const final = this.state === 'COMPLETED' ? 'COMPLETED' : 'FAILED';
    this.#append({ type: 'SESSION_ENDED', finalState: final, ...(ending.exitCode === undefined ? {} : { exitCode: ending.exitCode }), totalDurationMs: Math.max(0, endedAt - this.#record.createdAt), totalUsage: this.#usage.metrics() });
    await this.journal.flush();
    this.#keep({ endedAt });
    this.#disposed = true;
    await this.journal.close();
    this.#log.info(`${this.id}: ${final}${ending.reason === undefined ? '' : `: ${ending.reason}`} (${adapter.id})`);
  }

  /** Its heartbeat, and the end of its time. */
  #tick(): void {
    const { settings, lifetimeMs, measure } = this.#ports;
    const beat = async (): Promise<void> => {
      if (!hasProvider(this.state) || this.#ending !== undefined) return;
      this.#usage.take((await measure?.().catch(() => undefined)) ?? {});
      if (this.#ending === undefined) this.#append({ type: 'USAGE_TICK', providerId: this.#record.spec.config.providerId, units: this.#usage.metrics(), intervalMs: settings.heartbeatInterval });
    };
    const overtime = (): void => void this.#end({ final: this.#isDone() ? 'COMPLETED' : 'FAILED', reason: `Its time of ${lifetimeMs} ms was over.` }, { stopping: true });
    this.#owned.add(sessionClock({ beatMs: settings.heartbeatInterval, beat, endsAt: lifetimeMs === undefined ? undefined : this.#record.createdAt + lifetimeMs, overtime }));
  }

  /** Throws `invalid-transition`. */
  #go(newState: SessionState, reason?: string): void {
    const previousState = this.state;
    checkTransition(this.id, previousState, newState);
    this.#usage.setActive(newState === 'RUNNING' || newState === 'WAITING_FOR_APPROVAL');
    if (newState === 'RUNNING') this.#startedAt ??= Date.now();
    this.#append({ type: 'SESSION_STATE_CHANGED', previousState, newState, ...(reason === undefined ? {} : { reason }) });
  }

  #append(body: RunnerEventBody): void {
    if (this.#disposed) return;
    try {
      this.journal.append(body);
      this.#usage.count(body);
    } catch (error) {
      this.#log.error(`${this.id}: ${body.type} could not be kept: ${messageOf(error)}`);
      if (isAgentsError(error, 'disk-full') && body.type !== 'TERMINAL_CHUNK') throw error;
    }
  }

  #keep(change: Partial<SessionRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#ports.keep(this.#record);
  }

  #throwIfOver(): void {
    if (this.#run.signal.aborted) throw new AgentsError('cancelled', 'The session was ended.');
  }

  /** One after the other, whatever becomes of those before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work, work);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }
}
