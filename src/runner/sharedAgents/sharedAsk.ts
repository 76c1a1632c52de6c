// What waits for a person, as a hub is told it.
import type { SharedAsk } from '../../protocol/hubWire/sharedSession.ts';
import type { EventApproval } from '../../protocol/runnerEvent.ts';
import { eventRisks, type PendingApproval } from '../../sessions/approvals/pendingApproval.ts';

/** Of the inbox. `redact` takes secrets out of what is shown. */
export function askOf({ id, kind, text, risk, category, request, since, answers }: PendingApproval, redact: (text: string) => string): SharedAsk {
  const isChoice = kind === 'permission' || kind === 'trust';
  return {
    id,
    kind,
    text: redact(text),
    ...(isChoice ? { risk: eventRisks[risk.level], category } : {}),
    ...(request.command === undefined ? {} : { command: redact(request.command) }),
    ...(request.path === undefined ? {} : { path: redact(request.path) }),
    since,
    answerable: isChoice ? answers.approve || answers.deny : kind === 'question' && (answers.options.length > 0 || answers.text),
  };
}

/** Of a session's events, where the inbox does not know it: a provider that is no terminal CLI, or one whose agent is just being looked for. */
export function askOfEvent({ approvalId, summary, risk, category, context, requestedAt }: EventApproval, redact: (text: string) => string): SharedAsk {
  const word = (name: string): string | undefined => (typeof context?.[name] === 'string' ? redact(context[name]) : undefined);
  const [command, path] = [word('command'), word('path')];
  return {
    id: approvalId,
    kind: context?.['kind'] === 'trust' ? 'trust' : 'permission',
    text: redact(summary),
    risk,
    category,
    ...(command === undefined ? {} : { command }),
    ...(path === undefined ? {} : { path }),
    since: requestedAt,
    answerable: true,
  };
}
