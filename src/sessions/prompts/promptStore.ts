// The queues on disk: one file per agent, replaced whole by a rename, under a lock that all faces of this machine share.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../../base/stateFolder.ts';
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { jsonOf } from '../../base/json.ts';
import { isOld, oldFiles, sweepOnce } from '../../base/sweep.ts';
import { PromptQueueFile } from '../../protocol/promptQueue.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { withProcessLock } from '../../base/processLock.ts';
import type { PromptQueue } from './promptQueue.ts';

/** `$XDG_STATE_HOME/tmux-agents/prompts`, or below ~/.local/state. */
export function promptFolder(env: NodeJS.ProcessEnv = process.env): string {
  return stateFolder(env, 'prompts');
}

/** Milliseconds that a queue is kept that nobody writes to any more. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Milliseconds that another face may take for one change of a file. */
const CHANGE_MS = 10_000;

export class PromptStore {
  readonly #folder: string;

  constructor(folder: string = promptFolder()) {
    this.#folder = folder;
  }

  /** As it lies on disk; empty where there is none, or where it belonged to an earlier agent of that id. Throws `bad-input` for a file that is not to be understood. */
  read(agent: AgentInfo): PromptQueue {
    const path = this.#path(agent);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return emptyQueue(agent);
      throw new AgentsError('folder-unreadable', `The prompts that wait for "${agent.agentId}" cannot be read: ${messageOf(error)}`, { cause: error });
    }
    const parsed = PromptQueueFile.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data.createdAt === agent.createdAt ? parsed.data : emptyQueue(agent);
    throw new AgentsError('bad-input', `The prompts that wait for "${agent.agentId}" cannot be read: ${path} is damaged.`, { hint: 'Mend the file, or delete it to begin afresh.', cause: parsed.error });
  }

  /** Changes the queue and resolves with it as it is then. What `change` throws leaves everything as it was. */
  update(agent: AgentInfo, change: (queue: PromptQueue) => PromptQueue): Promise<PromptQueue> {
    const path = this.#path(agent);
    const work = (): Promise<PromptQueue> => {
      const before = this.read(agent);
      const after = change(before);
      if (after !== before) this.#write(path, after);
      return Promise.resolve(after);
    };
    return withProcessLock(path, async () => work(), { timeoutMs: CHANGE_MS });
  }

  /** Runs `work` while no other face of this machine writes to the agent. */
  asWriter<T>(agent: AgentInfo, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return withProcessLock(`${this.#path(agent)} writer`, work, { signal });
  }

  /** True when the agent has a file at all: cheaper than to read it. */
  has(agent: AgentInfo): boolean {
    return statSync(this.#path(agent), { throwIfNoEntry: false }) !== undefined;
  }

  /** Calls back with whether it is the one asked for, when a face changed a queue. */
  watch(onChange: (isOf: (agent: AgentInfo) => boolean) => void): Disposable {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const watcher = watch(this.#folder, (_event, file) => {
      if (file === null || file.endsWith('.json')) onChange((agent) => file === null || file === fileName(agent));
    });
    watcher.on('error', () => undefined);
    return toDisposable(() => watcher.close());
  }

  /** Once in a process: removes what has not been touched for long, but for prompts that still wait for an agent that is not known to be gone. Never fails. */
  sweep(isGone: (queue: PromptQueue) => Promise<boolean>): Promise<void> {
    return sweepOnce(this.#folder, async () => {
      for (const path of await oldFiles(this.#folder, KEPT_MS)) await this.#removeOld(path, isGone).catch(() => undefined);
    });
  }

  async #removeOld(path: string, isGone: (queue: PromptQueue) => Promise<boolean>): Promise<void> {
    // Half a write, or a lock, of a process that ended.
    if (!path.endsWith('.json')) return rm(path, { force: true });
    const parsed = PromptQueueFile.safeParse(jsonOf(await readFile(path, 'utf8')));
    if (!parsed.success || (parsed.data.prompts.length > 0 && !(await isGone(parsed.data)))) return;
    await withProcessLock(path, async () => ((await isOld(path, KEPT_MS)) ? rm(path, { force: true }) : undefined), { timeoutMs: CHANGE_MS });
  }

  #write(path: string, queue: PromptQueue): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}.tmp`;
    try {
      writeFileSync(draft, `${JSON.stringify(queue, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw new AgentsError('folder-unreadable', `The prompts that wait cannot be written: ${messageOf(error)}`, { cause: error });
    }
  }

  #path(agent: AgentInfo): string {
    return join(this.#folder, fileName(agent));
  }
}

/** Ids hold no `@`. */
function fileName({ agentId, runtimeId, handle }: AgentInfo): string {
  return `${agentId}@${handle.runtimeId ?? runtimeId}.json`;
}

function emptyQueue({ agentId, runtimeId, createdAt, handle }: AgentInfo): PromptQueue {
  return { v: 1, agentId, runtimeId: handle.runtimeId ?? runtimeId, createdAt, prompts: [], outcomes: [] };
}
