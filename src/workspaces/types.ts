// The shapes of workspaces: where an agent is to work, what was made for it, and what became of it.
import type { Checkout, RepoRef } from '../protocol/sessionConfig.ts';
import type { WorkspaceKind, WorkspaceRecord } from '../protocol/workspaceRecord.ts';

/** Where a workspace begins: a branch, tag or commit as in `Checkout`, a pull request's head, or the source's current state. */
export type WorkspaceBase =
  | Checkout
  | { readonly type: 'pullRequest'; readonly number: number }
  /** HEAD of a local repository; with its uncommitted and untracked changes when asked for. */
  | { readonly type: 'current'; readonly withChanges: boolean };

export interface WorkspaceRequest {
  /** Letters, digits, `_`, `.` and `-`: names its record, and its folder and branch where those have no name of their own. */
  readonly id: string;
  /** The name of its folder. */
  readonly folder?: string | undefined;
  readonly kind: WorkspaceKind;
  readonly repo: RepoRef;
  readonly base?: WorkspaceBase | undefined;
  /** The name of its branch; `tmux-agents/<id>` when absent. */
  readonly branch?: string | undefined;
  readonly owner?: string | undefined;
  /** Whether the project's own scripts (.tmux-agents.json) may run: only in folders that the user trusts. Default false. */
  readonly runScripts?: boolean | undefined;
  /** VS Code's `git.worktreeIncludeFiles`: globs of ignored files that are copied along. */
  readonly includeFiles?: readonly string[] | undefined;
}

export type PrepareStep = 'check' | 'fetch' | 'worktree' | 'include' | 'ports' | 'setup';

export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((step: PrepareStep, message: string) => void) | undefined;
}

/** A workspace that is ready to work in. */
export interface Workspace {
  readonly record: WorkspaceRecord;
  /** To be added to the agent's environment: ports, paths. No secrets. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a removal did with the work that was there. Nothing is ever lost without being named here. */
export interface RemovalReport {
  readonly removed: boolean;
  /** Why it was kept, where it was. */
  readonly reason?: string | undefined;
  /** The ref that holds what was uncommitted or unmerged: `refs/tmux-agents/rescue/...`, in `repository`. */
  readonly rescueRef?: string | undefined;
  readonly repository?: string | undefined;
  /** Its branch, where it was kept in `repository` because no other has its commits. */
  readonly branch?: string | undefined;
}
