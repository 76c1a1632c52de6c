// Takes up the agent of a session that another process began: again and again while its place cannot be reached.
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { pause } from '../../base/wait.ts';
import type { ProviderAdapter, StartedSession } from '../adapters/providerAdapter.ts';

export interface Reaching {
  readonly sessionId: string;
  readonly runtimeId: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** Milliseconds between two attempts: the first, and the longest. */
const RETRY_MS = { first: 500, longest: 10_000 };

/** Fails with `unsupported` or `not-found` where nothing can be taken up (any more), and with `cancelled`. */
export async function reachAgent(adapter: ProviderAdapter, { sessionId, runtimeId, signal, log }: Reaching): Promise<StartedSession> {
  if (adapter.recover === undefined) throw new AgentsError('unsupported', `The provider ${adapter.id} cannot take up a session that another process began.`);
  for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, RETRY_MS.longest)) {
    try {
      const found = await adapter.recover(sessionId, { runtimeId });
      if (found !== undefined) return found;
    } catch (error) {
      if (signal.aborted || (isAgentsError(error) && ['cancelled', 'unsupported', 'not-found'].includes(error.reason))) throw error;
      // A failed look-up changes nothing: only a positive "it is gone" ends a session.
      log.warn(`${sessionId}: its agent cannot be reached yet: ${messageOf(error)}`);
      await pause(waitMs, signal);
      continue;
    }
    throw new AgentsError('not-found', 'Its agent was gone when the runner came back.');
  }
}
