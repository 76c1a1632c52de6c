// Makes the entry of a request: its words, its risk, and which answers can be given from here.
import type { ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { ScreenMatch } from '../../providers/status/screenTypes.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import type { Judge } from '../policy/loadJudge.ts';
import { optionLabel, TAKES_TEXT } from './answerKeys.ts';
import type { WaitingStatus } from './approvalInbox.ts';
import type { Judgement } from '../policy/spec/judgeTool.ts';
import type { PendingApproval, PossibleAnswers } from './pendingApproval.ts';
import { sameDialog } from './sameRequest.ts';

export interface Described {
  readonly agent: AgentInfo;
  readonly status: WaitingStatus;
  readonly id: string;
  readonly told: ApprovalRequest | undefined;
  /** Absolute, as the agent sees it. */
  readonly workspace: string;
  /** What the screen shows; undefined where it shows nothing that the rules know, or was not looked at. */
  readonly shown: ScreenMatch | undefined;
  /** Whether the CLI's own ways (a hook that waits, a channel) take an answer to it. */
  readonly ownWay: boolean;
  /** Whether its channel takes words as the answer to a question. */
  readonly takesWords: boolean;
  readonly judge: Judge;
}

/** Pure. */
export function describeApproval({ agent, status, id, told, workspace, shown, ownWay, takesWords, judge }: Described): PendingApproval {
  const match = shown?.claim.state === 'waiting' && sameDialog(status, { kind: shown.claim.kind, request: shown.request }) !== false ? shown : undefined;
  const kind = status.kind === 'other' && match?.claim.state === 'waiting' ? match.claim.kind : status.kind;
  const request = mergedRequest(status.request, match?.request, id);
  const words = [status.text, request.command, request.path, match?.claim.state === 'waiting' ? match.claim.text : undefined].find((text) => text !== undefined && text.trim() !== '');
  return {
    id,
    agent,
    kind,
    text: words?.trim() ?? defaultText(kind),
    request,
    ...(told === undefined ? {} : { told }),
    since: status.since,
    source: status.source,
    risk: judge.judgeRisk({ kind, request, workspace }),
    category: judge.categoryOf(request, workspace),
    answers: possibleAnswers({ kind, request, match, ownWay, takesWords, judge }),
    ...(match?.dialog === undefined ? {} : { fingerprint: match.dialog.fingerprint }),
  };
}

/** The entry with what the rules of its session say. What they want asked each time is never allowed for good. Pure. */
export function underRules(approval: PendingApproval, rules: Judgement): PendingApproval {
  if (rules.verdict === 'allow') return { ...approval, rules };
  return { ...approval, rules, ...(rules.verdict === 'ask' ? { category: rules.category } : {}), risk: { level: 'high', reasons: [rules.reason, ...approval.risk.reasons] }, answers: { ...approval.answers, always: false } };
}

/** The CLI's own words of what it asks count; the screen fills in what they leave out. */
function mergedRequest(told: ApprovalRequest | undefined, shown: ApprovalRequest | undefined, id: string): ApprovalRequest {
  return { ...shown, ...told, id: told?.id ?? shown?.id ?? id };
}

interface Possible extends Pick<Described, 'ownWay' | 'takesWords' | 'judge'> {
  readonly kind: PendingApproval['kind'];
  readonly request: ApprovalRequest;
  readonly match: ScreenMatch | undefined;
}

function possibleAnswers({ kind, request, match, ownWay, takesWords, judge }: Possible): PossibleAnswers {
  const answers = match?.dialog?.answers;
  const options = match?.dialog?.options ?? [];
  const permission = kind === 'permission';
  // A login needs an account: nothing of it is answered unseen.
  const keys = kind !== 'login';
  const approve = (permission && ownWay) || (keys && answers?.approve !== undefined);
  return {
    approve,
    deny: (permission && ownWay) || (keys && answers?.deny !== undefined),
    always: permission && approve && (answers?.always !== undefined || judge.ruleOf(request) !== undefined),
    options: kind === 'question' ? options.flatMap(({ label }, index) => (answers?.choose?.[index] === undefined || TAKES_TEXT.test(label) ? [] : [{ number: index + 1, label: optionLabel(label) }])) : [],
    note: permission && (ownWay || answers?.deny !== undefined),
    text: kind === 'question' && (takesWords || options.some(({ label }) => TAKES_TEXT.test(label))),
  };
}

function defaultText(kind: PendingApproval['kind']): string {
  switch (kind) {
    case 'permission':
      return 'It asks for a permission.';
    case 'question':
      return 'It asks a question.';
    case 'trust':
      return 'It asks whether this folder is to be trusted.';
    case 'login':
      return 'It asks for an account.';
    case 'other':
      return 'It waits for an answer.';
  }
}
