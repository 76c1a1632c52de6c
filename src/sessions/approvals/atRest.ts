// Waits until an agent's turn is over, for what is to come after it.
import { toDisposable } from '../../base/disposable.ts';
import { AgentsError, isAgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import { waitForEvent } from '../../base/wait.ts';
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import type { RuntimeManager } from '../../runtimes/runtimeManager.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

export interface AtRestOptions {
  /** After which it counts as at rest all the same. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Fails with `unsupported` when the agent has ended, or is gone, and with `cancelled`. */
export async function atRest({ status, manager }: { readonly status: Pick<StatusPort, 'onDidChangeStatus' | 'statusOf' | 'follow'>; readonly manager: Pick<RuntimeManager, 'onDidChangeAgents'> }, agent: AgentInfo, { timeoutMs, signal, log }: AtRestOptions): Promise<void> {
  const told = new Emitter<'rest' | 'end'>();
  const take = (state: AgentStatus['state'] | undefined): void => (state === 'idle' || state === 'error' ? told.fire('rest') : state === 'exited' ? told.fire('end') : undefined);
  const isOurs = (about: AgentInfo): boolean => about.agentId === agent.agentId;
  const end = waitForEvent(told.event, () => true, { timeoutMs, signal, what: 'the agent to come to rest' });
  const held = [
    status.onDidChangeStatus((change) => isOurs(change.agent) && take(change.status.state)),
    manager.onDidChangeAgents(({ type, agent: about }) => isOurs(about) && (type === 'gone' || about.status === 'exited' || about.status === 'failed') && told.fire('end')),
    status.follow(),
    toDisposable(() => told.dispose()),
  ];
  try {
    take(status.statusOf(agent.handle)?.state);
    if ((await end) === 'end') throw new AgentsError('unsupported', 'It has ended, and takes no prompts any more.');
  } catch (error) {
    if (!isAgentsError(error, 'timeout')) throw error;
    log.debug(`${agent.agentId}: ${error.message}`);
  } finally {
    for (const one of held) one.dispose();
  }
}
