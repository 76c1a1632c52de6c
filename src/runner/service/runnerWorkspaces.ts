// PLACEHOLDER until branch workspaces is merged.
import { AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RunnerSettings } from './runnerConfig.ts';
import type { WorkspacePort } from './workspacePort.ts';

export function runnerWorkspaces(_settings: RunnerSettings, _log: Log): Promise<WorkspacePort> {
  return Promise.reject(new AgentsError('unsupported', 'No workspaces yet.'));
}
