// What the one notification about waiting agents says: a pure function from what waits and what was put off. Knows no VS Code.
import type { PendingApproval } from '../../sessions/approvals/pendingApproval.ts';
import { Commands } from '../ids.ts';
import { notificationText } from '../shownText.ts';
import { countWords, headline, needsLook, riskWords } from './inboxWords.ts';

/** Names one request in the arguments of a command. What is asked twice has one id, so the time at which it was asked belongs to it. */
export interface ApprovalTarget {
  readonly approvalId: string;
  readonly since: number;
}

export function targetOf({ id, since }: PendingApproval): ApprovalTarget {
  return { approvalId: id, since };
}

/** One text for one request. */
export function requestKey({ id, since }: Pick<PendingApproval, 'id' | 'since'>): string {
  return `${id}@${since}`;
}

export interface Announcement {
  /** In the little Markdown of notifications: text and links to commands. */
  readonly message: string;
  /** The keys of the requests it is about. */
  readonly keys: readonly string[];
}

/** Names that a notification about several lists. */
const NAMES = 4;

/** What to show; undefined when nothing waits that was not put off (`putOff` holds keys). One request has its answers in it, several lead to the inbox. */
export function announcement(pending: readonly PendingApproval[], putOff: ReadonlySet<string>, now: number): Announcement | undefined {
  const news = pending.filter((approval) => !putOff.has(requestKey(approval)));
  const [first] = news;
  if (first === undefined) return undefined;
  return { keys: news.map(requestKey), message: news.length === 1 ? single(first, now) : several(news) };
}

function single(approval: PendingApproval, now: number): string {
  const target = targetOf(approval);
  const { answers } = approval;
  const risk = approval.risk.level === 'high' ? riskWords(approval) : '';
  const links = [
    ...(answers.approve ? [link(needsLook(approval, 'request', now) ? 'Review…' : 'Approve', Commands.approve, target)] : []),
    ...(approval.kind === 'question' ? [link('Answer…', Commands.answerQuestion, target)] : []),
    ...(answers.deny ? [link('Deny', Commands.deny, target)] : []),
    link('Open Terminal', Commands.openWaiting, target),
  ];
  return `${notificationText(headline(approval), 260)}${risk === '' ? '' : ` (${notificationText(risk)})`} \u2014 ${links.join(' \u00b7 ')}`;
}

function several(approvals: readonly PendingApproval[]): string {
  const names = [...new Set(approvals.map(({ agent }) => notificationText(agent.name, 40)))];
  const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : '';
  return `${countWords(approvals.length)}: ${names.slice(0, NAMES).join(', ')}${more} \u2014 ${link('Show Inbox', Commands.inbox)}`;
}

function link(title: string, command: string, argument?: unknown): string {
  // A parenthesis would end the link.
  const query = argument === undefined ? '' : `?${encodeURIComponent(JSON.stringify([argument])).replace(/[()]/g, (sign) => (sign === '(' ? '%28' : '%29'))}`;
  return `[${title}](command:${command}${query})`;
}
