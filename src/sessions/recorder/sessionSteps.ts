// From what an agent does to its session's state: which state each status means, and the lawful steps to it.
import type { AgentStatus } from '../../protocol/agentStatus.ts';
import type { SessionState } from '../../protocol/runnerEvent.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { isFinal, pathToEnd, transitions, type FinalState } from '../states/transitions.ts';

/** The state that a status means; undefined for one that says nothing of it. */
export function stateOf(status: AgentStatus): SessionState | undefined {
  switch (status.state) {
    case 'starting':
      return 'STARTING_PROVIDER';
    case 'working':
    case 'idle':
    case 'error':
      return 'RUNNING';
    case 'waiting':
      return 'WAITING_FOR_APPROVAL';
    case 'exited':
    case 'unknown':
      return undefined;
  }
}

/** The fewest lawful steps between two live states; none where it is there already, or where no way leads (nothing starts twice). */
export function stepsTo(from: SessionState, to: SessionState): readonly SessionState[] {
  const ways: (readonly SessionState[])[] = [[from]];
  const seen = new Set<SessionState>([from]);
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? from;
    if (last === to) return way.slice(1);
    for (const next of transitions[last]) {
      if (seen.has(next) || (next === 'STOPPING' && to !== 'STOPPING') || isFinal(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return [];
}

/** The lawful steps to an end; none where it is there. */
export function stepsToEnd(from: SessionState, end: FinalState): readonly SessionState[] {
  return isFinal(from) ? [] : pathToEnd(from, end);
}

/** How an agent's end counts: one that a person stopped is done, else exit code 0 is, and whatever else has failed. */
export function finalState(agent: AgentInfo | undefined, stopped: boolean): FinalState {
  if (agent?.status === 'failed') return 'FAILED';
  if (stopped) return 'COMPLETED';
  return agent?.status === 'exited' && agent.exitCode === 0 ? 'COMPLETED' : 'FAILED';
}
