// The runner service that a daemon runs its sessions with: this project's providers, its own owner, its places.
import type { Log } from '../../base/log.ts';
import { adapterIds } from '../adapters/createAdapter.ts';
import { RunnerService } from '../runnerService.ts';
import type { WorkspacePort } from '../service/workspacePort.ts';
import type { DaemonSettings } from './settings/daemonSettings.ts';

export interface DaemonServiceParts {
  readonly settings: DaemonSettings;
  /** Whose sessions these are on this machine. */
  readonly owner: string;
  readonly workspaces: WorkspacePort;
  readonly log: Log;
}

export function daemonService({ settings, owner, workspaces, log }: DaemonServiceParts): RunnerService {
  return new RunnerService({
    owner,
    workspaces,
    log,
    providers: adapterIds(),
    maxConcurrentSessions: settings.maxAgents,
    // Tasks have limits of their own; people's sessions live as long as they want.
    sessionTimeout: 0,
    autoPilot: settings.autopilot,
    ...(settings.approvalTimeoutSeconds === undefined ? {} : { approvalTimeout: settings.approvalTimeoutSeconds * 1000 }),
  });
}
