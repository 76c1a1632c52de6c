// Puts the recording of sessions together: what a face has, and what is known of folders, decisions and prompts on disk.
import { rm, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../base/disposable.ts';
import { silentLog, type Log } from '../base/log.ts';
import { sweepOnce } from '../base/sweep.ts';
import { SessionLog } from '../sessions/policy/sessionLog.ts';
import { PromptStore } from '../sessions/prompts/promptStore.ts';
import { sessionsFolder } from '../sessions/recorder/sessionFolders.ts';
import type { RecorderParts } from '../sessions/recorder/recorderParts.ts';
import { SessionRecorder } from '../sessions/recorder/sessionRecorder.ts';
import type { SessionMeter } from '../sessions/usage/sessionMeter.ts';
import { recordTerminal } from '../sessions/recorder/terminalRecorder.ts';
import { withVersions } from '../runtimes/programs.ts';
import type { AgentInfo } from '../runtimes/types.ts';
import { folderDiff } from '../workspaces/folderDiff.ts';
import { watchTouchedFiles } from '../workspaces/touchedFiles.ts';
import { WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { meterOfAgent } from './agentUsage.ts';
import type { Managed } from './createRuntimeManager.ts';
import { ProgramVersions } from './programVersions.ts';

export interface RecordOptions {
  /** Whether terminals are recorded; journals are kept in any case. Default true. */
  readonly terminal?: boolean | undefined;
  /** Megabytes of one terminal's recording. Default 32. */
  readonly maxMegabytes?: number | undefined;
  /** Days that the sessions of agents that are gone are kept. Default 30. */
  readonly keptDays?: number | undefined;
  readonly log?: Log | undefined;
  readonly folder?: string | undefined;
}

/** Records the agents of a face whose runtimes, status, approvals and prompts are followed. Dispose the result first of all. */
export function recordSessions({ manager, providers, status, approvals, prompts, conversations }: Pick<Managed, 'manager' | 'providers' | 'status' | 'approvals' | 'prompts' | 'conversations'>, options: RecordOptions = {}): SessionRecorder {
  const { terminal = true, maxMegabytes = 32, keptDays = 30, log = silentLog, folder = sessionsFolder() } = options;
  const [decisions, queues] = [new SessionLog(), new PromptStore()];
  void sweepOnce(folder, () => sweepSessions(folder, keptDays * 24 * 60 * 60 * 1000, async (agentId) => (await manager.listAllAgents()).some((agent) => agent.agentId === agentId)));
  return new SessionRecorder({
    manager,
    status,
    onDidReport: status.onDidReport,
    onDidChangeApprovals: (listener) => approvals.onDidChange(listener),
    onDidChangePrompts: prompts.onDidChange,
    watchDecisions: (onDecision) => decisions.watch(onDecision),
    parts: {
      folder,
      orgId: 'local',
      log,
      statusOf: (agent) => status.statusOf(agent.handle),
      approvalOf: (agent) => approvals.of(agent.handle),
      queueOf: (agent) => queues.read(agent),
      decisionsOf: (agentId) => decisions.latest(agentId),
      versionOf: versionsOf({ manager, providers, log }),
      placeOf: (agent) => manager.get(runtimeOf(agent))?.place?.(),
      diffOf: (agent, head) => folderDiff(agent.workingDirectory, head),
      usageOf: usageOf({ manager, providers, conversations, log }),
      watchFiles: watchFolder,
      recordTerminal: terminal ? (agent, own, redactor) => recordTerminal(agent, own, { manager, redactor, maxBytes: maxMegabytes * 1024 * 1024, log }) : undefined,
    },
  });
}

function runtimeOf({ handle, runtimeId }: AgentInfo): string {
  return handle.runtimeId ?? runtimeId;
}

/** What each agent's CLI tells of tokens and cost, and what its processes use: by agent, each with its own memory of what was read. */
function usageOf({ log, ...parts }: Pick<Managed, 'manager' | 'providers' | 'conversations'> & { readonly log: Log }): RecorderParts['usageOf'] {
  const meters = new Map<string, SessionMeter>();
  return async (agent) => {
    const key = `${agent.agentId} ${agent.createdAt}`;
    const meter = meters.get(key) ?? meterOfAgent(parts, agent, { env: process.env, log });
    meters.set(key, meter);
    return meter.measure();
  };
}

/** A container is asked itself: to find out about its image would start another one. */
function versionsOf({ manager, providers, log }: Pick<Managed, 'manager' | 'providers'> & { readonly log: Log }): RecorderParts['versionOf'] {
  const versions = new ProgramVersions({ manager, providers, log });
  return async (agent) => {
    const runtime = manager.get(runtimeOf(agent));
    const provider = providers.find(agent.aiProvider);
    const [program] = provider?.executables ?? [];
    if (program === undefined || provider?.version === undefined) return undefined;
    if (runtime?.isolates !== true) return versions.tell(agent);
    if (runtime.getExecutor === undefined || agent.status !== 'running') return undefined;
    const facts = await withVersions(runtime.getExecutor(agent.handle), [{ program, version: provider.version }], new Map([[program, program]]), { log });
    return facts.get(program)?.version;
  };
}

/** The files of a workspace of ours: another folder may be huge, or the person's own place to work. */
function watchFolder({ workingDirectory }: AgentInfo, onTouch: (path: string, reason: 'write' | 'delete') => void): Disposable | undefined {
  const record = new WorkspaceStore().at(workingDirectory);
  return record === undefined || record.kind === 'folder' ? undefined : watchTouchedFiles(workingDirectory, ({ path, reason }) => onTouch(path, reason));
}

/** Takes away the sessions of agents that are gone, when nothing was written to them for so long. Those of a RunnerService are its own to sweep. */
export async function sweepSessions(folder: string, keptMs: number, lives: (agentId: string) => Promise<boolean>): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const own = join(folder, name);
    const files = await readdir(own).catch(() => undefined);
    if (files === undefined || files.includes('session.json')) continue;
    const times = await Promise.all(files.map((file) => stat(join(own, file)).then(({ mtimeMs }) => mtimeMs, () => 0)));
    if (Date.now() - Math.max(0, ...times) <= keptMs || (await lives(name.split('~', 1)[0] ?? name))) continue;
    await rm(own, { recursive: true, force: true });
  }
}
