// Waiting for what tests expect of agents: by events, each wait with an end.
import { execFile } from 'node:child_process';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Emitter } from '../../src/base/event.ts';
import { waitForEvent } from '../../src/base/wait.ts';
import type { RuntimeManager } from '../../src/runtimes/runtimeManager.ts';
import type { AgentHandle, AgentInfo } from '../../src/runtimes/types.ts';

/** The agent once `accept` takes it; the manager must be watching. */
export async function agentWhen(manager: RuntimeManager, agentId: string, accept: (agent: AgentInfo) => boolean, timeoutMs = 15_000): Promise<AgentInfo> {
  const change = waitForEvent(manager.onDidChangeAgents, ({ type, agent }) => type !== 'gone' && agent.agentId === agentId && accept(agent), {
    timeoutMs,
    what: `the agent ${agentId} to change`,
  });
  const now = manager.find(agentId) ?? (await manager.listAllAgents()).find((agent) => agent.agentId === agentId);
  if (now && accept(now)) {
    change.catch(() => undefined);
    return now;
  }
  return (await change).agent;
}

/** Resolves when the agent is gone from the manager; the manager must be watching. */
export async function agentGone(manager: RuntimeManager, agentId: string, timeoutMs = 15_000): Promise<void> {
  const gone = waitForEvent(manager.onDidChangeAgents, ({ type, agent }) => type === 'gone' && agent.agentId === agentId, { timeoutMs, what: `${agentId} to go` });
  if (manager.find(agentId) === undefined) gone.catch(() => undefined);
  else await gone;
}

/** The agent's screen once it holds `text`. */
export async function screenWith(manager: RuntimeManager, handle: AgentHandle, text: string, timeoutMs = 15_000): Promise<string> {
  const tmux = manager.getTmux(handle);
  const pane = await manager.getPane(handle);
  if (typeof pane !== 'string') throw new Error('this agent has no pane id');
  const shown = new Emitter<string>();
  const look = (): void => void manager.readOutput(handle, 'all').then((screen) => screen.includes(text) && shown.fire(screen), () => undefined);
  const subscription = tmux.onPaneOutput(pane, look);
  const waiting = waitForEvent(shown.event, () => true, { timeoutMs, what: `"${text}" on the screen of ${handle.agentId}` });
  look();
  try {
    return await waiting;
  } finally {
    subscription.dispose();
  }
}

/** A file's bytes once `accept` takes them. */
export async function fileWhen(path: string, accept: (bytes: Buffer) => boolean, timeoutMs = 15_000): Promise<Buffer> {
  const changed = new Emitter<Buffer>();
  const look = (): void => void readFile(path).then((bytes) => accept(bytes) && changed.fire(bytes), () => undefined);
  const watcher = watch(dirname(path), look);
  const waiting = waitForEvent(changed.event, () => true, { timeoutMs, what: `${path} to be complete` });
  look();
  try {
    return await waiting;
  } finally {
    watcher.close();
  }
}

/** Resolves when the process has ended and is reaped; `tail --pid` waits for that. */
export async function processEnds(pid: number, timeoutMs = 5_000): Promise<void> {
  await promisify(execFile)('tail', ['-s', '0.05', `--pid=${pid}`, '-f', '/dev/null'], { timeout: timeoutMs });
}
