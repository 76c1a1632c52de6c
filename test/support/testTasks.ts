// Tasks for a test of the connection to a hub: taken, and ended when the test says so. What a hub was told stays until it has it.
import { Emitter } from '../../src/base/event.ts';
import type { TaskResult } from '../../src/protocol/hubWire/sibylFrames.ts';
import type { AssignedTask, TaskPort } from '../../src/runner/hubLink/ports.ts';

type Progress = { readonly agentId: string; readonly status: 'running' | 'completed' | 'failed' | 'cancelled'; readonly progress: number | null; readonly activity: string | null };

export class TestTasks implements TaskPort {
  readonly assigned: AssignedTask[] = [];
  readonly cancelled: string[] = [];
  readonly arrived: string[] = [];
  readonly statuses = new Emitter<void>();
  readonly progress = new Emitter<Progress>();
  readonly projects = new Emitter<{ readonly projectId: string; readonly worktreePath: string; readonly worktreeBranch: string }>();
  readonly finished = new Emitter<string>();
  now: ReturnType<TaskPort['status']> = { status: 'online', agentCount: 0 };
  refuse: string | undefined;
  #results: { readonly taskId: string; readonly result: TaskResult }[] = [];

  readonly onDidChangeStatus = this.statuses.event;
  readonly onDidProgress = this.progress.event;
  readonly onDidUseProject = this.projects.event;
  readonly onDidFinish = this.finished.event;

  assign(task: AssignedTask): ReturnType<TaskPort['assign']> {
    if (this.refuse !== undefined) return Promise.resolve({ accepted: false, reason: this.refuse });
    this.assigned.push(task);
    return Promise.resolve({ accepted: true });
  }

  cancel(taskId: string): Promise<void> {
    this.cancelled.push(taskId);
    return Promise.resolve();
  }

  status(): ReturnType<TaskPort['status']> {
    return this.now;
  }

  results(): readonly { readonly taskId: string; readonly result: TaskResult }[] {
    return this.#results;
  }

  open(): readonly string[] {
    return this.assigned.map(({ taskId }) => taskId).filter((taskId) => !this.arrived.includes(taskId));
  }

  delivered(taskId: string): void {
    this.arrived.push(taskId);
    this.#results = this.#results.filter((result) => result.taskId !== taskId);
  }

  finish(taskId: string, result: Partial<TaskResult> = {}): void {
    this.#results.push({ taskId, result: { status: 'completed', ...result } });
    this.finished.fire(taskId);
  }

  become(now: ReturnType<TaskPort['status']>): void {
    this.now = now;
    this.statuses.fire();
  }
}
