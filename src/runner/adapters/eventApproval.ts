// An agent's request as an event tells it.
import type { EventApproval } from '../../protocol/runnerEvent.ts';
import type { DecisionRecord } from '../../protocol/decisionRecord.ts';
import { eventRisks, type PendingApproval } from '../../sessions/approvals/pendingApproval.ts';

/** One that waits. `timeoutMs`: how long it may wait. */
export function eventApproval(sessionId: string, { id, text, risk, request, kind, answers, category, since }: PendingApproval, timeoutMs?: number): EventApproval {
  return {
    approvalId: id,
    sessionId,
    category,
    summary: text,
    risk: eventRisks[risk.level],
    context: { kind, reasons: risk.reasons, note: answers.note, ...requestContext(request) },
    requestedAt: since,
    ...(timeoutMs === undefined ? {} : { timeoutAt: since + timeoutMs }),
  };
}

/** One that the rules of its session decided before anybody was asked: its context says so. */
export function decidedApproval(sessionId: string, { id, at, kind, category = 'shell', text, request, risk, rule, words }: DecisionRecord): EventApproval {
  return {
    approvalId: id,
    sessionId,
    category,
    summary: text === '' ? 'It wanted to use a tool.' : text,
    risk: eventRisks[risk],
    context: { kind, by: 'policy', ...(rule === undefined ? {} : { rule }), ...(words === undefined ? {} : { reasons: [words] }), ...(request === undefined ? {} : requestContext(request)) },
    requestedAt: Date.parse(at),
  };
}

function requestContext({ tool, command, path, folder }: PendingApproval['request']): Record<string, string> {
  return { ...(tool === undefined ? {} : { tool }), ...(command === undefined ? {} : { command }), ...(path === undefined ? {} : { path }), ...(folder === undefined ? {} : { folder }) };
}
