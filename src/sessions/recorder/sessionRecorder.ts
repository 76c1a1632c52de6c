// Gives every agent of a face its journal: hears what the floors below tell, and hands it to the agent's own recorder. At rest it does nothing.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import { messageOf } from '../../base/errors.ts';
import { ranCommand } from '../../providers/hooks/ranCommand.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import type { ReportEvent } from '../../providers/status/statusService.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { InboxChange } from '../approvals/approvalInbox.ts';
import { AgentRecorder } from './agentRecorder.ts';
import { goneSessions } from './goneSessions.ts';
import type { RecorderParts } from './recorderParts.ts';

export interface SessionRecorderOptions {
  readonly manager: RuntimeManager;
  readonly status: Pick<StatusPort, 'onDidChangeStatus'>;
  readonly onDidReport: Event<ReportEvent>;
  readonly onDidChangeApprovals: Event<InboxChange>;
  readonly onDidChangePrompts: Event<AgentInfo>;
  /** Calls back with the agent's id when a decision, of any face, was written down. */
  readonly watchDecisions: (onDecision: (agentId: string) => void) => Disposable;
  readonly parts: RecorderParts;
}

export class SessionRecorder implements Disposable {
  readonly #options: SessionRecorderOptions;
  readonly #owned = new DisposableStore();
  readonly #recorders = new Map<string, AgentRecorder>();
  /** Those of agents that are gone, until their journals are closed. */
  readonly #ending = new Map<string, AgentRecorder>();

  /** Records from now on, until it is disposed. Somebody else has the runtimes, the status and the approvals followed meanwhile. */
  constructor(options: SessionRecorderOptions) {
    this.#options = options;
    const { manager, status, onDidChangeApprovals, onDidChangePrompts, watchDecisions } = options;
    const own = this.#owned;
    // Its appearance was told before, with the task's title only.
    own.add(manager.onDidSpawnAgent(({ agent, config }) => this.#take(agent)?.spawned(config)));
    own.add(manager.onDidChangeAgents(({ type, agent }) => (type === 'gone' ? this.#gone(agent) : this.#take(agent))));
    own.add(manager.onDidDenyEgress((denied) => this.#recorders.get(`${denied.runtimeId}/${denied.agentId}`)?.deniedEgress(denied)));
    own.add(manager.beforeKill(async (agent) => this.#of(agent)?.stopping()));
    own.add(status.onDidChangeStatus(({ agent, status: now }) => this.#take(agent)?.status(now)));
    own.add(
      options.onDidReport(({ agent, report }) => {
        const command = ranCommand(report);
        if (command !== undefined) this.#take(agent)?.ran(command);
      }),
    );
    own.add(onDidChangeApprovals(({ type, approval }) => this.#of(approval.agent)?.ask(approval, type !== 'gone')));
    own.add(onDidChangePrompts((agent) => this.#of(agent)?.prompted()));
    own.add(watchDecisions((agentId) => this.#recorders.forEach((recorder, key) => key.endsWith(`/${agentId}`) && recorder.decided())));
    own.add(manager.onDidChangeHealth(({ error }) => error === undefined && void this.#endGone()));
    // Those that are known already are announced by nobody.
    manager.listAllAgents().then(
      (agents) => {
        agents.forEach((agent) => this.#take(agent));
        return this.#endGone();
      },
      (error: unknown) => options.parts.log.warn(`The agents to record cannot be listed: ${messageOf(error)}`),
    );
  }

  /** Ends the journals of agents that went while nobody looked; those whose place is out of reach wait until it is back. */
  async #endGone(): Promise<void> {
    const { manager, parts } = this.#options;
    try {
      for (const agent of await goneSessions(parts.folder, manager)) {
        if (this.#owned.isDisposed) return;
        const key = `${keyOf(agent)} ${agent.createdAt}`;
        if (!this.#ending.has(key)) this.#end(key, new AgentRecorder(agent, parts), 'unseen');
      }
    } catch (error) {
      parts.log.warn(`What went while nobody looked cannot be told: ${messageOf(error)}`);
    }
  }

  /** Its journal gets its end, if need be when another face lets it go. */
  #end(key: string, recorder: AgentRecorder, how: 'seen' | 'unseen'): void {
    this.#ending.set(key, recorder);
    recorder.gone(how);
    void recorder.done.then(() => this.#ending.delete(key));
  }

  /** True while this face writes the journal of that agent. */
  isWriter(agent: AgentInfo): boolean {
    return this.#of(agent)?.isWriter === true;
  }

  /** Lets every journal go; resolves when they are closed. */
  async close(): Promise<void> {
    const recorders = [...this.#recorders.values(), ...this.#ending.values()];
    this.dispose();
    await Promise.all(recorders.map(({ done }) => done));
  }

  dispose(): void {
    this.#owned.dispose();
    for (const recorder of [...this.#recorders.values(), ...this.#ending.values()]) recorder.dispose();
    this.#recorders.clear();
  }

  #of(agent: AgentInfo): AgentRecorder | undefined {
    return this.#recorders.get(keyOf(agent));
  }

  /** The agent's recorder, begun at first sight of an agent that runs. One that ended before anybody recorded it gets none. */
  #take(agent: AgentInfo): AgentRecorder | undefined {
    if (this.#owned.isDisposed) return undefined;
    const key = keyOf(agent);
    const known = this.#recorders.get(key);
    if (known !== undefined && known.life === agent.createdAt) {
      known.update(agent);
      return known;
    }
    if (agent.status !== 'running' && agent.status !== 'failed') return undefined;
    known?.dispose();
    const recorder = new AgentRecorder(agent, this.#options.parts);
    this.#recorders.set(key, recorder);
    return recorder;
  }

  #gone(agent: AgentInfo): void {
    const key = keyOf(agent);
    const recorder = this.#recorders.get(key);
    this.#recorders.delete(key);
    // A runtime that was taken away: its agents go on, and so may their journals elsewhere.
    if (this.#options.manager.get(agent.handle.runtimeId ?? agent.runtimeId) === undefined) recorder?.dispose();
    else if (recorder !== undefined) this.#end(`${key} ${recorder.life}`, recorder, 'seen');
  }
}

function keyOf(agent: AgentInfo): string {
  return `${agent.handle.runtimeId ?? agent.runtimeId}/${agent.agentId}`;
}
