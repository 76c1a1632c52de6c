// What an agent asks, and what was decided, as events of its journal.
import type { DecisionRecord } from '../../protocol/decisionRecord.ts';
import type { EventApproval, RunnerEventBody, Verdict } from '../../protocol/runnerEvent.ts';
import { eventRisks, type PendingApproval } from '../approvals/pendingApproval.ts';
import { denialAlert } from '../policy/policyAlerts.ts';
import { shortText } from './promptEvents.ts';
import { askId, type SessionFacts } from './sessionFacts.ts';

/** A permission or trust that is asked for; `count` is which ask of this session it is. */
export function approvalBody({ id, kind, text, request, since, risk, category }: PendingApproval, sessionId: string, count: number): RunnerEventBody {
  const approval: EventApproval = {
    approvalId: askId(id, count),
    sessionId,
    category,
    summary: shortText(text),
    risk: eventRisks[risk.level],
    requestedAt: since,
    context: { kind, reasons: risk.reasons, ...contextOf(request) },
  };
  return { type: 'APPROVAL_REQUESTED', approval };
}

/** A question, a login, or whatever else is no permission. */
export function askedBody({ id, kind, text }: PendingApproval, count: number): RunnerEventBody {
  return { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'asked', id: askId(id, count), about: kind, text: shortText(text) } };
}

/** The decisions that the journal does not have yet, the oldest first; failed attempts are none, and neither is it when the rules want somebody asked. */
export function newDecisions(records: readonly DecisionRecord[], { decidedAt }: Pick<SessionFacts, 'decidedAt'>, since: number): readonly DecisionRecord[] {
  return records.filter(({ at, outcome, decision }) => outcome === 'done' && decision !== 'ask' && Date.parse(at) > decidedAt && Date.parse(at) >= since);
}

/** The events of one decision. A request that the policy answered before anybody was told of it is asked and resolved in one. */
export function decidedBody(record: DecisionRecord, facts: SessionFacts, sessionId: string): readonly RunnerEventBody[] {
  const by = record.by === 'policy' ? `policy: ${record.rule ?? 'a rule'}` : `${record.who} (${record.face})`;
  const known = facts.openFor(record.id);
  if (record.decision === 'option' || record.decision === 'text') {
    const id = known ?? askId(record.id, facts.asks + 1);
    const asked: RunnerEventBody = { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'asked', id, about: record.kind, text: shortText(record.text) } };
    const answered: RunnerEventBody = { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'answered', id, by, ...(record.words === undefined ? {} : { words: shortText(record.words) }) } };
    return known === undefined ? [asked, answered] : [answered];
  }
  const decision: Verdict = record.decision === 'deny' ? 'deny' : 'allow';
  const approvalId = known ?? askId(record.id, facts.asks + 1);
  const resolved: RunnerEventBody = { type: 'APPROVAL_RESOLVED', approvalId, decision, resolvedBy: by, ...(record.words === undefined ? {} : { note: shortText(record.words) }) };
  // What its rules keep from happening is worth a look, too.
  const alerts = record.by === 'policy' && decision === 'deny' ? [denialAlert({ approvalId, what: shortText(record.text), why: record.words, rule: record.rule })] : [];
  if (known !== undefined) return [resolved, ...alerts];
  const request = record.request ?? { id: record.id };
  const approval: EventApproval = { approvalId, sessionId, category: record.category ?? 'shell', summary: shortText(record.text), risk: eventRisks[record.risk], requestedAt: Date.parse(record.at), context: { kind: record.kind, ...contextOf(request) } };
  return [{ type: 'APPROVAL_REQUESTED', approval }, resolved, ...alerts];
}

function contextOf({ tool, command, path, folder }: PendingApproval['request']): Record<string, string> {
  return { ...(tool === undefined ? {} : { tool }), ...(command === undefined ? {} : { command: shortText(command) }), ...(path === undefined ? {} : { path }), ...(folder === undefined ? {} : { folder }) };
}
