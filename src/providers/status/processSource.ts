// What an agent's process says of it: that it ended, that its place cannot be reached, or nothing.
import type { AgentsError } from '../../base/errors.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { evidenceOf, type Observation } from './observation.ts';

export function processObservation(agent: AgentInfo, at: number): Observation {
  const said = (claim: Observation['claim'], evidence: string): Observation => ({ source: 'process', at, claim, evidence: evidenceOf(evidence) });
  switch (agent.status) {
    case 'starting':
      return said({ state: 'starting' }, 'It is being started.');
    case 'running':
      return said(null, 'It runs.');
    case 'exited':
      return said(
        { state: 'exited', exitCode: agent.exitCode, ...(agent.signal === undefined ? {} : { signal: agent.signal }) },
        agent.reason ?? (agent.signal === undefined ? `It ended with exit code ${agent.exitCode ?? 'unknown'}.` : `It was ended by ${agent.signal}.`),
      );
    case 'failed':
      return said({ state: 'exited', exitCode: agent.exitCode ?? null }, agent.reason);
    case 'unknown':
      return said({ state: 'unknown', reason: agent.reason }, agent.reason);
  }
}

export function unreachableObservation(error: AgentsError, at: number): Observation {
  return { source: 'process', at, claim: { state: 'unknown', reason: error.message }, evidence: evidenceOf(error.message) };
}
