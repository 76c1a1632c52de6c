// Where an agent's Claude Code keeps its status file: followed on this machine, looked at once elsewhere, where following would mean polling.
import type { Disposable } from '../../base/disposable.ts';
import { toDisposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { Executor } from '../../exec/executor.ts';
import { agentPane } from '../../runtimes/agentPane.ts';
import { FOLDER_VARIABLE } from '../../runtimes/agentFiles.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { placeOf } from './agentFolderFile.ts';
import type { Observation } from './observation.ts';
import { followStatusFile, statusFileObservation } from './statusFile.ts';

const LOOK_TIMEOUT_MS = 5_000;
const MAX_BYTES = 64 * 1024;

/** $1 the process id. Prints the status files of the Claude Code whose environment that process has. */
const LOOK_SCRIPT = `
value() { tr '\\0' '\\n' < "/proc/$1/environ" 2>/dev/null | sed -n "s/^$2=//p" | head -n 1; }
folder=$(value "$1" CLAUDE_CONFIG_DIR)
[ -n "$folder" ] || folder=$(value "$1" HOME)/.claude
cat "$folder/sessions/$1.json" 2>/dev/null
exit 0
`;

/** `rootPid` as that place counts. Undefined where there is no such file. */
export async function lookAtStatusFile(executor: Executor, rootPid: number): Promise<Observation | undefined> {
  const { stdout } = await executor.run(['/bin/sh', '-c', LOOK_SCRIPT, 'tmux-agents', String(rootPid)], { timeoutMs: LOOK_TIMEOUT_MS, maxBytes: MAX_BYTES });
  return stdout.length === 0 ? undefined : statusFileObservation(stdout.toString('utf8'), Date.now());
}

/** Gives what the status file of this agent's Claude Code says to `take` until disposed. Never fails: an agent may have none. */
export function claudeStatusFile(manager: RuntimeManager, agent: AgentInfo, take: (observation: Observation) => void, log: Log = silentLog): Disposable {
  let ended = false;
  // As the place where it runs counts.
  const rootPid = async (): Promise<number> => (await agentPane(manager, agent.handle)).pane.pid;
  const hasStarted = (environment: ReadonlyMap<string, string>): boolean => agent.adopted === true || process.platform !== 'linux' || environment.has(FOLDER_VARIABLE);
  try {
    const { runtime, executor } = placeOf(manager, agent.handle);
    if (runtime.type === 'local') return followStatusFile({ rootPid, hasStarted, take, log });
    if (executor !== undefined) {
      rootPid()
        .then((pid) => lookAtStatusFile(executor, pid))
        .then((observation) => observation !== undefined && !ended && take(observation))
        .catch((error: unknown) => log.debug(`${agent.agentId}: its status file cannot be read: ${messageOf(error)}`));
    }
  } catch (error) {
    log.debug(`${agent.agentId}: its status file cannot be found: ${messageOf(error)}`);
  }
  return toDisposable(() => (ended = true));
}
