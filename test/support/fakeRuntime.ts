// A runtime without a place: what the manager's own tests register, and nothing else uses.
import type { AgentsError } from '../../src/base/errors.ts';
import { Emitter } from '../../src/base/event.ts';
import { recordOf } from '../../src/runtimes/agentConfig.ts';
import { agentInfo } from '../../src/runtimes/agentPanes.ts';
import type { AgentChange, AgentConfig, AgentHandle, AgentInfo, AgentRuntime } from '../../src/runtimes/types.ts';
import type { TmuxService } from '../../src/tmux/tmuxService.ts';

export class FakeRuntime implements AgentRuntime {
  readonly type: string;
  readonly agents = new Map<string, AgentInfo>();
  readonly spawned: AgentConfig[] = [];
  readonly changed = new Emitter<AgentChange>();
  readonly health = new Emitter<AgentsError | undefined>();
  /** Replaces the answer of `listAgents`: to fail, or to hang. */
  listing: () => Promise<AgentInfo[]> = () => Promise.resolve([...this.agents.values()]);
  /** Runs before a spawn completes. */
  beforeSpawn: () => Promise<void> = () => Promise.resolve();
  watchers = 0;
  runtimeId = '';

  constructor(type = 'fake') {
    this.type = type;
  }

  readonly onDidChangeAgents = this.changed.event;
  readonly onDidChangeHealth = this.health.event;

  setRuntimeId(runtimeId: string): void {
    this.runtimeId = runtimeId;
  }

  add(agentId: string, data: Record<string, unknown> = {}, madeBy = this.runtimeId): AgentInfo {
    const record = recordOf({ agentId, aiProvider: 'custom', workingDirectory: '/' }, { sessionName: agentId, runtimeId: madeBy });
    const agent = agentInfo({ ...record, createdAt: '2026-01-01T00:00:00.000Z' }, { status: 'running' }, { runtimeType: this.type, agentId, data });
    this.agents.set(agentId, agent);
    return agent;
  }

  async spawnAgent(config: AgentConfig): Promise<AgentHandle> {
    await this.beforeSpawn();
    this.spawned.push(config);
    return this.add(config.agentId).handle;
  }

  killAgent(handle: AgentHandle): Promise<void> {
    this.agents.delete(handle.agentId);
    return Promise.resolve();
  }

  listAgents(): Promise<AgentInfo[]> {
    return this.listing();
  }

  getTmux(): TmuxService {
    throw new Error('a fake runtime has no tmux');
  }

  getAttachCommand(handle: AgentHandle): string {
    return `show ${handle.agentId}`;
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  watch(): { dispose(): void } {
    this.watchers++;
    return { dispose: () => void this.watchers-- };
  }
}
