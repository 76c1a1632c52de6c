// Where this runner has hubs' projects checked out: told as it happens, and again on each connection, as the hub may have missed it.
import type { Disposable } from '../../base/disposable.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { RunnerFrame } from '../../protocol/hubWire/sibylFrames.ts';
import type { TaskPort } from './ports.ts';

type Project = Extract<RunnerFrame, { readonly type: 'project_register' }>;

/** The last used; a hub knows the others from before. */
const MOST = 100;

export class KnownProjects implements Disposable {
  readonly #used = new Emitter<Project>();
  readonly #projects = new Map<string, Project>();
  readonly #subscription: Disposable | undefined;

  constructor(tasks: TaskPort | undefined) {
    this.#subscription = tasks?.onDidUseProject(({ projectId, worktreePath, worktreeBranch }) => {
      const project: Project = { type: 'project_register', project_id: projectId, worktree_path: worktreePath, worktree_branch: worktreeBranch };
      this.#projects.delete(projectId);
      this.#projects.set(projectId, project);
      for (const [oldest] of this.#projects) if (this.#projects.size > MOST) this.#projects.delete(oldest);
      this.#used.fire(project);
    });
  }

  readonly onDidUse: Event<Project> = (listener) => this.#used.event(listener);

  list(): readonly Project[] {
    return [...this.#projects.values()];
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#used.dispose();
  }
}
