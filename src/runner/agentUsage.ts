// What an agent uses, wherever it runs: its processes by the kernel's files, its tokens by its CLI's own word.
import type { Log } from '../base/log.ts';
import { opencodeServerOf } from '../providers/status/opencodeDoor.ts';
import { keptEnv } from '../runtimes/keptHome.ts';
import type { AgentInfo } from '../runtimes/types.ts';
import { agentTokens } from '../sessions/usage/agentTokens.ts';
import { SessionMeter } from '../sessions/usage/sessionMeter.ts';
import type { TokenUsage } from '../sessions/usage/transcript.ts';
import type { Managed } from './createRuntimeManager.ts';

type Parts = Pick<Managed, 'manager' | 'conversations' | 'providers'>;

/** A function to ask now and then. `env`: the CLI's environment, as far as it is known here. Undefined where nothing can be known: of a container whose home is not kept on this machine. */
export function tokensOfAgent({ manager, conversations, providers }: Parts, agent: AgentInfo, env: Readonly<Record<string, string | undefined>>): (() => Promise<TokenUsage | undefined>) | undefined {
  const runtime = manager.get(agent.handle.runtimeId ?? agent.runtimeId);
  const kept = providers.find(agent.aiProvider)?.home;
  const folder = runtime?.keptHomePath?.(agent.agentId);
  const isolated = runtime?.isolates === true;
  if (isolated && agent.aiProvider !== 'opencode' && (kept === undefined || folder === undefined)) return undefined;
  return agentTokens({
    provider: agent.aiProvider,
    env: isolated && kept !== undefined && folder !== undefined ? keptEnv(kept, folder) : env,
    conversations: () => conversations.get(agent.agentId)?.conversations.map(({ id }) => id) ?? [],
    opencode: () => opencodeServerOf(manager, agent),
  });
}

/** `pid`: the agent's first process on this machine where it is known; its runtime is asked otherwise. */
export function meterOfAgent(parts: Parts, agent: AgentInfo, { pid, env, log }: { readonly pid?: number | undefined; readonly env: Readonly<Record<string, string | undefined>>; readonly log: Log }): SessionMeter {
  const runtime = parts.manager.get(agent.handle.runtimeId ?? agent.runtimeId);
  return new SessionMeter({
    target: async () => (pid === undefined ? runtime?.processesOf?.(agent.handle) : { kind: 'processes', pid }),
    tokens: tokensOfAgent(parts, agent, env),
    log,
  });
}
