// The hooks that wait for a decision right now: told to go on waiting as somebody is there to answer, and given the answer.
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { isAgentsError, messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { waitForEvent } from '../../base/wait.ts';
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { HookDecision } from '../../providers/hooks/hookDecision.ts';
import { askingTools, hookMeanings } from '../../providers/hooks/hookEvents.ts';
import { readPayload, requestOf } from '../../providers/hooks/hookPayload.ts';
import { GATE_EVENT, HOLD_SECONDS, LEFT_EVENT, TAKEN_EVENT } from '../../providers/hooks/reporter.ts';
import type { HookReport } from '../../providers/status/hookReport.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { keyOf } from './approvalInbox.ts';
import type { HookAnswers } from './ports.ts';
import { sameDialog } from './sameRequest.ts';

export interface ReportEvent {
  readonly agent: AgentInfo;
  readonly report: HookReport;
}

/** The way to a reporter. */
export interface ReporterDoor {
  /** Tells it that somebody will answer; it waits about a second for that. */
  hold(agent: AgentInfo, report: HookReport): Promise<void>;
  answer(agent: AgentInfo, report: HookReport, decision: HookDecision): Promise<void>;
  /** Tells it that there is nothing to wait for any more; one that has ended needs no telling. */
  release(agent: AgentInfo, report: HookReport): Promise<void>;
}

export interface WaitingHooksOptions {
  readonly status: StatusPort;
  /** Reports that have been checked to be this agent's own. */
  readonly onDidReport: Event<ReportEvent>;
  readonly door: ReporterDoor;
  readonly log?: Log;
}

/** Milliseconds in which a reporter that waits takes its answer. */
const TAKEN_MS = 5_000;

interface Waiting {
  readonly report: HookReport;
  readonly request: ApprovalRequest;
}

export class WaitingHooks implements HookAnswers, Disposable {
  readonly #options: WaitingHooksOptions;
  readonly #log: Log;
  readonly #changed = new Emitter<AgentInfo>();
  readonly #waiting = new Map<string, readonly Waiting[]>();
  #followers = 0;
  #following = new DisposableStore();

  constructor(options: WaitingHooksOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  readonly onDidChange: Event<AgentInfo> = this.#changed.event;

  /** Holds every hook that asks, until disposed: only who stays to answer may do that. */
  follow(): Disposable {
    if (this.#followers++ === 0) {
      const { onDidReport, status } = this.#options;
      this.#following = new DisposableStore();
      this.#following.add(onDidReport(({ agent, report }) => this.#reported(agent, report)));
      this.#following.add(status.onDidChangeStatus((change) => change.status.state !== 'waiting' && this.#releaseAll(change.agent)));
    }
    return toDisposable(() => {
      if (--this.#followers > 0) return;
      this.#following.dispose();
      this.#waiting.clear();
    });
  }

  waits(agent: AgentInfo, request: ApprovalRequest): boolean {
    return this.#find(agent, request) !== undefined;
  }

  async answer(agent: AgentInfo, request: ApprovalRequest, decision: HookDecision): Promise<boolean> {
    const found = this.#find(agent, request);
    if (found === undefined) return false;
    const { report } = found;
    const taken = waitForEvent(this.#options.onDidReport, (event) => event.agent.agentId === agent.agentId && event.report.event === TAKEN_EVENT && event.report.answerTo === report.answerTo, {
      timeoutMs: TAKEN_MS,
      what: 'the hook to take the decision',
    });
    try {
      await this.#options.door.answer(agent, report, decision);
      await taken;
      return true;
    } catch (error) {
      taken.catch(() => undefined);
      this.#log.debug(`${agent.agentId}: its hook took no decision: ${messageOf(error)}`);
      // What it did not take must not be taken later.
      this.#release(agent, found);
      if (isAgentsError(error, 'cancelled')) throw error;
      return false;
    } finally {
      this.#drop(agent, found);
    }
  }

  dispose(): void {
    this.#following.dispose();
    this.#waiting.clear();
    this.#changed.dispose();
  }

  #reported(agent: AgentInfo, report: HookReport): void {
    if (report.event === TAKEN_EVENT || report.event === LEFT_EVENT) {
      for (const waiting of this.#of(agent)) if (waiting.report.answerTo === report.answerTo) this.#drop(agent, waiting);
      this.#changed.fire(agent);
      return;
    }
    if (report.answerTo === undefined) {
      this.#wentOn(agent, report);
      return;
    }
    const payload = readPayload(report.payload);
    // A question is answered in its dialog; Claude Code does not end the hook when that is done.
    if (report.event !== GATE_EVENT && payload.tool !== undefined && askingTools.has(payload.tool)) return;
    // Told before anybody listened, and read later: that reporter has given up.
    if (Date.now() - report.at > HOLD_SECONDS * 1_000) return;
    const waiting: Waiting = { report, request: requestOf(report.id, payload) };
    this.#options.door.hold(agent, report).then(
      () => {
        this.#waiting.set(keyOf(agent.handle), [...this.#of(agent), waiting].slice(-20));
        this.#changed.fire(agent);
      },
      (error: unknown) => this.#log.debug(`${agent.agentId}: its hook cannot be held: ${messageOf(error)}`),
    );
  }

  /** Approved at the terminal, the hook is not ended by the CLI: it is told when its tool has ended, or the turn. */
  #wentOn(agent: AgentInfo, report: HookReport): void {
    const meaning = Object.hasOwn(hookMeanings, report.event) ? hookMeanings[report.event] : undefined;
    const turnIsOver = meaning === 'turn-began' || meaning === 'turn-ended' || meaning === 'turn-failed' || meaning === 'conversation-ended';
    if (!turnIsOver && meaning !== 'tool-ended') return;
    const { id: _, ...ended } = requestOf('', readPayload(report.payload));
    for (const waiting of this.#of(agent)) {
      const { tool, command, path } = waiting.request;
      if (!turnIsOver && (tool !== ended.tool || command !== ended.command || path !== ended.path)) continue;
      this.#release(agent, waiting);
    }
  }

  #release(agent: AgentInfo, waiting: Waiting): void {
    this.#drop(agent, waiting);
    this.#options.door.release(agent, waiting.report).catch((error: unknown) => this.#log.debug(`${agent.agentId}: its hook is not released: ${messageOf(error)}`));
  }

  #find(agent: AgentInfo, request: ApprovalRequest): Waiting | undefined {
    const waiting = this.#of(agent);
    // By its own id where the hook told of it; else the first that asked for the like, whose dialog is the one that is shown.
    return waiting.find(({ report }) => report.id === request.id) ?? waiting.find((one) => sameDialog({ kind: 'permission', request }, { kind: 'permission', request: one.request }) === true);
  }

  #of(agent: AgentInfo): readonly Waiting[] {
    return this.#waiting.get(keyOf(agent.handle)) ?? [];
  }

  #drop(agent: AgentInfo, gone: Waiting): void {
    const rest = this.#of(agent).filter((waiting) => waiting !== gone);
    if (rest.length === 0) this.#waiting.delete(keyOf(agent.handle));
    else this.#waiting.set(keyOf(agent.handle), rest);
  }

  /** It does not wait any more, whoever answered. */
  #releaseAll(agent: AgentInfo): void {
    for (const waiting of this.#of(agent)) this.#release(agent, waiting);
  }
}
