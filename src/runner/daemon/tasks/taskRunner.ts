// Executes a hub's tasks as sessions of the runner: each is on disk before it is acknowledged, runs once, and ends in one result that waits for the hub.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { DisposableStore, type Disposable } from '../../../base/disposable.ts';
import { AgentsError, isAgentsError, messageOf, type ErrorReason } from '../../../base/errors.ts';
import { Emitter, type Event } from '../../../base/event.ts';
import type { Log } from '../../../base/log.ts';
import type { Redactor } from '../../../base/redact.ts';
import { PRIVATE_FOLDER } from '../../../base/stateFile.ts';
import { pause, throwIfCancelled, waitForEvent } from '../../../base/wait.ts';
import type { TaskResult } from '../../../protocol/hubWire/sibylFrames.ts';
import type { RunnerEvent } from '../../../protocol/runnerEvent.ts';
import type { TaskRecord } from '../../../protocol/taskRecord.ts';
import { isFinal } from '../../../sessions/states/transitions.ts';
import type { AssignedTask, TaskPort } from '../../hubLink/ports.ts';
import type { RunnerService } from '../../runnerService.ts';
import type { CreateSessionRequest } from '../../service/sessionRequest.ts';
import type { DaemonSettings } from '../settings/daemonSettings.ts';
import type { ProjectMap } from '../settings/projectMap.ts';
import { CAPTURED_BYTES, forgetOutcome, readOutcome, startedMark } from './captureProgram.ts';
import { begunAgain, newRecord, nextAttempt, renamedAttempt } from './taskAttempts.ts';
import { deliveredRecord, type TaskLedger } from './taskLedger.ts';
import { planTask } from './taskPlan.ts';
import type { TaskPlaces } from './taskPlaces.ts';
import { activityOf } from './taskProgress.ts';
import { refusedResult, resultOf } from './taskResult.ts';
import { taskRequest } from './taskRequest.ts';
import { terminalText } from './terminalText.ts';

export interface TaskRunnerParts {
  readonly service: RunnerService;
  readonly ledger: TaskLedger;
  readonly places: TaskPlaces;
  readonly settings: DaemonSettings;
  /** Read anew with each task. */
  readonly projects: () => ProjectMap;
  readonly redactor: Redactor;
  /** Where commands leave what they printed. */
  readonly outcomes: string;
  readonly log: Log;
}

type Progress = TaskPort['onDidProgress'] extends Event<infer Value> ? Value : never;
type UsedProject = TaskPort['onDidUseProject'] extends Event<infer Value> ? Value : never;

/** Milliseconds between attempts to write down a result that the disk does not take. */
const RETRY_MS = { first: 1_000, longest: 60_000 };

/** How often one process begins a task again whose program does not start. */
const MOST_BEGINNINGS = 5;
/** Faults that may be over at the next beginning. */
const PASSING: ReadonlySet<string> = new Set<ErrorReason | 'cut-off'>(['cut-off', 'disconnected', 'tmux-failed', 'not-found', 'runtime-unavailable']);

export class TaskRunner implements TaskPort, Disposable {
  readonly #parts: TaskRunnerParts;
  readonly #log: Log;
  readonly #owned = new DisposableStore();
  readonly #over = new AbortController();
  readonly #status = new Emitter<void>();
  readonly #progress = new Emitter<Progress>();
  readonly #projects = new Emitter<UsedProject>();
  readonly #finished = new Emitter<string>();
  /** By session: the task that it works for. */
  readonly #sessions = new Map<string, string>();
  readonly #deadlines = new Map<string, NodeJS.Timeout>();
  readonly #activities = new Map<string, string>();
  /** Assignments, one after the other for each task. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Being written down. */
  readonly #taking = new Set<string>();
  readonly #finishing = new Set<string>();
  /** How often they were begun again by this process. */
  readonly #again = new Map<string, number>();
  readonly #changes = new Map<string, Promise<unknown>>();
  #draining = false;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.#owned.add(parts.service.onEvent((event) => this.#heard(event)));
    this.#owned.add(parts.places.onDidPrepare(({ sessionId, path, branch }) => this.#prepared(sessionId, path, branch)));
  }

  readonly onDidChangeStatus: Event<void> = this.#status.event;
  readonly onDidProgress: Event<Progress> = this.#progress.event;
  readonly onDidUseProject: Event<UsedProject> = this.#projects.event;
  readonly onDidFinish: Event<string> = this.#finished.event;

  /** Goes on with what an earlier process had begun. Call it once the runner has taken up its sessions. */
  takeUp(): void {
    for (const record of this.#parts.ledger.list()) {
      if (record.state !== 'accepted' && record.state !== 'running') continue;
      this.#sessions.set(record.sessionId, record.taskId);
      const state = this.#parts.service.getSession(record.sessionId)?.state;
      this.#log.info(`Task ${record.taskId} of an earlier process: ${state === undefined ? 'it was not begun yet' : `its session is ${state}`}.`);
      if (state !== undefined && isFinal(state)) this.#ended(record.taskId);
      else if (state !== undefined) this.#follow(record);
      else if (record.state === 'accepted') this.#inBackground(record.taskId, () => this.#begin(record.taskId));
      else this.#inBackground(record.taskId, () => this.#fail(record.taskId, 'Nothing of its session is left.'));
    }
  }

  assign(task: AssignedTask): Promise<{ readonly accepted: true } | { readonly accepted: false; readonly reason: string }> {
    return inTurn(this.#turns, task.taskId, () => this.#assign(task));
  }

  async cancel(taskId: string): Promise<void> {
    await this.#turns.get(taskId)?.catch(() => undefined);
    await this.#end(taskId, 'cancelled');
  }

  status(): { readonly status: 'online' | 'busy' | 'draining'; readonly agentCount: number } {
    const agentCount = this.#count();
    return { status: this.#draining ? 'draining' : agentCount >= this.#parts.settings.maxAgents ? 'busy' : 'online', agentCount };
  }

  results(): readonly { readonly taskId: string; readonly result: TaskResult }[] {
    return this.#parts.ledger
      .list()
      .filter(({ state }) => state === 'finished')
      .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))
      .flatMap(({ taskId, result }) => (result === undefined ? [] : [{ taskId, result }]));
  }

  open(): readonly string[] {
    return this.#parts.ledger.list().filter(({ state }) => state === 'accepted' || state === 'running').map(({ taskId }) => taskId);
  }

  delivered(taskId: string): void {
    this.#inBackground(taskId, async () => {
      await this.#change(taskId, (record) => (record.state === 'finished' ? deliveredRecord(record, Date.now()) : record));
      this.#status.fire();
    });
  }

  /** Tells whoever follows its status to look again. */
  statusChanged(): void {
    this.#status.fire();
  }

  /** Takes no more tasks from here on. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#status.fire();
  }

  /** Lets go; what runs goes on. */
  dispose(): void {
    this.#over.abort();
    this.#owned.dispose();
    for (const timer of this.#deadlines.values()) clearTimeout(timer);
    this.#deadlines.clear();
    for (const emitter of [this.#status, this.#progress, this.#projects, this.#finished]) emitter.dispose();
  }

  /** Resolves when all that was begun to be written is. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#turns.values(), ...this.#changes.values()]);
  }

  async #assign(task: AssignedTask): ReturnType<TaskPort['assign']> {
    const { taskId } = task;
    const known = this.#parts.ledger.get(taskId);
    if (known !== undefined && !(await this.#known(known, task))) return { accepted: true };
    if (this.#draining) return { accepted: false, reason: 'runner_draining' };
    if (this.#count() >= this.#parts.settings.maxAgents) return { accepted: false, reason: 'at_capacity' };
    const record = known === undefined ? newRecord(task, Date.now()) : nextAttempt(known, task, Date.now());
    this.#taking.add(taskId);
    try {
      await this.#parts.ledger.put(record);
    } finally {
      this.#taking.delete(taskId);
    }
    this.#log.info(`Task ${taskId} is taken${known === undefined ? '' : ', for another attempt'}.`);
    this.#sessions.set(record.sessionId, taskId);
    this.#status.fire();
    this.#inBackground(taskId, () => this.#begin(taskId));
    return { accepted: true };
  }

  /** True where a known task is to run once more: a hub that gave it up, or has its failure, asks for another attempt by another name. All else only has its result again. */
  async #known(known: TaskRecord, { agentId }: AssignedTask): Promise<boolean> {
    const isOld = known.agentId === agentId || known.earlierAgents.includes(agentId);
    if (!isOld && known.result !== undefined && known.result.status !== 'completed') return true;
    if (!isOld) await this.#change(known.taskId, (record) => renamedAttempt(record, agentId));
    // Whoever asks again has not got its result.
    if (known.state === 'delivered') await this.#change(known.taskId, (record) => ({ ...record, state: 'finished', deliveredAt: undefined }));
    if (this.#parts.ledger.get(known.taskId)?.state === 'finished') this.#finished.fire(known.taskId);
    return false;
  }

  async #begin(taskId: string): Promise<void> {
    const { places, settings, projects, ledger, outcomes } = this.#parts;
    const record = ledger.get(taskId);
    if (record === undefined || record.state !== 'accepted') return;
    try {
      if (record.ending !== undefined) throw new AgentsError('cancelled', 'It was cancelled before it began.');
      const plan = await planTask(record, { settings, projects: projects(), base: places.base, usedBy: (path) => this.#userOf(path), signal: this.#over.signal });
      const startedAt = Date.now();
      const planned = await this.#change(taskId, (before) => ({
        ...before,
        startedAt,
        command: plan.run.kind === 'command' ? [...plan.run.argv] : plan.run.providerId,
        worktreePath: plan.place.path,
        ...(plan.timeoutMs === 0 ? {} : { deadline: startedAt + plan.timeoutMs }),
        ...('branch' in plan.place && plan.place.branch !== undefined ? { worktreeBranch: plan.place.branch } : {}),
      }));
      if (planned?.ending !== undefined) throw new AgentsError('cancelled', 'It was cancelled before it began.');
      if (planned !== undefined) this.#limit(planned);
      places.plan(record.sessionId, plan.place);
      const outcome = join(outcomes, record.sessionId);
      await mkdir(outcome, PRIVATE_FOLDER);
      await this.#create(taskId, taskRequest(record, plan, { settings, outcome }));
    } catch (error) {
      if (this.#over.signal.aborted) return;
      return this.#fail(taskId, isAgentsError(error) && error.hint !== undefined ? `${error.message} ${error.hint}` : messageOf(error));
    }
    const begun = ledger.get(taskId);
    if (begun !== undefined && begun.result === undefined) this.#follow(begun);
  }

  /** A person may have taken the place that was this task's meanwhile: it waits for the next, until it is ended. */
  async #create(taskId: string, request: CreateSessionRequest): Promise<void> {
    for (;;) {
      try {
        await this.#parts.service.createSession(request);
        return;
      } catch (error) {
        if (!isAgentsError(error, 'limit-reached')) throw error;
        const ending = this.#parts.ledger.get(taskId)?.ending;
        if (ending !== undefined) throw new AgentsError('cancelled', ending === 'timeout' ? 'Its time was over before there was a place for it.' : 'It was cancelled before it began.');
        await waitForEvent(this.onDidChangeStatus, () => true, { timeoutMs: RETRY_MS.longest, signal: this.#over.signal, what: 'a place' }).catch(() => throwIfCancelled(this.#over.signal));
      }
    }
  }

  #follow(record: TaskRecord): void {
    const { taskId } = record;
    const { service } = this.#parts;
    const state = service.getSession(record.sessionId)?.state;
    if (state !== undefined && isFinal(state)) return this.#ended(taskId);
    if (record.ending !== undefined) return this.#inBackground(taskId, () => this.#stop(record));
    if (record.state === 'accepted') this.#inBackground(taskId, async () => void (await this.#change(taskId, (before) => (before.state === 'accepted' ? { ...before, state: 'running' } : before))));
    this.#limit(record);
  }

  #limit({ taskId, deadline }: TaskRecord): void {
    if (deadline === undefined || this.#deadlines.has(taskId) || this.#over.signal.aborted) return;
    this.#deadlines.set(taskId, setTimeout(() => this.#inBackground(taskId, () => this.#end(taskId, 'timeout')), Math.max(0, deadline - Date.now())));
  }

  /** First it is written down why, so that its result says so whatever happens meanwhile. */
  async #end(taskId: string, ending: 'timeout' | 'cancelled'): Promise<void> {
    const record = this.#parts.ledger.get(taskId);
    if (record === undefined || record.state === 'finished' || record.state === 'delivered' || record.ending !== undefined) return;
    const ended = await this.#change(taskId, (before) => ({ ...before, ending: before.ending ?? ending }));
    // Where it waits for a place there is nothing to stop.
    this.#status.fire();
    if (ended !== undefined) await this.#stop(ended);
  }

  async #stop({ taskId, sessionId }: TaskRecord): Promise<void> {
    const state = this.#parts.service.getSession(sessionId)?.state;
    if (state === undefined || isFinal(state)) return;
    try {
      await this.#parts.service.stopSession(sessionId);
    } catch (error) {
      if (!isAgentsError(error, 'invalid-transition')) this.#log.warn(`Task ${taskId} could not be ended: ${messageOf(error)}`);
    }
  }

  #heard(event: RunnerEvent): void {
    const taskId = this.#sessions.get(event.sessionId);
    if (event.type === 'SESSION_ENDED' || (event.type === 'SESSION_STATE_CHANGED' && event.newState === 'PREPARING_WORKSPACE')) this.#status.fire();
    if (taskId === undefined) return;
    if (event.type === 'SESSION_ENDED') return this.#ended(taskId);
    const activity = activityOf(event);
    const record = this.#parts.ledger.get(taskId);
    if (activity === undefined || record === undefined || this.#activities.get(taskId) === activity) return;
    this.#activities.set(taskId, activity);
    this.#progress.fire({ agentId: record.agentId, status: 'running', progress: null, activity });
  }

  #prepared(sessionId: string, path: string, branch: string | undefined): void {
    const record = this.#parts.ledger.get(this.#sessions.get(sessionId) ?? '');
    if (record?.projectId === undefined || record.projectId === '' || branch === undefined) return;
    this.#projects.fire({ projectId: record.projectId, worktreePath: path, worktreeBranch: branch });
  }

  #ended(taskId: string): void {
    if (this.#finishing.has(taskId)) return;
    this.#finishing.add(taskId);
    this.#inBackground(taskId, async () => {
      try {
        await this.#finish(taskId);
      } finally {
        this.#finishing.delete(taskId);
      }
    });
  }

  async #finish(taskId: string): Promise<void> {
    const { service, ledger, outcomes, redactor } = this.#parts;
    const record = ledger.get(taskId);
    if (record === undefined || record.state === 'finished' || record.state === 'delivered') return;
    if (this.#mayBeginAgain(record)) return this.#beginAgain(record);
    const session = service.listSessions().find(({ sessionId }) => sessionId === record.sessionId);
    const outcome = await readOutcome(join(outcomes, record.sessionId));
    const shown = outcome === undefined && session !== undefined ? await this.#shown(record.sessionId) : '';
    await this.#keep(taskId, (before) => resultOf({ record: before, session, outcome, shown, now: Date.now() }, redactor));
  }

  /** Its program was not started, and what kept it from that may be over: its daemon died, or tmux did. */
  #mayBeginAgain({ taskId, sessionId, startedAt = 0, ending }: TaskRecord): boolean {
    const { service, outcomes } = this.#parts;
    const look = service.getSession(sessionId);
    // A machine that lost its power may have forgotten that it was.
    const wasUp = startedAt > Date.now() - uptime() * 1000;
    return ending === undefined && (this.#again.get(taskId) ?? 0) < MOST_BEGINNINGS && look?.state === 'FAILED' && PASSING.has(look.fault ?? '') && wasUp && !existsSync(startedMark(join(outcomes, sessionId)));
  }

  async #beginAgain({ taskId, sessionId }: TaskRecord): Promise<void> {
    const before = this.#again.get(taskId) ?? 0;
    this.#again.set(taskId, before + 1);
    const again = await this.#change(taskId, begunAgain);
    this.#sessions.delete(sessionId);
    if (again !== undefined) this.#sessions.set(again.sessionId, taskId);
    this.#log.info(`Task ${taskId} was not started: it begins again. ${this.#parts.service.getSession(sessionId)?.errorMessage ?? ''}`);
    this.#inBackground(taskId, async () => {
      await forgetOutcome(join(this.#parts.outcomes, sessionId));
      await pause(before === 0 ? 0 : RETRY_MS.first * 2 ** before, this.#over.signal);
      await this.#begin(taskId);
    });
  }

  async #shown(sessionId: string): Promise<string> {
    try {
      return await terminalText(this.#parts.service.readEvents(sessionId), CAPTURED_BYTES);
    } catch (error) {
      this.#log.warn(`What ${sessionId} showed last cannot be read: ${messageOf(error)}`);
      return '';
    }
  }

  #fail(taskId: string, why: string): Promise<void> {
    this.#log.warn(`Task ${taskId} did not run: ${why}`);
    return this.#keep(taskId, (before) => refusedResult(before, this.#parts.redactor.text(why), Date.now()));
  }

  /** Until the disk has it: a result is lost by nothing but the loss of the disk. */
  async #keep(taskId: string, result: (record: TaskRecord) => TaskResult): Promise<void> {
    for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.longest)) {
      try {
        const kept = await this.#change(taskId, (before) => (before.result === undefined ? { ...before, state: 'finished', result: result(before), finishedAt: Date.now() } : before));
        if (kept?.result !== undefined) this.#told(kept, kept.result);
        return;
      } catch (error) {
        this.#log.error(`The result of task ${taskId} could not be kept yet: ${messageOf(error)}`);
        await pause(waitMs, this.#over.signal);
      }
    }
  }

  #told(record: TaskRecord, { status, error }: TaskResult): void {
    const { taskId, agentId, sessionId } = record;
    clearTimeout(this.#deadlines.get(taskId));
    this.#deadlines.delete(taskId);
    this.#sessions.delete(sessionId);
    this.#activities.delete(taskId);
    this.#again.delete(taskId);
    this.#inBackground(taskId, () => forgetOutcome(join(this.#parts.outcomes, sessionId)));
    this.#log.info(`Task ${taskId}: ${status}${typeof error === 'string' ? `: ${error}` : ''}`);
    this.#progress.fire({ agentId, status: status === 'timeout' ? 'failed' : status, progress: status === 'completed' ? 100 : null, activity: typeof error === 'string' ? error.slice(0, 300) : null });
    this.#finished.fire(taskId);
    this.#status.fire();
  }

  #userOf(path: string): string | undefined {
    return this.#parts.ledger.list().find((record) => record.worktreePath === path && (record.state === 'accepted' || record.state === 'running'))?.taskId;
  }

  /** Tasks that have no result yet, and the sessions that people started. */
  #count(): number {
    const open = this.#parts.ledger.list().filter(({ state }) => state === 'accepted' || state === 'running');
    const ofTasks = new Set(open.map(({ sessionId }) => sessionId));
    const others = this.#parts.service.listSessions().filter(({ sessionId, runnerState }) => !isFinal(runnerState) && !ofTasks.has(sessionId));
    const taking = [...this.#taking].filter((taskId) => !open.some((record) => record.taskId === taskId));
    return open.length + others.length + taking.length;
  }

  /** One change of a task after the other. Undefined where it is not known. */
  #change(taskId: string, change: (before: TaskRecord) => TaskRecord): Promise<TaskRecord | undefined> {
    return inTurn(this.#changes, taskId, async () => {
      const before = this.#parts.ledger.get(taskId);
      if (before === undefined) return undefined;
      const after = change(before);
      if (after !== before) await this.#parts.ledger.put(after);
      return after;
    });
  }

  #inBackground(taskId: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.#log.error(`Task ${taskId}: ${messageOf(error)}`);
    });
  }
}

/** Work of one key, one after the other, whatever becomes of those before. */
function inTurn<T>(turns: Map<string, Promise<unknown>>, key: string, work: () => Promise<T>): Promise<T> {
  const done = (turns.get(key) ?? Promise.resolve()).then(work, work);
  turns.set(key, done);
  const forget = (): void => void (turns.get(key) === done && turns.delete(key));
  done.then(forget, forget);
  return done;
}
