// Reads a file of an agent's own folder, where the agent runs.
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { AgentsError } from '../../base/errors.ts';
import type { Executor } from '../../exec/executor.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentHandle, AgentRuntime } from '../../runtimes/types.ts';

const TIMEOUT_MS = 5_000;

/** Bytes of a file of ours that are read at most. */
const MAX_BYTES = 512 * 1024;

/** The runtime that an agent is in, and what runs programs there unless that is this machine. Throws `not-found`. */
export function placeOf(manager: RuntimeManager, handle: AgentHandle): { readonly runtime: AgentRuntime; readonly executor: Executor | undefined } {
  const runtime = manager.get(handle.runtimeId ?? handle.runtimeType);
  if (runtime === undefined) throw new AgentsError('not-found', `The runtime of the agent "${handle.agentId}" is not known.`);
  return { runtime, executor: runtime.type === 'local' ? undefined : runtime.getExecutor?.(handle) };
}

/** Its text. Fails with `not-found` where there is no such file, or no such folder. */
export async function readAgentFile(manager: RuntimeManager, handle: AgentHandle, name: string): Promise<string> {
  const { runtime, executor } = placeOf(manager, handle);
  const folder = runtime.agentFolder?.(handle.agentId);
  const missing = (cause?: unknown): AgentsError => new AgentsError('not-found', `The agent "${handle.agentId}" has no file ${name} of its own.`, { cause });
  if (folder === undefined) throw missing();
  const path = posix.join(folder, name);
  if (runtime.type === 'local') {
    return readFile(path, 'utf8').catch((error: unknown) => {
      throw missing(error);
    });
  }
  if (executor === undefined) throw missing();
  const { code, stdout } = await executor.run(['cat', '--', path], { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
  if (code !== 0) throw missing();
  return stdout.toString('utf8');
}
