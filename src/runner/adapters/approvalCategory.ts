// Which of the runner's categories a request belongs to, from what is known of it. For people and statistics: what is allowed is decided by policies.
import type { EventApproval, EventApprovalCategory } from '../../protocol/runnerEvent.ts';
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { toolKind } from '../../sessions/policy/tools.ts';

/** What a command line holds, the gravest first. */
const signs: readonly (readonly [EventApprovalCategory, RegExp])[] = [
  ['secrets', /(?:^|[\s/])(?:\.env\b|\.netrc|\.npmrc|\.aws\/|\.ssh\/|id_(?:rsa|ed25519)|[\w.-]*(?:secret|credential)s?\b)|\b(?:gh|vault|pass|op)\s+(?:auth|secret|kv|read)/i],
  ['deploy', /\b(?:kubectl|helm|terraform|pulumi|ansible-playbook|vercel|netlify|flyctl|fly|serverless|gcloud|heroku|cdk)\b|\b(?:npm|pnpm|yarn|cargo|gem|twine)\s+(?:publish|push|upload)\b|\bdocker\s+push\b|\baws\s+\w+\s+(?:deploy|create|update|delete|put)/],
  ['merge', /\bgit\s+(?:-\S+\s+)*(?:merge|push|rebase)\b|\bgh\s+pr\s+(?:merge|create)\b|\bglab\s+mr\s+(?:merge|create)\b/],
  ['deps_add', /\b(?:npm|pnpm)\s+(?:-\S+\s+)*(?:i|install|add|update|up)\b|\byarn\s+(?:add|up|upgrade)\b|\bbun\s+(?:add|install)\b|\b(?:pip3?|uv|poetry|pipenv)\s+(?:pip\s+)?(?:install|add)\b|\bcargo\s+(?:add|install)\b|\bgo\s+(?:get|install)\b|\b(?:gem|bundle|brew|apt|apt-get|apk|dnf|yum)\s+(?:-\S+\s+)*(?:install|add)\b|\bcomposer\s+require\b/],
  ['network', /\b(?:curl|wget|ssh|scp|sftp|rsync|nc|ncat|telnet|ftp)\b|https?:\/\//],
];

export function approvalCategory({ request }: Pick<PendingApproval, 'request'>): EventApprovalCategory {
  const { command, path } = request;
  const found = signs.find(([category, sign]) => (command !== undefined && sign.test(command)) || (category === 'secrets' && path !== undefined && sign.test(path)));
  if (found !== undefined) return found[0];
  return toolKind(request) === 'network' ? 'network' : 'shell';
}

/** The request as an event tells it. `timeoutMs`: how long it may wait. */
export function eventApproval(sessionId: string, pending: PendingApproval, timeoutMs?: number): EventApproval {
  const { id, text, risk, request, kind, answers } = pending;
  const requestedAt = pending.since;
  return {
    approvalId: id,
    sessionId,
    category: approvalCategory(pending),
    summary: text,
    risk: risk.level === 'medium' ? 'med' : risk.level,
    context: { kind, reasons: risk.reasons, note: answers.note, ...(request.tool === undefined ? {} : { tool: request.tool }), ...(request.command === undefined ? {} : { command: request.command }), ...(request.path === undefined ? {} : { path: request.path }), ...(request.folder === undefined ? {} : { folder: request.folder }) },
    requestedAt,
    ...(timeoutMs === undefined ? {} : { timeoutAt: requestedAt + timeoutMs }),
  };
}
