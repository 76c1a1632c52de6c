// A hub's tasks at this runner: taken or refused, cancelled, their progress and places told. Results have a way of their own.
import { DisposableStore } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { HubFrame, RunnerFrame, TaskConfig } from '../../protocol/hubWire/sibylFrames.ts';
import type { Wire } from './hubSocket.ts';
import type { KnownProjects } from './knownProjects.ts';
import type { TaskPort } from './ports.ts';

type Assign = Extract<HubFrame, { readonly type: 'task_assign' }>;
type Update = Extract<RunnerFrame, { readonly type: 'agent_update' }>;

export interface TaskDeskParts {
  readonly wire: Wire;
  /** An editor takes none, and says that it is draining. */
  readonly tasks: TaskPort | undefined;
  readonly projects: KnownProjects;
  /** How many sessions run, where there is no task port to say so. */
  readonly agentCount: () => number;
  readonly log: Log;
}

/** Assignments that may be on their way to disk at once. */
const AT_ONCE = 64;
/** Tasks that may be ending at once: more than any runner has. */
const MOST_CANCELS = 1_000;
/** Bytes that may wait for the network before progress waits, of which the newest counts. */
const WAITING = 128 * 1024;
const MOST_UPDATES = 1_000;

export class TaskDesk {
  readonly #parts: TaskDeskParts;
  readonly #owned = new DisposableStore();
  readonly #updates = new Map<string, Update>();
  readonly #cancelling = new Set<string>();
  #assigning = 0;
  #told = '';

  constructor(parts: TaskDeskParts) {
    this.#parts = parts;
    const { wire, tasks, projects } = parts;
    wire.signal.addEventListener('abort', () => this.#owned.dispose(), { once: true });
    this.#owned.add(wire.onDrain(() => this.#tellUpdates()));
    this.#owned.add(projects.onDidUse((project) => void wire.send(project)));
    if (tasks === undefined) return;
    this.#owned.add(tasks.onDidChangeStatus(() => this.#tellStatus()));
    this.#owned.add(tasks.onDidProgress(({ agentId, status, progress, activity }) => this.#update({ type: 'agent_update', agent_id: agentId, status, progress: progress === null ? null : Math.round(progress), activity })));
  }

  /** The socket is open. */
  begin(): void {
    this.#tellStatus();
    for (const project of this.#parts.projects.list()) this.#parts.wire.send(project);
  }

  /** How many sessions run may have changed. */
  sessionsChanged(): void {
    if (this.#parts.tasks === undefined) this.#tellStatus();
  }

  assign(frame: Assign): void {
    const { tasks } = this.#parts;
    if (tasks === undefined) return this.#reject(frame.task_id, 'runner_draining');
    if (this.#assigning >= AT_ONCE) return this.#reject(frame.task_id, 'at_capacity');
    this.#assigning++;
    void this.#assign(tasks, frame).finally(() => this.#assigning--);
  }

  cancel(taskId: string): void {
    const { tasks, log } = this.#parts;
    if (tasks === undefined || this.#cancelling.has(taskId)) return;
    if (this.#cancelling.size >= MOST_CANCELS) return log.warn('The hub cancels more tasks than can be ended at once.');
    this.#cancelling.add(taskId);
    void tasks
      .cancel(taskId)
      .catch((error: unknown) => log.warn(`Task ${taskId} could not be cancelled: ${messageOf(error)}`))
      .finally(() => this.#cancelling.delete(taskId));
  }

  async #assign(tasks: TaskPort, { task_id: taskId, agent_id: agentId, project_id: projectId, config }: Assign): Promise<void> {
    try {
      const answer = await tasks.assign({ taskId, agentId, projectId: projectId === null || projectId === '' ? undefined : projectId, config: withoutEmpty(config) });
      if (answer.accepted) this.#parts.wire.send({ type: 'task_ack', task_id: taskId, agent_id: agentId });
      else this.#reject(taskId, answer.reason);
    } catch (error) {
      this.#parts.log.warn(`Task ${taskId} could not be taken: ${messageOf(error)}`);
      this.#reject(taskId, messageOf(error));
    }
  }

  #reject(taskId: string, reason: string): void {
    this.#parts.wire.send({ type: 'task_reject', task_id: taskId, reason: reason.slice(0, 1000) });
  }

  #tellStatus(): void {
    const { tasks, wire, agentCount } = this.#parts;
    const { status, agentCount: count } = tasks?.status() ?? { status: 'draining', agentCount: agentCount() };
    const told = `${status} ${count}`;
    if (told !== this.#told && wire.send({ type: 'status', status, agent_count: count })) this.#told = told;
  }

  #update(update: Update): void {
    this.#updates.delete(update.agent_id);
    if (this.#updates.size < MOST_UPDATES) this.#updates.set(update.agent_id, update);
    this.#tellUpdates();
  }

  #tellUpdates(): void {
    const { wire } = this.#parts;
    for (const [agentId, update] of this.#updates) {
      if (wire.waiting > WAITING) return;
      this.#updates.delete(agentId);
      wire.send(update);
    }
  }
}

/** Hubs say "none" by an empty text, too. */
function withoutEmpty(config: TaskConfig): TaskConfig {
  const { agent_type, repo_path, branch, worktree_path, ...rest } = config;
  const given = Object.entries({ agent_type, repo_path, branch, worktree_path }).filter(([, text]) => text !== undefined && text !== '');
  return { ...rest, ...Object.fromEntries(given) };
}
