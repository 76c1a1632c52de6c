// What every runtime with tmux in it shares: which pane belongs to an agent, what its state is, and how its program is ended.
import { toDisposable, type Disposable } from '../base/disposable.ts';
import { messageOf } from '../base/errors.ts';
import { waitForEvent } from '../base/wait.ts';
import { Emitter } from '../base/event.ts';
import { AgentRecord } from '../protocol/agentRecord.ts';
import type { TmuxService } from '../tmux/tmuxService.ts';
import type { PaneId, TmuxPane } from '../tmux/types.ts';
import { LAUNCH_FAILURE } from './launcher.ts';
import type { AgentInfo, AgentHandle, AgentState } from './types.ts';

/** The pane option that holds the agent's record as JSON. */
export const AGENT_OPTION = '@tmux-agents';

/** The record in a pane's option, or undefined where there is none of ours. */
export function recordOfPane(pane: TmuxPane): AgentRecord | undefined {
  if (pane.record === '') return undefined;
  try {
    const parsed = AgentRecord.safeParse(JSON.parse(pane.record));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The pane of an agent among those listed; splits and renames do not hide it, the option stays with its pane. */
export function findAgentPane(panes: readonly TmuxPane[], agentId: string): TmuxPane | undefined {
  return panes.find((pane) => recordOfPane(pane)?.agentId === agentId);
}

/** 126 and 127 are what the launcher, like every shell, exits with when a program cannot be started. */
export function cannotStart(pane: TmuxPane): boolean {
  return pane.dead?.code === 126 || pane.dead?.code === 127;
}

/** What a pane says of its agent; `failure` is the text of a program that could not be started. */
export function stateOfPane(pane: TmuxPane, failure?: string): AgentState {
  const { dead } = pane;
  if (dead === undefined) return { status: 'running' };
  if (cannotStart(pane)) return { status: 'failed', reason: failure ?? `exit code ${dead.code}`, exitCode: dead.code ?? 127 };
  return { status: 'exited', exitCode: dead.code, ...(dead.signal === undefined ? {} : { signal: dead.signal }) };
}

/** Reads why a program could not be started off its dead pane. */
export async function readLaunchFailure(tmux: TmuxService, pane: TmuxPane): Promise<string> {
  try {
    const text = await tmux.capture(pane.id, { lines: 200, joinWrapped: true });
    const lines = text.split('\n').map((line) => line.trim());
    const ours = lines.findLast((line) => line.startsWith(LAUNCH_FAILURE));
    if (ours !== undefined) return ours.slice(LAUNCH_FAILURE.length);
    const last = lines.findLast((line) => line !== '' && !line.startsWith('Pane is dead'));
    return last === undefined ? `exit code ${pane.dead?.code}` : last.replace(/^tmux-agents: \d+: (exec: )?/, '');
  } catch (error) {
    return `exit code ${pane.dead?.code} (its output cannot be read: ${messageOf(error)})`;
  }
}

/** An agent as people see it: its record, the state of its pane, and the handle that finds it again. */
export function agentInfo(record: AgentRecord, state: AgentState, handle: AgentHandle): AgentInfo {
  return {
    ...state,
    agentId: record.agentId,
    handle,
    name: record.name,
    aiProvider: record.aiProvider,
    task: record.taskTitle,
    workingDirectory: record.workingDirectory,
    sessionName: record.sessionName,
    runtimeId: record.runtimeId,
    runtimeType: handle.runtimeType,
    owner: record.owner,
    createdAt: record.createdAt,
    ...(record.autoPilot === undefined ? {} : { autoPilot: record.autoPilot }),
    ...(record.model === undefined ? {} : { model: record.model }),
    ...(record.hookKey === undefined ? {} : { hookKey: record.hookKey }),
    ...(record.conversation === undefined ? {} : { conversation: record.conversation }),
    ...(record.network === undefined ? {} : { network: record.network }),
  };
}

/**
 * Ends the program in a pane: SIGHUP to its process group, as a closing terminal would, then SIGKILL once `graceMs` are over.
 * Resolves when it has ended, or when the pane is gone; the dead pane stays.
 */
export async function terminatePane(tmux: TmuxService, paneId: PaneId, graceMs: number): Promise<void> {
  const ended = new Emitter<void>();
  let looking = Promise.resolve();
  const look = (): void => {
    looking = looking.then(async () => {
      const pane = await findPane(tmux, paneId);
      if (pane === undefined || pane.dead !== undefined) ended.fire();
    }).catch(() => undefined);
  };
  const subscription = tmux.onDidChangeTree(look);
  try {
    const pane = await findPane(tmux, paneId);
    if (pane === undefined || pane.dead !== undefined) return;
    for (const [signal, timeoutMs] of [['HUP', graceMs], ['KILL', 2_000]] as const) {
      const gone = waitForEvent(ended.event, () => true, { timeoutMs, what: `the agent to end after SIG${signal}` }).then(
        () => true,
        () => false,
      );
      const reaping = reapSoon(tmux);
      try {
        await tmux.command(['run-shell', '-b', `kill -${signal} -${pane.pid} 2>/dev/null; exec sleep 0.005`]);
        look();
        if (await gone) return;
      } finally {
        reaping.dispose();
      }
    }
  } finally {
    subscription.dispose();
  }
}

/**
 * tmux 3.3a drops the SIGCHLD that comes while it closes a dead pane's terminal, and then tells of the death up to a second late.
 * It reaps whenever any child of its own ends: the signalling job does so shortly after the signal, these jobs later, where it is not over by then.
 */
export function reapSoon(tmux: TmuxService): Disposable {
  const timers = [20, 100, 400].map((milliseconds) => setTimeout(() => void tmux.command(['run-shell', '-b', 'true']).catch(() => undefined), milliseconds));
  return toDisposable(() => timers.forEach((timer) => clearTimeout(timer)));
}

async function findPane(tmux: TmuxService, paneId: PaneId): Promise<TmuxPane | undefined> {
  return (await tmux.listPanes()).find((pane) => pane.id === paneId);
}
