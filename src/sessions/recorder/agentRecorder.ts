// Keeps one agent's journal: takes what happens to it, in order, while this face is the writer; another face that becomes the writer goes on from the file.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { isAgentsError, messageOf } from '../../base/errors.ts';
import { withProcessLock } from '../../base/processLock.ts';
import { Redactor } from '../../base/redact.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { ForwardedEvent } from '../../protocol/forwardedEvent.ts';
import type { RunnerEventBody, SessionState, UsageMetrics } from '../../protocol/runnerEvent.ts';
import type { AgentConfig, AgentInfo, DeniedEgress } from '../../runtimes/types.ts';
import type { PendingApproval } from '../approvals/pendingApproval.ts';
import { SessionJournal } from '../journal/sessionJournal.ts';
import { EgressAlerts } from '../policy/policyAlerts.ts';
import { AgentRedactor } from './agentRedactor.ts';
import { approvalBody, askedBody, decidedBody, newDecisions } from './asks.ts';
import { newPrompts, shortText, taskPrompt } from './promptEvents.ts';
import type { RecorderParts, TerminalRecording } from './recorderParts.ts';
import { isCommit, Reflog } from './reflog.ts';
import { SessionFacts } from './sessionFacts.ts';
import { sessionFor } from './sessionFolders.ts';
import { isFinal } from '../states/transitions.ts';
import { finalState, stateOf, stepsTo, stepsToEnd } from './sessionSteps.ts';

/** Milliseconds after a request is gone in which the decision about it may still be written down by whoever made it. */
const DECISION_MS = 3_000;

/** The journal, while this face is its writer. */
interface Writing {
  readonly sessionId: string;
  readonly journal: SessionJournal;
  readonly facts: SessionFacts;
  readonly owned: DisposableStore;
  reflog?: Reflog;
  terminal?: TerminalRecording;
}

export class AgentRecorder implements Disposable {
  readonly #parts: RecorderParts;
  readonly #end = new AbortController();
  readonly #redactor = new AgentRedactor(Redactor.fromEnvironment(process.env));
  readonly #egress = new EgressAlerts();
  #agent: AgentInfo;
  /** What it was spawned with, where this face spawned it. */
  #task: string | undefined;
  #writing: Writing | undefined;
  /** What is done to the journal, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;
  /** It is gone; `unseen` when nobody saw it go. */
  #gone: 'seen' | 'unseen' | undefined;
  #summed = false;
  readonly #done: Promise<void>;

  constructor(agent: AgentInfo, parts: RecorderParts) {
    this.#agent = agent;
    this.#parts = parts;
    this.#done = this.#hold().catch((error: unknown) => {
      if (!isAgentsError(error, 'cancelled')) parts.log.warn(`The journal of ${agent.agentId} is not kept: ${messageOf(error)}`);
    });
  }

  /** The agent's `createdAt`: one that was resumed is another life. */
  get life(): string {
    return this.#agent.createdAt;
  }

  /** True while this face writes the journal. */
  get isWriter(): boolean {
    return this.#writing !== undefined;
  }

  update(agent: AgentInfo): void {
    this.#agent = agent;
    if (agent.status === 'exited' || agent.status === 'failed') void this.#do((writing) => this.#finish(writing, agent));
  }

  /** What this face spawned it with: its record holds the task's title only, and no secret. */
  spawned({ task = '', env }: Pick<AgentConfig, 'task' | 'env'>): void {
    if (env !== undefined) this.#redactor.learn(env);
    this.#task = task;
    void this.#do((writing) => {
      const prompt = taskPrompt(task, '');
      if (prompt !== undefined && writing.facts.task !== undefined && writing.facts.task !== prompt.text) this.#forward(writing, prompt);
    });
  }

  status(status: AgentStatus): void {
    void this.#do((writing) => this.#status(writing, status));
  }

  /** Something is asked, or is no longer. */
  ask(approval: PendingApproval, isOpen: boolean): void {
    void this.#do((writing) => {
      if (isOpen) this.#asked(writing, approval);
      else this.#later(writing, approval.id);
    });
  }

  /** A decision may have been written down. */
  decided(): void {
    void this.#do((writing) => this.#decisions(writing));
  }

  /** It tried to reach what it may not. */
  deniedEgress(denied: DeniedEgress): void {
    const alert = this.#egress.take(denied);
    if (alert !== undefined) void this.#do((writing) => this.#append(writing, alert));
  }

  /** Its queue changed. */
  prompted(): void {
    void this.#do((writing) => this.#prompts(writing));
  }

  /** Somebody is about to kill it: the last look at its folder. Resolves when that is written. */
  stopping(): Promise<void> {
    this.#stopped = true;
    return this.#do(async (writing) => {
      this.#steps(writing, ['STOPPING'], 'killed');
      await this.#commits(writing);
      await this.#sum(writing);
    });
  }

  /** It has run a command. */
  ran(command: string): void {
    void this.#do((writing) => this.#forward(writing, { kind: 'command', command: shortText(command) }));
  }

  /** It is gone, and that is certain. `unseen`: it went while nobody looked, some time after the journal's last event. */
  gone(how: 'seen' | 'unseen' = 'seen'): void {
    this.#gone = how;
    void this.#do((writing) => this.#finish(writing, undefined));
  }

  /** Lets the journal go, for the next face to write. */
  dispose(): void {
    this.#end.abort();
  }

  /** Resolves when the journal was let go. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Waits for its turn to write, writes until the agent or this face ends, and closes the journal. */
  async #hold(): Promise<void> {
    const { folder, orgId, log } = this.#parts;
    const { agentId, createdAt } = this.#agent;
    const sessionId = await sessionFor(folder, agentId, createdAt);
    const own = join(folder, sessionId);
    // A session of a RunnerService: that keeps its own journal, over its restarts too.
    if (existsSync(join(own, 'session.json'))) return;
    mkdirSync(own, { recursive: true, mode: 0o700 });
    await withProcessLock(join(own, 'recorder'), async () => {
      const journal = await SessionJournal.open(own, { sessionId, orgId, redact: this.#redactor.text, log });
      const facts = new SessionFacts();
      const owned = new DisposableStore();
      try {
        for await (const event of journal.read()) facts.take(event);
        if (facts.ended || this.#end.signal.aborted) return;
        const writing: Writing = { sessionId, journal, facts, owned };
        this.#writing = writing;
        void this.#do(() => this.#begin(writing, own));
        await new Promise<void>((resolve) => this.#end.signal.addEventListener('abort', () => resolve(), { once: true }));
        await this.#turn;
      } finally {
        this.#writing = undefined;
        owned.dispose();
        await journal.close();
      }
    }, { signal: this.#end.signal });
  }

  #do(work: (writing: Writing) => void | Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      const writing = this.#writing;
      if (writing === undefined || writing.facts.ended) return;
      await work(writing);
    }).catch((error: unknown) => this.#parts.log.warn(`${this.#agent.agentId}: its journal misses something: ${messageOf(error)}`));
    return this.#turn;
  }

  async #begin(writing: Writing, folder: string): Promise<void> {
    const { facts, owned } = writing;
    const agent = this.#agent;
    const { recordTerminal, versionOf, placeOf, watchFiles } = this.#parts;
    const reflog = await Reflog.of(agent.workingDirectory);
    if (reflog !== undefined) writing.reflog = reflog;
    if (facts.startedAt === undefined) this.#append(writing, { type: 'SESSION_STARTED', providerId: agent.aiProvider, providerVersion: (await versionOf(agent)) ?? 'unknown', workspacePath: agent.workingDirectory });
    if (facts.life === undefined) {
      const head = await reflog?.head();
      const place = placeOf(agent);
      this.#forward(writing, { kind: 'agent', name: agent.name, runtimeId: agent.runtimeId, task: agent.task, createdAt: agent.createdAt, recording: recordTerminal !== undefined, ...(head === undefined ? {} : { head }), ...(place === undefined ? {} : { place }) });
      const prompt = taskPrompt(this.#task, agent.task);
      if (prompt !== undefined) this.#forward(writing, prompt);
    }
    // Before anybody was ready to write it down.
    if (this.#gone !== undefined) return this.#finish(writing, undefined);
    if (reflog !== undefined) owned.add(reflog.watch(() => void this.#do((now) => this.#commits(now))));
    const files = watchFiles(agent, (path, reason) => void this.#do((now) => this.#append(now, { type: 'FILE_TOUCHED', path, reason })));
    if (files !== undefined) owned.add(files);
    if (recordTerminal !== undefined && agent.status === 'running') {
      await recordTerminal(agent, folder, this.#redactor).then(
        (recording) => (writing.terminal = owned.add(recording)),
        (error: unknown) => this.#parts.log.warn(`The terminal of ${agent.agentId} is not recorded: ${messageOf(error)}`),
      );
    }
    await this.#catchUp(writing);
  }

  /** What is so now, and was not journalled while nobody wrote. */
  async #catchUp(writing: Writing): Promise<void> {
    const agent = this.#agent;
    const [status, approval] = [this.#parts.statusOf(agent), this.#parts.approvalOf(agent)];
    this.#prompts(writing);
    await this.#commits(writing);
    await this.#decisions(writing);
    for (const [id, ask] of writing.facts.open) if (ask.requestId !== approval?.id && status !== undefined && status.state !== 'waiting' && status.state !== 'unknown') this.#forward(writing, { kind: 'answered', id });
    if (status !== undefined) await this.#status(writing, status);
    if (approval !== undefined) this.#asked(writing, approval);
    if (agent.status === 'exited' || agent.status === 'failed') await this.#finish(writing, agent);
  }

  async #status(writing: Writing, status: AgentStatus): Promise<void> {
    const { facts } = writing;
    const state = stateOf(status);
    const before = facts.lastStatus;
    if (state !== undefined) this.#steps(writing, stepsTo(facts.state, state));
    if (status.state === before || status.state === 'exited') return;
    const { since: _since, source, rule: _rule, evidence: _evidence, request: _request, ...claim } = status;
    this.#forward(writing, { kind: 'status', status: claim, source });
    if (before === 'working') this.#append(writing, { type: 'USAGE_TICK', providerId: this.#agent.aiProvider, units: await this.#usage(writing), intervalMs: 0 });
  }

  #asked(writing: Writing, approval: PendingApproval): void {
    const { facts, sessionId } = writing;
    if (facts.openFor(approval.id) !== undefined) return;
    const isPermission = approval.kind === 'permission' || approval.kind === 'trust';
    this.#append(writing, isPermission ? approvalBody(approval, sessionId, facts.asks + 1) : askedBody(approval, facts.asks + 1));
  }

  /** The request is gone: whoever decided it may be about to write that down; else it was answered in the terminal. */
  #later(writing: Writing, requestId: string): void {
    const id = writing.facts.openFor(requestId);
    if (id === undefined) return;
    const timer = setTimeout(() => {
      void this.#do(async (now) => {
        await this.#decisions(now);
        if (now.facts.open.has(id)) this.#forward(now, { kind: 'answered', id });
      });
    }, DECISION_MS).unref();
    writing.owned.add(toDisposable(() => clearTimeout(timer)));
  }

  async #decisions(writing: Writing): Promise<void> {
    const records = await this.#parts.decisionsOf(this.#agent.agentId);
    for (const record of newDecisions(records, writing.facts, Date.parse(this.#agent.createdAt))) {
      for (const body of decidedBody(record, writing.facts, writing.sessionId)) this.#append(writing, body);
    }
  }

  #prompts(writing: Writing): void {
    const queue = this.#parts.queueOf(this.#agent);
    for (const prompt of newPrompts(queue, writing.facts)) this.#forward(writing, prompt);
  }

  async #commits(writing: Writing): Promise<void> {
    const { facts, reflog } = writing;
    // To the second: what was there when the session began is none of its commits.
    const since = Math.floor((facts.startedAt ?? Date.now()) / 1000) * 1000;
    for (const entry of (await reflog?.latest()) ?? []) {
      if (!isCommit(entry) || entry.at < since || entry.sha === facts.head || facts.commits.has(entry.sha)) continue;
      this.#forward(writing, { kind: 'commit', sha: entry.sha, subject: shortText(entry.subject), action: entry.action });
    }
  }

  async #finish(writing: Writing, agent: AgentInfo | undefined): Promise<void> {
    const { facts, journal, terminal } = writing;
    // Of one that went unseen, what it did last is all that is certain.
    const endedAt = this.#gone === 'unseen' ? facts.lastAt : Date.now();
    this.#prompts(writing);
    await this.#decisions(writing);
    await this.#commits(writing);
    await this.#sum(writing);
    // Whoever wrote before may have come as far as that.
    const end = isFinal(facts.state) ? facts.state : finalState(agent, this.#stopped || facts.state === 'STOPPING');
    this.#steps(writing, stepsToEnd(facts.state, end), agent === undefined && !this.#stopped ? (this.#gone === 'unseen' ? 'gone while nobody looked' : 'gone: its place or another face ended it') : undefined);
    terminal?.dispose();
    const exitCode = agent?.status === 'exited' ? agent.exitCode : agent?.status === 'failed' ? agent.exitCode : undefined;
    const began = Date.parse(this.#agent.createdAt);
    this.#append(writing, { type: 'SESSION_ENDED', finalState: end, totalDurationMs: Math.max(0, endedAt - (Number.isNaN(began) ? facts.startedAt ?? endedAt : began)), totalUsage: await this.#usage(writing, endedAt), ...(typeof exitCode === 'number' ? { exitCode } : {}) });
    await journal.flush();
    this.#end.abort();
  }

  /** The diff summary, once. */
  async #sum(writing: Writing): Promise<void> {
    if (this.#summed) return;
    this.#summed = true;
    const totals = await this.#parts.diffOf(this.#agent, writing.facts.head).catch((error: unknown) => void this.#parts.log.debug(`${this.#agent.agentId}: no diff summary: ${messageOf(error)}`));
    if (totals !== undefined) this.#append(writing, { type: 'DIFF_SUMMARY', ...totals });
  }

  async #usage({ facts, terminal }: Writing, now = Date.now()): Promise<UsageMetrics> {
    const told = await this.#parts.usageOf(this.#agent).catch((error: unknown) => void this.#parts.log.debug(`${this.#agent.agentId}: ${messageOf(error)}`));
    return { agentSeconds: facts.agentSeconds(now), terminalKb: Math.round((terminal?.bytes ?? 0) / 1024), filesTouched: facts.files.size, commandsRun: facts.commands, approvalsRequested: facts.approvals, ...told };
  }

  #steps(writing: Writing, states: readonly SessionState[], reason?: string): void {
    for (const [index, newState] of states.entries()) {
      if (newState === writing.facts.state) continue;
      this.#append(writing, { type: 'SESSION_STATE_CHANGED', previousState: writing.facts.state, newState, ...(reason === undefined || index < states.length - 1 ? {} : { reason }) });
    }
  }

  #forward(writing: Writing, event: ForwardedEvent): void {
    this.#append(writing, { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: event });
  }

  #append({ journal, facts }: Writing, body: RunnerEventBody): void {
    facts.take(journal.append(body));
  }
}
