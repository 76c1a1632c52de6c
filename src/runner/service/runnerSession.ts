// The life of one session: prepared, started, followed, commanded and ended, each step an event in its journal. The only writer of that journal.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Redactor } from '../../base/redact.ts';
import { waitFor } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { EventApproval, RunnerEvent, RunnerEventBody, SessionState, UsageMetrics } from '../../protocol/runnerEvent.ts';
import type { SessionCommand } from '../../protocol/sessionConfig.ts';
import type { WorkspaceRecord } from '../../protocol/workspaceRecord.ts';
import type { SessionJournal } from '../../sessions/journal/sessionJournal.ts';
import type { Breach } from '../../sessions/usage/limits.ts';
import { checkTransition, hasProvider, isFinal, pathToEnd, stateAfterWait } from '../../sessions/states/transitions.ts';
import type { ProviderEvent } from '../adapters/providerAdapter.ts';
import type { Ending, SessionRecord } from './sessionRecord.ts';
import { reachAgent } from './reachAgent.ts';
import { SessionApprovals } from './sessionApprovals.ts';
import type { SessionPorts } from './sessionPorts.ts';
import { SessionPulse } from './sessionPulse.ts';
import { SessionTerminal } from './sessionTerminal.ts';
import { alertOf, diffEvents, endingOf, endOfAgent, startOf, statusEvent, toolEvent, workspaceRequestOf } from './sessionSteps.ts';
import { TurnWatch } from './turnWatch.ts';

/** Milliseconds that preparing may take to see that it was cancelled. */
const CANCEL_MS = 30_000;
export class RunnerSession implements Disposable {
  readonly journal: SessionJournal;
  readonly #ports: SessionPorts;
  readonly #log: Log;
  readonly #pulse: SessionPulse;
  readonly #approvals: SessionApprovals;
  readonly #run = new AbortController();
  readonly #owned = new DisposableStore();
  readonly #terminal: SessionTerminal;
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
    this.#terminal = new SessionTerminal({ ...ports, recorder: ports.recorder, append: (body) => this.#append(body) });
    this.#approvals = this.#owned.add(this.#approvalsOf(ports));
    this.#pulse = this.#owned.add(this.#pulseOf(record));
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

  get fault(): string | undefined {
    return this.#record.ending?.fault;
  }

  /** What its agent does, as far as it was told. */
  get status(): AgentStatus | undefined {
    return this.#turn.status;
  }

  get redactor(): Redactor {
    return this.#ports.redactor;
  }

  get pendingApprovals(): readonly EventApproval[] {
    return this.#approvals.list();
  }

  usage(): UsageMetrics {
    return this.#pulse.usage.metrics();
  }

  /** Begins its life; what goes wrong ends it and is told as events. */
  begin(): void {
    this.#runs(this.#prepareAndStart());
    this.#pulse.begin();
  }

  /** Goes on with what another process began. */
  async recover(): Promise<void> {
    for await (const event of this.journal.read()) this.#remember(event);
    const { ending } = this.#record;
    if (ending !== undefined || this.state === 'STOPPING' || isFinal(this.state)) {
      // Its agent may live still: only one that is known can be ended.
      await this.#ports.adapter.recover?.(this.id, { runtimeId: this.#record.runtimeId }).catch((error: unknown) => this.#log.warn(`${this.id}: its agent cannot be reached: ${messageOf(error)}`));
      return this.#end(ending ?? { final: this.state === 'COMPLETED' ? 'COMPLETED' : 'FAILED', reason: 'The runner ended while the session was being stopped.' });
    }
    if (!hasProvider(this.state) && this.state !== 'STARTING_PROVIDER') return this.#end({ final: 'FAILED', reason: 'The runner ended while the session was being prepared.', fault: 'cut-off' });
    this.#runs(this.#takeUp());
    this.#pulse.begin();
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
        return this.#approvals.answer(command.approvalId, command.decision, { note: command.note, by: by ?? 'user' });
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
    await this.#terminal.release();
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
    const { signal } = this.#run;
    this.#go('PREPARING_WORKSPACE');
    const workspace = await workspaces.prepare(workspaceRequestOf(this.#record.spec, workspaceId), { signal, onProgress: (step, message) => this.#append({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'progress', step, message } }) });
    this.#keep({ workspace: workspace.record });
    this.#throwIfOver();
    this.#go('STARTING_PROVIDER');
    const { sessionPid } = await adapter.startSession({ ...startOf(this.#record, workspace), signal });
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
    const was = this.state;
    const { workspace, runtimeId } = this.#record;
    const { sessionPid } = await reachAgent(this.#ports.adapter, { sessionId: this.id, runtimeId, signal: this.#run.signal, log: this.#log });
    this.#throwIfOver();
    if (was === 'STARTING_PROVIDER' && workspace !== undefined) return this.#isStarted(sessionPid, workspace);
    if (was === 'PAUSED_BY_HUMAN') await this.#ports.adapter.pause?.(this.id);
    this.#pulse.usage.setActive(was !== 'PAUSED_BY_HUMAN');
    this.#follow(sessionPid, workspace);
  }

  /** What the journal of an earlier process says. */
  #remember(event: RunnerEvent): void {
    this.#pulse.remember(event);
    this.#approvals.remember(event);
    if (event.type === 'SESSION_STARTED') this.#startedAt = event.ts;
    else if (event.type === 'PROVIDER_EVENT_FORWARDED' && event.providerEvent['kind'] === 'status' && event.providerEvent['state'] === 'working') this.#turn.worked();
  }

  #took(event: ProviderEvent): void {
    if (this.#disposed || (isFinal(this.state) && event.type !== 'output')) return;
    switch (event.type) {
      case 'output':
        return this.#terminal.write(event.data, event.stream);
      case 'status':
        return this.#statusChanged(event.status);
      case 'approval':
        return this.#approvals.asked(event.approval);
      case 'approval_gone':
        return this.#approvals.gone(event);
      case 'denied':
        return this.#approvals.denied(event);
      case 'alert':
        return this.#append(event.alert);
      case 'tool':
        return this.#append(toolEvent(event));
      case 'exit':
        // An answer may have made it end: that is told first.
        void this.#approvals.settled().then(() => this.#end(endingOf(event)));
    }
  }

  #statusChanged(status: AgentStatus): void {
    const before = this.#turn.take(status);
    if (before?.state !== status.state) this.#append(statusEvent(status));
    // What was asked before a restart and is not asked any more.
    if (before === undefined && status.state !== 'waiting' && status.state !== 'starting' && status.state !== 'unknown') for (const { approvalId } of this.#approvals.list()) this.#approvals.gone({ approvalId });
    this.#watchQuiet();
  }

  #watchQuiet(): void {
    const wish = this.#record.spec.endWhenIdle ?? this.#ports.settings.endWhenIdle ?? this.#record.spec.form === 'readme';
    this.#turn.watch(wish, this.state === 'RUNNING', (ending) => {
      if (this.state === 'RUNNING') void this.#end(ending, { stopping: true });
    });
  }

  async #input(data: string, mode: 'raw' | 'line'): Promise<void> {
    if (!hasProvider(this.state)) throw new AgentsError('unsupported', `The session ${this.id} takes no input while it is ${this.state}.`);
    // The turn that it begins is not over because the one before is.
    if (mode === 'line') this.#turn.begins();
    await this.#ports.adapter.sendInput(data, { sessionId: this.id, mode }).catch((error: unknown) => {
      // What it was for goes away meanwhile, with its tmux server when it is the last one there.
      throw this.#ending === undefined ? error : new AgentsError('invalid-transition', `The session ${this.id} takes no input any more: it ends.`, { cause: error });
    });
    if (!isFinal(this.state)) this.#append({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent: mode === 'line' ? { kind: 'prompt', text: data } : { kind: 'keys', length: data.length } });
  }

  async #pause(reason?: string): Promise<void> {
    const { adapter } = this.#ports;
    if (this.#ending !== undefined) await this.#ending;
    checkTransition(this.id, this.state, 'PAUSED_BY_HUMAN');
    if (adapter.pause === undefined) throw new AgentsError('unsupported', `Sessions of ${adapter.id} cannot be paused.`);
    await adapter.pause(this.id);
    if (this.#ending !== undefined || isFinal(this.state)) return;
    this.#turn.stopWatching();
    this.#go('PAUSED_BY_HUMAN', reason);
  }

  async #resume(): Promise<void> {
    if (this.#ending !== undefined) await this.#ending;
    if (this.state !== 'PAUSED_BY_HUMAN') checkTransition(this.id, this.state, this.state === 'RUNNING' ? 'RUNNING' : stateAfterWait(this.#approvals.size));
    if (this.state !== 'PAUSED_BY_HUMAN') throw new AgentsError('invalid-transition', `Invalid transition of session ${this.id}: ${this.state} -> RUNNING by resuming: it is not paused.`);
    await this.#ports.adapter.resume?.(this.id);
    if (this.#ending !== undefined) return;
    this.#go(stateAfterWait(this.#approvals.size));
    this.#approvals.again();
    this.#watchQuiet();
  }

  /** True when the agent has done what it was asked: its turn is over, and it waits for the next. */
  #isDone(): boolean {
    return this.#turn.isIdle && this.#approvals.size === 0;
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#disposed || isAgentsError(error, 'cancelled')) return;
    const hint = isAgentsError(error) && error.hint !== undefined ? ` ${error.hint}` : '';
    await this.#end({ final: 'FAILED', reason: `${messageOf(error)}${hint}`, ...(isAgentsError(error) ? { fault: error.reason } : {}) });
  }

  #end(ending: Ending, how: { readonly graceMs?: number; readonly stopping?: boolean } = {}): Promise<void> {
    this.#ending ??= this.#ends(ending, how).catch((error: unknown) => this.#log.error(`${this.id}: its end went wrong: ${messageOf(error)}`));
    return this.#ending;
  }

  async #ends(ending: Ending, { graceMs = this.#ports.settings.stopGrace, stopping = false }: { readonly graceMs?: number; readonly stopping?: boolean }): Promise<void> {
    const { adapter } = this.#ports;
    this.#keep({ ending });
    const path = pathToEnd(this.state, ending.final);
    if (!isFinal(this.state) && this.state !== 'STOPPING' && (stopping || path[0] === 'STOPPING')) this.#go('STOPPING', ending.reason);
    this.#run.abort();
    await waitFor(this.#running, { timeoutMs: CANCEL_MS, what: 'the start to be cancelled' }).catch(() => undefined);
    this.#approvals.denyAll('The session ended before it was answered.');
    await this.#pulse.last();
    for (const event of await endOfAgent(adapter, this.id, graceMs)) this.#append(event);
    for (const event of this.#early?.splice(0) ?? []) if (event.type === 'output') this.#terminal.write(event.data, event.stream);
    await this.#terminal.end();
    this.#pulse.usage.setActive(false);
    for (const event of await diffEvents(this.#ports.workspaces, this.#record.workspace)) this.#append(event);
    this.#owned.dispose();
    this.#reason = ending.reason;
    this.#exitCode = ending.exitCode;
    for (const state of pathToEnd(this.state, ending.final)) this.#go(state, state === ending.final ? ending.reason : undefined);
    const endedAt = Date.now();
    const final = this.state === 'COMPLETED' ? 'COMPLETED' : 'FAILED';
    this.#append({ type: 'SESSION_ENDED', finalState: final, ...(ending.exitCode === undefined ? {} : { exitCode: ending.exitCode }), totalDurationMs: Math.max(0, endedAt - this.#record.createdAt), totalUsage: this.#pulse.usage.metrics() });
    await this.journal.flush();
    this.#keep({ endedAt });
    this.#disposed = true;
    await this.journal.close();
    this.#log.info(`${this.id}: ${final}${ending.reason === undefined ? '' : `: ${ending.reason}`} (${adapter.id})`);
  }

  /** It is over a limit. What cannot be paused is stopped. */
  #limited({ action, sentence }: Breach): void {
    if (this.#ending !== undefined || isFinal(this.state)) return;
    this.#append(alertOf('warn', 'policy', action === 'pause' ? 'It was paused by rule' : 'It was stopped by rule', sentence));
    const stop = (): void => void this.#end({ final: this.#isDone() ? 'COMPLETED' : 'FAILED', reason: sentence }, { stopping: true });
    if (action === 'stop' || !hasProvider(this.state)) return stop();
    if (this.state !== 'PAUSED_BY_HUMAN') this.#inTurn(() => this.#pause(sentence)).catch(() => this.state === 'PAUSED_BY_HUMAN' || stop());
  }

  #approvalsOf({ adapter }: SessionPorts): SessionApprovals {
    return new SessionApprovals({
      id: this.id,
      adapter,
      state: () => this.state,
      isEnding: () => this.#ending !== undefined,
      append: (body) => this.#append(body),
      go: (state, reason) => this.#go(state, reason),
      abandon: (reason) => this.#end({ final: 'FAILED', reason }, { graceMs: 0, stopping: true }),
    });
  }

  #pulseOf({ createdAt, spec }: SessionRecord): SessionPulse {
    const { settings, limits, minutesToday, measure } = this.#ports;
    return new SessionPulse({
      providerId: spec.config.providerId,
      heartbeatMs: settings.heartbeatInterval,
      thresholds: settings.alerts,
      limits,
      createdAt,
      minutesToday,
      measure,
      isAlive: () => hasProvider(this.state) && this.#ending === undefined,
      append: (body) => this.#append(body),
      act: (breach) => this.#limited(breach),
    });
  }

  /** Throws `invalid-transition`. */
  #go(newState: SessionState, reason?: string): void {
    const previousState = this.state;
    checkTransition(this.id, previousState, newState);
    this.#pulse.usage.setActive(newState === 'RUNNING' || newState === 'WAITING_FOR_APPROVAL');
    if (newState === 'RUNNING') this.#startedAt ??= Date.now();
    this.#append({ type: 'SESSION_STATE_CHANGED', previousState, newState, ...(reason === undefined ? {} : { reason }) });
  }

  #append(body: RunnerEventBody): void {
    if (this.#disposed) return;
    try {
      this.journal.append(body);
      this.#pulse.usage.count(body);
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
