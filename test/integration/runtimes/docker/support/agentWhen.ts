// Waiting for what a runtime tells of an agent: by its events, not by asking again and again.
import type { AgentChange, AgentInfo, AgentRuntime } from '../../../../../src/runtimes/types.ts';
import type { DockerRuntime } from '../../../../../src/runtimes/docker/dockerRuntime.ts';

/** The agent once `accept` takes it, as it is now or after a change. */
export async function agentWhen(runtime: DockerRuntime, agentId: string, accept: (agent: AgentInfo) => boolean): Promise<AgentInfo> {
  const watching = runtime.watch();
  try {
    return await new Promise<AgentInfo>((resolve, reject) => {
      const see = (agent: AgentInfo): void => {
        if (agent.agentId === agentId && accept(agent)) resolve(agent);
      };
      runtime.onDidChangeAgents(({ type, agent }) => {
        if (type !== 'gone') see(agent);
      });
      runtime.listAgents().then((agents) => agents.forEach(see), reject);
    });
  } finally {
    watching.dispose();
  }
}

/** Resolves with the first change that `accept` takes; `runtime` must be watched. */
export function changeOf(runtime: Required<Pick<AgentRuntime, 'onDidChangeAgents'>>, accept: (change: AgentChange) => boolean): Promise<AgentChange> {
  return new Promise((resolve) => {
    const subscription = runtime.onDidChangeAgents((change) => {
      if (!accept(change)) return;
      subscription.dispose();
      resolve(change);
    });
  });
}
