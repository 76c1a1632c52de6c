// Whether two descriptions are of one request: a hook, a title and a screen tell of it in words of their own.
import { createHash } from 'node:crypto';
import type { ApprovalRequest, StatusSource, WaitingKind } from '../../protocol/agentStatus.ts';

export interface Asked {
  readonly kind: WaitingKind;
  readonly text: string;
  readonly request?: ApprovalRequest | undefined;
  readonly source: StatusSource;
  /** Unix time in ms. */
  readonly since: number;
}

/** Short enough to be typed, and the same in every face: it is made of what is asked, not of when. */
export function approvalId(agentId: string, asked: Asked): string {
  const what = asked.request?.id ?? `${asked.kind}\0${squeezed(asked.text)}`;
  return createHash('sha256').update(`${agentId}\0${what}`).digest('hex').slice(0, 10);
}

/** What is told of a request under way, compared with what was told before. Where neither says enough, the time of the wait decides. */
export function sameRequest(before: Asked, now: Asked): boolean {
  if (before.source === now.source && before.request !== undefined && now.request !== undefined) return before.request.id === now.request.id;
  const verdict = sameWords(before.request?.command, now.request?.command) ?? samePath(before.request?.path, now.request?.path);
  if (verdict !== undefined) return verdict;
  if (before.source === now.source) return before.kind === now.kind && squeezed(before.text) === squeezed(now.text);
  return before.since === now.since;
}

/** As for `sameRequest`, between what a person saw and what a dialog shows: undefined where it cannot be told. */
export function sameDialog(asked: Pick<Asked, 'kind' | 'request'>, shown: Pick<Asked, 'kind' | 'request'>): boolean | undefined {
  if (asked.kind !== 'other' && shown.kind !== 'other' && asked.kind !== shown.kind) return false;
  if (asked.request?.id !== undefined && asked.request.id === shown.request?.id) return true;
  return sameWords(asked.request?.command, shown.request?.command) ?? samePath(asked.request?.path, shown.request?.path);
}

/** Whether a dialog is certainly the one that was told of whole, and shows no more than that: what goes on behind the same beginning is another command. */
export function isWholeDialog(told: ApprovalRequest, shown: Pick<Asked, 'kind' | 'request'>): boolean {
  const more = bare(shown.request?.command ?? '').length > bare(told.command ?? '').length;
  return !more && sameDialog({ kind: 'permission', request: told }, shown) === true;
}

/** Screens wrap and cut what they show. */
function sameWords(one: string | undefined, other: string | undefined): boolean | undefined {
  if (one === undefined || other === undefined) return undefined;
  const [short, long] = [bare(one), bare(other)].sort((a, b) => a.length - b.length);
  if (short === undefined || long === undefined || short === '') return undefined;
  return short === long || (short.length >= 40 && long.startsWith(short));
}

function samePath(one: string | undefined, other: string | undefined): boolean | undefined {
  if (one === undefined || other === undefined) return undefined;
  const [short, long] = [one, other].sort((a, b) => a.length - b.length);
  return short === long || (long ?? '').endsWith(`/${(short ?? '').replace(/^(?:\.\/|~\/|…\/?)/, '')}`);
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Without blanks and without the dots of a cut. */
function bare(text: string): string {
  return text.replace(/\s+/g, '').replace(/(?:…|\.\.\.)$/, '');
}
