// A face's agents as a hub is told of them: rows of what the face knows, events out of the journals that are recorded of them, and the ways to each.
import { join } from 'node:path';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, unreachable } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { Redactor } from '../../base/redact.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { SessionDiff, SessionRequest } from '../../protocol/hubWire/extension.ts';
import type { SharedSession } from '../../protocol/hubWire/sharedSession.ts';
import type { RunnerEvent } from '../../protocol/runnerEvent.ts';
import type { SessionCommand } from '../../protocol/sessionConfig.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { readJournal } from '../../sessions/journal/readJournal.ts';
import { sessionsFolder } from '../../sessions/recorder/sessionFolders.ts';
import { workspacePatch } from '../../workspaces/workspacePatch.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import type { Managed } from '../createRuntimeManager.ts';
import type { SharedFleet, TerminalSink, TerminalTap } from '../hubLink/ports.ts';
import { RowChanges } from '../hubLink/rowChanges.ts';
import { answerAsk, waitingPrompts } from './agentActs.ts';
import { openAgentTerminal } from './agentTerminal.ts';
import { FollowedLife } from './followedLife.ts';
import { recordedRow } from './recordedRow.ts';

/** What a face knows of its agents. */
export interface KnownAgents {
  list(): readonly KnownAgent[];
  /** What waits for a person. */
  pending(): readonly PendingApproval[];
  readonly onDidChange: Event<void>;
  /** All stays alive until the work has ended. */
  use<T>(work: (manager: RuntimeManager, managed: Managed) => Promise<T> | T): Promise<T>;
}

export interface KnownAgent {
  readonly agent: AgentInfo;
  readonly status: AgentStatus | undefined;
  readonly queued: number;
}

export interface RecordedFleetOptions {
  readonly agents: KnownAgents;
  /** Where the journals are. Default: the state folder's. */
  readonly folder?: string | undefined;
  /** Whether terminals can be opened through the hub. */
  readonly terminals: boolean;
  readonly gatherMs?: number | undefined;
  readonly log?: Log | undefined;
}

interface Life {
  known: KnownAgent;
  readonly journal: FollowedLife;
  isGone: boolean;
  readonly branch: string | undefined;
}

const DIFF_BYTES = 768 * 1024;
/** Lives of agents that are gone, of which rows are kept: the latest. */
const MOST_GONE = 100;

export class RecordedFleet implements SharedFleet, Disposable {
  readonly #options: RecordedFleetOptions;
  readonly #folder: string;
  readonly #log: Log;
  readonly #owned = new DisposableStore();
  readonly #lives = new Map<string, Life>();
  readonly #events = new Emitter<RunnerEvent>();
  readonly #rows: RowChanges;
  readonly #redactor = Redactor.fromEnvironment(process.env);
  readonly #workspaces = new WorkspaceStore();
  readonly onEvent: Event<RunnerEvent> = this.#events.event;
  readonly onDidChange: Event<SharedSession>;
  readonly onDidGo: Event<string>;

  constructor(options: RecordedFleetOptions) {
    this.#options = options;
    this.#folder = options.folder ?? sessionsFolder();
    this.#log = options.log ?? silentLog;
    this.#rows = this.#owned.add(new RowChanges({ rowOf: (sessionId) => this.#rowOf(sessionId), gatherMs: options.gatherMs ?? 100 }));
    this.onDidChange = this.#rows.onDidChange;
    this.onDidGo = this.#rows.onDidGo;
    this.#owned.add(this.#events);
    this.#owned.add(toDisposable(() => this.#lives.forEach(({ journal }) => journal.dispose())));
    this.#owned.add(options.agents.onDidChange(() => this.#look()));
    this.#look();
  }

  list(): readonly SharedSession[] {
    return [...this.#lives.values()].flatMap((life) => this.#row(life) ?? []);
  }

  readEvents(sessionId: string, fromSeq: number): AsyncIterable<RunnerEvent> {
    this.#life(sessionId);
    return readJournal(join(this.#folder, sessionId), fromSeq, { log: this.#log });
  }

  async request(sessionId: string, request: SessionRequest): Promise<unknown> {
    const life = this.#life(sessionId);
    const { agent } = life.known;
    const { agents } = this.#options;
    switch (request.method) {
      case 'prompt':
        await agents.use((_, { prompts }) => prompts.add(alive(life), request.text));
        return;
      case 'queue':
        return agents.use((_, managed) => waitingPrompts(managed, agent, this.#redactor.text));
      case 'unqueue':
        return agents.use((_, { prompts }) => prompts.remove(agent, request.id));
      case 'answer':
        return agents.use((_, managed) => answerAsk(managed, alive(life), request));
      case 'interrupt':
        return agents.use((manager) => manager.interrupt(alive(life).handle));
      case 'kill':
        return agents.use((manager) => manager.killAgent(agent.handle));
      case 'diff':
        return this.#diff(life);
      case 'command':
        return this.#command(life, request.command);
      default:
        return unreachable(request);
    }
  }

  /** What it needs stays alive until the terminal is let go. */
  async openTerminal(sessionId: string, show: TerminalSink): Promise<TerminalTap | undefined> {
    if (!this.#options.terminals) return undefined;
    const agent = alive(this.#life(sessionId));
    return new Promise<TerminalTap>((resolve, reject) => {
      this.#options.agents
        .use(async (manager) => {
          let leave = (): void => undefined;
          const over = new Promise<void>((done) => (leave = done));
          const ended = (reason: string): void => {
            leave();
            show.ended(reason);
          };
          const tap = await openAgentTerminal(agent, { data: (data, how) => show.data(data, how), ended }, { manager, redactor: this.#redactor, log: this.#log });
          const dispose = (): void => {
            tap.dispose();
            leave();
          };
          resolve({ write: (data) => tap.write(data), resize: (columns, rows) => tap.resize(columns, rows), dispose });
          await over;
        })
        .catch(reject);
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Takes over what the face knows now. */
  #look(): void {
    if (this.#owned.isDisposed) return;
    const there = new Set<string>();
    for (const known of this.#options.agents.list()) {
      const key = keyOf(known.agent);
      there.add(key);
      const life = this.#lives.get(key);
      if (life === undefined) this.#begin(key, known);
      else {
        life.known = known;
        life.isGone = false;
        this.#touch(life);
      }
    }
    for (const [key, life] of this.#lives) {
      if (there.has(key) || life.isGone) continue;
      life.isGone = true;
      // Nothing was ever written of it.
      if (life.journal.sessionId === undefined) this.#forget(key, life);
      else this.#touch(life);
    }
    const gone = [...this.#lives].filter(([, { isGone }]) => isGone);
    for (const [key, life] of gone.slice(0, Math.max(0, gone.length - MOST_GONE))) this.#forget(key, life);
  }

  #begin(key: string, known: KnownAgent): void {
    const { agent } = known;
    const journal: FollowedLife = new FollowedLife({
      folder: this.#folder,
      agentId: agent.agentId,
      createdAt: agent.createdAt,
      onEvent: (event) => this.#events.fire(event),
      onChange: () => {
        const life = this.#lives.get(key);
        if (life !== undefined) this.#touch(life);
      },
      log: this.#log,
    });
    this.#lives.set(key, { known, journal, isGone: false, branch: this.#branchOf(agent) });
  }

  #forget(key: string, { journal }: Life): void {
    journal.dispose();
    this.#lives.delete(key);
    if (journal.sessionId !== undefined) this.#rows.touch(journal.sessionId);
  }

  #touch({ journal }: Life): void {
    if (journal.sessionId !== undefined) this.#rows.touch(journal.sessionId);
  }

  #branchOf({ workingDirectory }: AgentInfo): string | undefined {
    try {
      return this.#workspaces.at(workingDirectory)?.branch;
    } catch {
      return undefined;
    }
  }

  #find(sessionId: string): Life | undefined {
    return [...this.#lives.values()].find(({ journal }) => journal.sessionId === sessionId);
  }

  #rowOf(sessionId: string): SharedSession | undefined {
    const life = this.#find(sessionId);
    return life === undefined ? undefined : this.#row(life);
  }

  #row({ known, journal, isGone, branch }: Life): SharedSession | undefined {
    const { sessionId, lastSeq, endedAt } = journal;
    if (sessionId === undefined) return undefined;
    const { agent } = known;
    const asks = this.#options.agents.pending().filter((approval) => keyOf(approval.agent) === keyOf(agent));
    return recordedRow({ sessionId, ...known, asks, branch, lastSeq, endedAt, isGone, terminals: this.#options.terminals, redact: this.#redactor.text });
  }

  /** Throws `not-found`. */
  #life(sessionId: string): Life {
    const life = this.#find(sessionId);
    if (life === undefined) throw new AgentsError('not-found', `There is no session ${sessionId} here.`);
    return life;
  }

  async #command(life: Life, command: SessionCommand): Promise<void> {
    const { agents } = this.#options;
    const { agent } = life.known;
    switch (command.type) {
      case 'START':
        throw new AgentsError('unsupported', 'An editor starts no sessions for a hub.', { hint: 'Ask a runner: "tmux-agents runner run".' });
      case 'INPUT': {
        const { data, mode } = command.input;
        if (mode === 'line') await agents.use((_, { prompts }) => prompts.add(alive(life), data));
        else await agents.use((manager, { approvals }) => typeKeys(manager, approvals.of(agent.handle), alive(life), data));
        return;
      }
      case 'STOP':
        return agents.use((manager) => manager.killAgent(agent.handle, command.graceful ? {} : { graceMs: 0 }));
      case 'PAUSE':
        return agents.use((manager) => manager.pauseAgent(alive(life).handle));
      case 'RESUME':
        return agents.use((manager) => manager.resumeAgent(alive(life).handle));
      case 'APPROVE': {
        const { approvalId, decision, note } = command;
        return agents.use((_, managed) => answerAsk(managed, alive(life), { method: 'answer', ask_id: approvalId, decision, ...(note === undefined ? {} : { note }) }));
      }
      default:
        return unreachable(command);
    }
  }

  async #diff({ known: { agent }, journal }: Life): Promise<SessionDiff> {
    const commit = this.#workspaces.at(agent.workingDirectory)?.base?.commit ?? journal.head;
    if (commit === undefined) throw new AgentsError('unsupported', `${agent.name} works in no repository: there is nothing to compare with.`);
    const { diff, cut } = await workspacePatch(agent.workingDirectory, commit, { maxBytes: DIFF_BYTES });
    return { diff: this.#redactor.text(diff), cut };
  }
}

/** Throws `unsupported` for one that has ended. */
function alive({ known: { agent }, isGone }: Life): AgentInfo {
  if (!isGone && agent.status !== 'exited' && agent.status !== 'failed') return agent;
  throw new AgentsError('unsupported', `${agent.name} has ended.`);
}

/** Not into a dialog, where keys would be an answer. */
async function typeKeys(manager: RuntimeManager, asked: PendingApproval | undefined, agent: AgentInfo, data: string): Promise<void> {
  if (asked?.kind === 'permission' || asked?.kind === 'trust') throw new AgentsError('unsupported', `${agent.name} waits for an approval: nothing is typed.`, { hint: 'Answer it first.' });
  await manager.getTmux(agent.handle).pasteText(await manager.getPane(agent.handle), data, { bracketed: false });
}

function keyOf({ handle, runtimeId, agentId, createdAt }: AgentInfo): string {
  return `${handle.runtimeId ?? runtimeId}/${agentId}@${createdAt}`;
}
