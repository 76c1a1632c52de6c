// An agent in a workspace of its own: made before its spawn, taken back when that fails, left alone when the agent ends.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AgentsError, messageOf } from '../base/errors.ts';
import type { AgentConfig } from '../runtimes/types.ts';
import { baseNamed } from '../workspaces/baseNamed.ts';
import type { WorkspaceBase } from '../workspaces/types.ts';
import type { WorkspaceManager } from '../workspaces/workspaceManager.ts';
import { requireRepository } from '../workspaces/localRepository.ts';

export interface WorkspaceWish {
  readonly kind: 'worktree' | 'copy';
  /** A branch, tag or commit; the current commit when absent. */
  readonly base?: string | undefined;
  /** Whether uncommitted changes come along. A copy has them anyway. */
  readonly withChanges?: boolean | undefined;
  /** Whether the project's own scripts may run: only in folders that the user trusts. */
  readonly runScripts?: boolean | undefined;
  /** Globs of ignored files that are copied along. */
  readonly includeFiles?: readonly string[] | undefined;
}

export interface FollowingOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((step: string, message: string) => void) | undefined;
}

/** Makes the workspace that `config` wishes for, in place of its folder, and calls `spawn` with the config for it. Throws as `prepare` and `spawn` do; no workspace is left then. */
export async function inWorkspace<T>(workspaces: WorkspaceManager, config: AgentConfig, wish: WorkspaceWish, { signal, onProgress }: FollowingOptions, spawn: (config: AgentConfig) => Promise<T>): Promise<T> {
  if (wish.kind === 'copy' && (wish.base !== undefined || wish.withChanges === true)) throw new AgentsError('bad-input', 'A copy is of the folder as it is.', { hint: 'A base and changes are for a worktree.' });
  if (wish.base !== undefined && wish.withChanges === true) throw new AgentsError('bad-input', 'Uncommitted changes belong to the current commit: they cannot come along to another base.', { hint: 'Leave out the one or the other.' });
  const base: WorkspaceBase = wish.base === undefined ? { type: 'current', withChanges: wish.withChanges === true } : await baseNamed(config.workingDirectory, wish.base);
  const { record, env } = await workspaces.prepare(
    {
      id: config.agentId,
      kind: wish.kind,
      repo: { provider: 'local', path: config.workingDirectory },
      ...(wish.kind === 'copy' ? {} : { base }),
      owner: config.agentId,
      runScripts: wish.runScripts,
      includeFiles: wish.includeFiles,
    },
    { signal, ...(onProgress === undefined ? {} : { onProgress }) },
  );
  try {
    const below = wish.kind === 'copy' ? '' : relative((await requireRepository(config.workingDirectory, signal)).top, config.workingDirectory);
    const folder = join(record.path, below);
    // A folder that git does not know is not in a worktree.
    return await spawn({ ...config, workingDirectory: existsSync(folder) ? folder : record.path, env: { ...env, ...config.env } });
  } catch (error) {
    const report = await workspaces.remove(record, { force: true }).catch((fault: unknown) => ({ removed: false, reason: messageOf(fault) }));
    if (!report.removed) onProgress?.('remove', `The workspace ${record.path} is left: ${report.reason ?? 'it could not be removed'}`);
    throw error;
  }
}
