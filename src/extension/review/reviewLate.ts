// Review as a bundle of its own: its parts, made when changes are first looked at, and its commands by name.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { Merges } from '../../workspaces/review/merge.ts';
import { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { inWorkspace } from '../../runner/agentWorkspace.ts';
import { agentKey, type AgentKey } from '../agentKey.ts';
import type { Services } from '../services.ts';
import { askPlace } from '../spawn/workspaceStep.ts';
import type { PartRow } from '../tree/agentParts.ts';
import { BaseFiles } from './baseFiles.ts';
import { changeRows } from './changeRows.ts';
import { ReviewComments } from './comments.ts';
import { amendMessageCommand, commitCommand } from './commitCommands.ts';
import { addComment, deleteComment, sendComments } from './commentCommands.ts';
import { discardFileCommand, discardHunkCommand } from './discardCommands.ts';
import { LiveChanges } from './liveChanges.ts';
import { abortMerge, continueMerge, mergeInto, rebaseInto, rebaseOnto, resolveConflicts, squashInto } from './mergeCommands.ts';
import { createPullRequest } from './pullRequestCommand.ts';
import { removeWorkspaceCommand } from './removeWorkspace.ts';
import { openChange, openWorktree, showChanges, showFolder, type ShownFolder } from './showChanges.ts';

export interface ReviewOptions {
  readonly services: Services;
  readonly memory: vscode.Memento;
  readonly onDidChangeRows: (key: AgentKey) => void;
}

export function createReview(options: ReviewOptions): Review {
  return new Review(options);
}

/** A command of review; what it returns and throws is as of any other command. */
export type ReviewCommand = (review: Review, ...args: readonly unknown[]) => unknown;

export const reviewCommands = {
  showChanges,
  openChange,
  openWorktree,
  commit: commitCommand,
  amendMessage: amendMessageCommand,
  mergeInto,
  squashInto,
  rebaseInto,
  rebaseOnto,
  resolveConflicts,
  continueMerge,
  abortMerge,
  discardFile: discardFileCommand,
  discardHunk: discardHunkCommand,
  createPullRequest,
  addComment,
  deleteComment,
  sendComments,
  removeWorkspace: removeWorkspaceCommand,
} satisfies Readonly<Record<string, ReviewCommand>>;
export type ReviewCommandName = keyof typeof reviewCommands;

type ArgumentsAfterFirst<F> = F extends (first: never, ...rest: infer Rest) => unknown ? Rest : never;

export class Review implements Disposable {
  readonly services: Services;
  readonly store: WorkspaceStore;
  readonly merges: Merges;
  readonly workspaces: WorkspaceManager;
  readonly baseFiles = new BaseFiles();
  readonly comments: ReviewComments;
  /** Agents whose changes were shown in this window: in their folders, editors take comments. */
  readonly shown = new Set<AgentKey>();
  readonly #owned = new DisposableStore();
  readonly #live = new Map<AgentKey, LiveChanges>();
  readonly #onDidChangeRows: (key: AgentKey) => void;

  constructor({ services, memory, onDidChangeRows }: ReviewOptions) {
    this.services = services;
    this.store = new WorkspaceStore(undefined, services.log);
    this.merges = new Merges(this.store);
    this.workspaces = new WorkspaceManager({ store: this.store, log: services.log });
    this.comments = this.#owned.add(new ReviewComments(this, memory));
    this.#onDidChangeRows = onDidChangeRows;
    this.#owned.add(services.fleet.onDidChange(() => this.#forgetGone()));
  }

  dispose(): void {
    this.#owned.dispose();
    for (const live of this.#live.values()) live.dispose();
    this.#live.clear();
  }

  /** Fails with `unsupported` in Restricted Mode: git does what a repository's own settings say. */
  run(name: ReviewCommandName, args: readonly unknown[]): unknown {
    requireTrust();
    const command: ReviewCommand = reviewCommands[name];
    return command(this, ...args);
  }

  /** Shows what changed in a folder, also where its agent is gone. Resolves with the paths; fails as `run`, and where there is no such folder. */
  async showFolder(shown: ShownFolder): Promise<readonly string[]> {
    requireTrust();
    return showFolder(this, shown);
  }

  /** The rows below an agent; from now on they are kept true until `forget`. */
  async rows(agent: AgentInfo): Promise<readonly PartRow[]> {
    return changeRows(agentKey(agent), await this.#follow(agent).current());
  }

  /** Looks again at once, after something of ours has changed what is there. */
  async refresh(agent: AgentInfo): Promise<void> {
    await this.#live.get(agentKey(agent))?.refresh();
  }

  /** Spawns an agent in a workspace that is made for it. */
  inWorkspace<T>(...args: ArgumentsAfterFirst<typeof inWorkspace<T>>): Promise<T> {
    return inWorkspace(this.workspaces, ...args);
  }

  readonly askPlace = askPlace;

  forget(key: AgentKey): void {
    this.#live.get(key)?.dispose();
    this.#live.delete(key);
  }

  #follow(agent: AgentInfo): LiveChanges {
    const key = agentKey(agent);
    const known = this.#live.get(key);
    if (known !== undefined) return known;
    const live = new LiveChanges(agent.workingDirectory, { store: this.store, log: this.services.log, onDidChange: () => this.#onDidChangeRows(key) });
    this.#live.set(key, live);
    return live;
  }

  #forgetGone(): void {
    for (const key of [...this.#live.keys()]) if (this.services.fleet.find(key) === undefined) this.forget(key);
  }
}

function requireTrust(): void {
  if (!vscode.workspace.isTrusted) throw new AgentsError('unsupported', 'Review runs git in the folders of agents, which is off in Restricted Mode.', { hint: 'Trust this workspace with "Workspaces: Manage Workspace Trust".' });
}
