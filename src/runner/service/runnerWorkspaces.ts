// The workspaces of a runner's sessions: git worktrees below its own folder, from repositories that are kept between sessions.
import { lstat, mkdir } from 'node:fs/promises';
import { AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import type { RunnerSettings } from './runnerConfig.ts';
import type { WorkspacePort } from './workspacePort.ts';

/** Makes its folders. Fails with `folder-unreadable` where somebody else could have put something into them. */
export async function runnerWorkspaces({ workspacePath, cachePath }: Pick<RunnerSettings, 'workspacePath' | 'cachePath'>, log: Log): Promise<WorkspacePort> {
  for (const folder of [workspacePath, cachePath]) await ownFolder(folder);
  return new WorkspaceManager({ base: workspacePath, cache: cachePath, store: new WorkspaceStore(undefined, log), log });
}

/** The default lies in /tmp, where anybody may have been first. */
async function ownFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AgentsError('folder-unreadable', `The folder ${folder} cannot be made.`, { hint: 'Choose another: "workspacePath" or RUNNER_WORKSPACE_DIR, "cachePath" or RUNNER_CACHE_DIR.', cause: error });
  }
  const found = await lstat(folder);
  const uid = process.getuid?.();
  if (uid === undefined || (found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0)) return;
  throw new AgentsError('folder-unreadable', `The folder ${folder} is not this user's alone: agents' work is not put there.`, { hint: 'Choose another: "workspacePath" or RUNNER_WORKSPACE_DIR.' });
}
