// A status and a waiting request as the engine and the inbox give them, for tests that need one to look at.
import type { AgentStatus, StatusClaim } from '../../src/protocol/agentStatus.ts';
import type { PendingApproval, PossibleAnswers, Risk } from '../../src/sessions/approvals/pendingApproval.ts';
import { exampleAgent } from './exampleAgent.ts';

export function exampleStatus(claim: StatusClaim, about: Partial<Pick<AgentStatus, 'since' | 'source' | 'rule' | 'evidence' | 'request'>> = {}): AgentStatus {
  return { ...claim, since: Date.parse('2026-01-01T11:58:00Z'), source: 'osc7501', evidence: `state=${claim.state}`, ...about };
}

export interface ExampleApproval extends Partial<Omit<PendingApproval, 'answers' | 'risk' | 'agent'>> {
  readonly name?: string;
  readonly answers?: Partial<PossibleAnswers>;
  readonly risk?: Risk;
}

export function exampleApproval({ name = 'demo-1', answers = {}, risk = { level: 'low', reasons: ['runs the tests'] }, ...about }: ExampleApproval = {}): PendingApproval {
  return {
    id: `request-of-${name}`,
    agent: exampleAgent({ agentId: name, name }),
    kind: 'permission',
    text: 'run: npm test',
    request: { id: 'r1', tool: 'Bash', command: 'npm test' },
    since: Date.parse('2026-01-01T11:58:00Z'),
    source: 'osc7501',
    risk,
    category: 'shell',
    answers: { approve: true, deny: true, always: true, options: [], note: true, text: false, ...answers },
    ...about,
  };
}
