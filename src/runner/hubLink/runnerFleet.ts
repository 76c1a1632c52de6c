// A runner's sessions as a hub is told of them, and the ways from the hub to each: commands, prompts, answers, its terminal, its work as a diff.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, unreachable } from '../../base/errors.ts';
import type { Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { SessionDiff, SessionRequest } from '../../protocol/hubWire/extension.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { Session } from '../../sessions/manager/managedSession.ts';
import { workspacePatch } from '../../workspaces/workspacePatch.ts';
import { agentIdOf } from '../adapters/cliAdapter.ts';
import type { Managed } from '../createRuntimeManager.ts';
import type { RunnerService } from '../runnerService.ts';
import { answerAsk, waitingPrompts, type AnswerRequest } from '../sharedAgents/agentActs.ts';
import { openAgentTerminal } from '../sharedAgents/agentTerminal.ts';
import type { SharedFleet, TerminalSink, TerminalTap } from './ports.ts';
import { RowChanges } from './rowChanges.ts';
import { runnerRow } from './runnerRow.ts';

export interface RunnerFleetOptions {
  /** Whether terminals can be opened through the hub. Default: true. */
  readonly terminals?: boolean | undefined;
  /** The hub's task that a session works for. Default: its `metadata.taskId`. */
  readonly taskIdOf?: ((session: Session) => string | undefined) | undefined;
  /** Milliseconds for which changes of a row are gathered. Default: 50. */
  readonly gatherMs?: number | undefined;
  readonly log?: Log | undefined;
}

/** Bytes of a diff. */
const DIFF_BYTES = 768 * 1024;

/** The runner must be started, and outlive it. To be disposed when nobody shares it any more. */
export function runnerFleet(service: RunnerService, options: RunnerFleetOptions = {}): SharedFleet & Disposable {
  return new RunnerFleet(service, options);
}

class RunnerFleet implements SharedFleet, Disposable {
  readonly #service: RunnerService;
  readonly #options: RunnerFleetOptions;
  readonly #owned = new DisposableStore();
  readonly #rows: RowChanges;
  /** Those that live, by their agents. */
  readonly #byAgent = new Map<string, string>();
  readonly onEvent: Event<RunnerEvent>;
  readonly onDidChange: Event<SharedSession>;
  readonly onDidGo: Event<string>;

  constructor(service: RunnerService, options: RunnerFleetOptions) {
    this.#service = service;
    this.#options = options;
    this.#rows = this.#owned.add(new RowChanges({ rowOf: (sessionId) => this.#row(sessionId), gatherMs: options.gatherMs ?? 50 }));
    this.onEvent = service.onEvent;
    this.onDidChange = this.#rows.onDidChange;
    this.onDidGo = this.#rows.onDidGo;
    this.#follow();
  }

  list(): readonly SharedSession[] {
    return this.#service.listSessions().map((session) => this.#rowOf(session));
  }

  readEvents(sessionId: string, fromSeq: number): AsyncIterable<RunnerEvent> {
    return this.#service.readEvents(sessionId, fromSeq);
  }

  async request(sessionId: string, request: SessionRequest, by: string): Promise<unknown> {
    const service = this.#service;
    switch (request.method) {
      case 'command':
        return service.handleCommand(sessionId, request.command, { by });
      case 'prompt':
        return service.handleCommand(sessionId, { type: 'INPUT', input: { sessionId, data: request.text, mode: 'line' } }, { by });
      case 'queue': {
        const { managed, agent } = this.#agent(sessionId);
        return waitingPrompts(managed, agent, service.redactorOf(sessionId).text);
      }
      case 'unqueue': {
        const { managed, agent } = this.#agent(sessionId);
        return managed.prompts.remove(agent, request.id);
      }
      case 'answer':
        return this.#answer(sessionId, request, by);
      case 'interrupt': {
        const { managed, agent } = this.#agent(sessionId);
        return managed.manager.interrupt(agent.handle);
      }
      case 'kill':
        return service.stopSession(sessionId);
      case 'diff':
        return this.#diff(sessionId);
      default:
        return unreachable(request);
    }
  }

  async openTerminal(sessionId: string, show: TerminalSink): Promise<TerminalTap | undefined> {
    if (this.#options.terminals === false) return undefined;
    const { managed, agent } = this.#agent(sessionId);
    return openAgentTerminal(agent, show, { manager: managed.manager, redactor: this.#service.redactorOf(sessionId), log: this.#options.log ?? silentLog });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #follow(): void {
    const touch = (sessionId: string): void => this.#rows.touch(sessionId);
    const created = ({ sessionId }: Session): void => touch(sessionId);
    this.#service.on('session_created', created);
    this.#owned.add({ dispose: () => void this.#service.off('session_created', created) });
    this.#owned.add(this.#service.onDidForget(touch));
    // Output says nothing of a row.
    this.#owned.add(this.#service.onEvent(({ sessionId, type }) => type !== 'TERMINAL_CHUNK' && type !== 'FILE_TOUCHED' && touch(sessionId)));
    const { managed } = this.#service;
    if (managed === undefined) throw new AgentsError('unsupported', 'The runner is not started: its sessions cannot be shared yet.');
    const touchAgent = ({ agentId }: AgentInfo): void => {
      const sessionId = this.#byAgent.get(agentId);
      if (sessionId !== undefined) touch(sessionId);
    };
    this.#owned.add(managed.prompts.onDidChange(touchAgent));
    this.#owned.add(managed.approvals.onDidChange(({ approval }) => touchAgent(approval.agent)));
    for (const row of this.list()) {
      this.#rows.know(row);
      if (row.ended_at === undefined) this.#byAgent.set(agentIdOf(row.session_id), row.session_id);
    }
  }

  #row(sessionId: string): SharedSession | undefined {
    const session = this.#service.findSession(sessionId);
    if (session === undefined || session.endedAt !== undefined) this.#byAgent.delete(agentIdOf(sessionId));
    else this.#byAgent.set(agentIdOf(sessionId), sessionId);
    return session === undefined ? undefined : this.#rowOf(session);
  }

  #rowOf(session: Session): SharedSession {
    const { taskIdOf = ownTaskId, terminals = true } = this.#options;
    const runtime = this.#service.getSession(session.sessionId);
    const { managed } = this.#service;
    const agent = session.endedAt === undefined ? managed?.manager.find(agentIdOf(session.sessionId)) : undefined;
    return runnerRow({ session, runtime, agent, managed, taskId: taskIdOf(session), terminals, redact: this.#service.redactorOf(session.sessionId).text });
  }

  /** Throws `not-found`, `invalid-transition` for a session that has ended, and `unsupported` where its provider is no terminal CLI. */
  #agent(sessionId: string): { readonly managed: Managed; readonly agent: AgentInfo } {
    const { managed } = this.#service;
    const runtime = this.#service.getSession(sessionId);
    if (runtime === undefined || managed === undefined) throw new AgentsError('not-found', `Session ${sessionId} not found`);
    if (runtime.state === 'COMPLETED' || runtime.state === 'FAILED') throw new AgentsError('invalid-transition', `The session ${sessionId} has ended: it is ${runtime.state}.`);
    const agent = managed.manager.find(agentIdOf(sessionId));
    if (agent === undefined) throw new AgentsError('unsupported', `The session ${sessionId} has no terminal now.`, { hint: 'It may be starting still.' });
    return { managed, agent };
  }

  async #answer(sessionId: string, request: AnswerRequest, by: string): Promise<void> {
    const { ask_id: askId, decision, note } = request;
    const isApproval = this.#service.getSession(sessionId)?.pendingApprovals.some(({ approvalId }) => approvalId === askId) ?? false;
    if (!isApproval) {
      const { managed, agent } = this.#agent(sessionId);
      return answerAsk(managed, agent, request);
    }
    if (decision === undefined) throw new AgentsError('bad-input', 'A permission is allowed or denied.');
    return this.#service.approve(sessionId, askId, decision, { by, ...(note === undefined ? {} : { note }) });
  }

  async #diff(sessionId: string): Promise<SessionDiff> {
    const runtime = this.#service.getSession(sessionId);
    if (runtime === undefined) throw new AgentsError('not-found', `Session ${sessionId} not found`);
    const { workspace } = runtime;
    if (workspace?.base === undefined) throw new AgentsError('unsupported', `The session ${sessionId} works in no repository: there is nothing to compare with.`);
    const { diff, cut } = await workspacePatch(workspace.path, workspace.base.commit, { maxBytes: DIFF_BYTES });
    const text = this.#service.redactorOf(sessionId).text(diff);
    return { diff: text, cut };
  }
}

function ownTaskId({ metadata }: Session): string | undefined {
  const taskId = metadata?.['taskId'];
  return typeof taskId === 'string' && taskId !== '' ? taskId.slice(0, 255) : undefined;
}
