// An agent as a listing gives it, for tests that need one to look at.
import type { AgentHandle, AgentInfo, AgentState } from '../../src/runtimes/types.ts';

export interface ExampleAgent {
  readonly agentId?: string;
  readonly name?: string;
  readonly aiProvider?: string;
  readonly task?: string;
  readonly workingDirectory?: string;
  readonly runtimeId?: string;
  readonly runtimeType?: string;
  readonly createdAt?: string;
  readonly adopted?: boolean;
  readonly handle?: AgentHandle;
  readonly status?: AgentState['status'];
  readonly exitCode?: number | null;
  readonly reason?: string;
}

export function exampleAgent({ status = 'running', exitCode = 0, reason = 'it broke', ...about }: ExampleAgent = {}): AgentInfo {
  const { agentId = 'a1', runtimeId = 'local', runtimeType = 'local' } = about;
  return {
    agentId,
    name: agentId,
    aiProvider: 'demo',
    task: '',
    workingDirectory: '/work',
    sessionName: agentId,
    runtimeId,
    runtimeType,
    owner: 'ada@host',
    createdAt: '2026-01-01T12:00:00Z',
    handle: { runtimeType, runtimeId, agentId, data: {} },
    ...about,
    ...stateOf(status, exitCode, reason),
  };
}

function stateOf(status: AgentState['status'], exitCode: number | null, reason: string): AgentState {
  switch (status) {
    case 'exited':
      return { status, exitCode };
    case 'failed':
    case 'unknown':
      return { status, reason };
    case 'starting':
    case 'running':
      return { status };
  }
}
