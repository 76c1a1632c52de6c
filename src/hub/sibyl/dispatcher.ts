// Places the tasks that wait: the oldest first, each with the best runner, a slot reserved before anything is sent.
import { randomUUID } from 'node:crypto';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { HubFrame } from '../../protocol/hubWire/sibylFrames.ts';
import type { Connections } from './connections.ts';
import { candidatesOf, kindOf, wishOf } from './fleet.ts';
import { restOf, type TaskRow } from './rows.ts';
import type { RunnerStore } from './runnerStore.ts';
import { choose, scoreAll, type Candidate } from './scoring.ts';
import type { TaskStore } from './taskStore.ts';
import type { SibylTimers } from './timers.ts';

const PAGE = 200;
/** After a fault of the database. */
const AGAIN_MS = 1000;

export interface DispatcherParts {
  readonly tasks: TaskStore;
  readonly runners: RunnerStore;
  readonly connections: Connections;
  readonly timers: SibylTimers;
  readonly log: Log;
  readonly changed: (task: TaskRow) => void;
  /** Its slots changed. */
  readonly runnerChanged: (runnerId: string) => void;
}

export class Dispatcher implements Disposable {
  readonly #parts: DispatcherParts;
  #running = false;
  #again = false;
  #due: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Looks for places soon; many calls are one look. */
  wake(): void {
    this.#again = true;
    if (!this.#running && !this.#disposed) void this.#run();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#due);
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#again && !this.#disposed) {
        this.#again = false;
        await this.#place();
      }
    } catch (error) {
      this.#parts.log.warn(`Tasks could not be placed: ${messageOf(error)}`);
      this.#wakeIn(AGAIN_MS);
    } finally {
      this.#running = false;
    }
  }

  async #place(): Promise<void> {
    const { tasks } = this.#parts;
    const fleets = new Map<string, Map<string, Candidate>>();
    const stuck = new Set<string>();
    const now = Date.now();
    for (let after: TaskRow | undefined; ; ) {
      const waiting = await tasks.waiting(now, after, PAGE);
      for (const task of waiting) {
        const kind = kindOf(task);
        if (!stuck.has(kind) && !(await this.#placeOne(task, fleets))) stuck.add(kind);
        else continue;
      }
      after = waiting.at(-1);
      if (after === undefined || waiting.length < PAGE || this.#disposed) break;
    }
    const due = await tasks.nextDue(now);
    if (due !== undefined) this.#wakeIn(Math.max(0, due - Date.now()));
  }

  /** False: nobody can take it now. */
  async #placeOne(task: TaskRow, fleets: Map<string, Map<string, Candidate>>): Promise<boolean> {
    const { runners, tasks, connections, timers } = this.#parts;
    let fleet = fleets.get(task.org_id);
    if (fleet === undefined) {
      fleet = new Map((await candidatesOf(runners, task.org_id, Date.now(), timers.offlineMs)).map((candidate) => [candidate.id, candidate]));
      fleets.set(task.org_id, fleet);
    }
    for (;;) {
      const now = Date.now();
      const { best, reason } = choose(scoreAll([...fleet.values()], wishOf(task), now, timers.staleMs));
      const candidate = best === undefined ? undefined : fleet.get(best.score.runner_id);
      if (candidate === undefined) {
        if (task.reason === null) this.#told(await tasks.waits(task, reason));
        return false;
      }
      const reserved = await tasks.reserve(task, candidate.id, randomUUID());
      if (reserved === undefined) {
        // Somebody else took the task, or the slot: look at both again.
        if (!(await this.#stillWaits(task))) return true;
        fleet.set(candidate.id, { ...candidate, agents: candidate.maxAgents });
        continue;
      }
      fleet.set(candidate.id, { ...candidate, agents: candidate.agents + 1, lastAssignedAt: now });
      if (await connections.send(candidate.id, assignment(reserved))) {
        this.#told(reserved);
        this.#parts.runnerChanged(candidate.id);
        return true;
      }
      await runners.release(candidate.id);
      fleet.set(candidate.id, { ...candidate, status: 'offline' });
      const back = await tasks.putBack(reserved, { reason: `${candidate.name} could not be reached.`, counts: false });
      if (back === undefined) return true;
      task = back;
    }
  }

  async #stillWaits(task: TaskRow): Promise<boolean> {
    const state = (await this.#parts.tasks.find(task.id))?.state;
    return state === 'queued' || state === 'retry';
  }

  #told(task: TaskRow | undefined): void {
    if (task !== undefined) this.#parts.changed(task);
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#due);
    if (!this.#disposed) this.#due = setTimeout(() => this.wake(), ms);
  }
}

function assignment(task: TaskRow): HubFrame {
  const rest = restOf(task);
  return {
    type: 'task_assign',
    task_id: task.id,
    agent_id: task.agent_id ?? '',
    // Where there is none, an empty text: the book has no null here.
    project_id: task.project_id ?? '',
    config: {
      prompt: task.prompt,
      agent_type: task.agent_type ?? '',
      task_id: task.id,
      created_by: task.created_by,
      create_worktree: rest.create_worktree ?? true,
      repo_path: rest.repo_path ?? '',
      title: task.title,
      ...(rest.branch === undefined ? {} : { branch: rest.branch }),
      ...(rest.command === undefined ? {} : { command: rest.command }),
      ...(rest.timeout_seconds === undefined ? {} : { timeout_seconds: rest.timeout_seconds }),
    },
  };
}
