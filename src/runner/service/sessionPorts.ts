// What a session is given by the runner that it belongs to.
import type { Log } from '../../base/log.ts';
import type { Redactor } from '../../base/redact.ts';
import type { UsageMetrics } from '../../protocol/runnerEvent.ts';
import type { SessionLimits } from '../../sessions/usage/limits.ts';
import type { ProviderAdapter } from '../adapters/providerAdapter.ts';
import type { RunnerSettings } from './runnerConfig.ts';
import type { SessionRecord } from './sessionRecord.ts';
import type { WorkspacePort } from './workspacePort.ts';

export interface SessionPorts {
  readonly adapter: ProviderAdapter;
  readonly workspaces: WorkspacePort;
  readonly redactor: Redactor;
  readonly recorder?: { write(text: string): void; close(): Promise<void> } | undefined;
  /** What the agent's processes use now, and what its CLI reports. */
  readonly measure?: (() => Promise<Partial<UsageMetrics>>) | undefined;
  /** Keeps the record on disk; a fault is logged, and costs the session nothing. */
  readonly keep: (record: SessionRecord) => void;
  readonly limits: SessionLimits;
  /** Minutes that its organisation's sessions have worked today. */
  readonly minutesToday: () => number;
  /** The name of its workspace. */
  readonly workspaceId: string;
  readonly settings: RunnerSettings;
  readonly log: Log;
}
