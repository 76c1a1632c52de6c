// Whom to believe: the best-ranked source that is alive, unless what ranks below it saw a change that it is blind to or has missed. Pure.
import { statusSources, type StatusClaim, type StatusSource } from '../../protocol/agentStatus.ts';
import { isHeard, type SourceView, type StatusModel } from './reducer.ts';

/** Milliseconds that a sign may still be a trace of what was before: one that was there already when the better source spoke, or that says a turn is over while its screen is being drawn. */
export const SETTLE_MS = { old: 2_000, idle: 700 } as const;

/** Milliseconds that a source may be contradicted, without a word of its own, before it counts as lost: by a dialog, by work, by the end of a turn. */
export const LOST_MS = { waiting: 1_000, working: 3_000, over: 3_000 } as const;

/** Milliseconds by which two sources may tell of the same dialog. */
const SAME_DIALOG_MS = 3_000;

export interface Verdict {
  readonly winner: SourceView | undefined;
  /** The one that said the same as the winner last; the winner itself where it did. */
  readonly latest: SourceView | undefined;
  /** A lower source's word on the same dialog or failure, where it tells more of it. */
  readonly complement: SourceView | undefined;
  /** Sources that are not to be believed any more until they speak again. */
  readonly lost: readonly StatusSource[];
  /** Unix time in ms at which a contradiction ripens. */
  readonly deadline: number | undefined;
}

const nobody: Verdict = { winner: undefined, latest: undefined, complement: undefined, lost: [], deadline: undefined };

/** The sources that claim something and are believed, the best first. */
export function liveSources(model: StatusModel): SourceView[] {
  return statusSources.flatMap((source) => {
    const view = model.sources[source];
    return source === 'process' || view === undefined || view.lost || view.latest.claim === null || !isHeard(model, source) ? [] : [view];
  });
}

/** Who is right. With `reasons`, one sentence for each step is added to it. */
export function conclude(model: StatusModel, reasons?: string[]): Verdict {
  return liveSources(model).reduceRight<Verdict>((below, view) => weigh(model, view, below, reasons), nobody);
}

/** `view` against what all that rank below it came to. */
function weigh(model: StatusModel, view: SourceView, below: Verdict, reasons: string[] | undefined): Verdict {
  const challenger = below.winner;
  const claim = view.latest.claim;
  const other = challenger?.latest.claim;
  if (claim === null) return below;
  if (challenger === undefined || other === null || other === undefined) {
    reasons?.push(`${said(view)}.`);
    return { ...below, winner: view, latest: view };
  }
  if (view.latest.source === 'gate') {
    // Nobody else sees a gate that waits; once it has ended it only says that the agent went on then.
    const stands = claim.state === 'waiting' || challenger.latest.at <= view.latest.at;
    reasons?.push(`${said(view)}; ${stands ? 'nobody else sees that' : `${said(challenger)} since then`}.`);
    return stands ? { ...below, winner: view, latest: view } : below;
  }
  if (challenger.latest.source === 'remembered') return { ...below, winner: view, latest: view };
  if (!contradicts(claim, other)) {
    reasons?.push(`${said(view)}; ${challenger.latest.source} does not contradict.`);
    return { ...below, winner: view, latest: newestOf(view, below), complement: complementOf(view, below) };
  }
  if (challenger.latest.at <= view.latest.at) {
    reasons?.push(`${said(view)}; ${said(challenger)}, which ranks below it and is older.`);
    return { ...below, winner: view, latest: view };
  }
  const isBlind = model.signals.blind?.[view.latest.source]?.includes(claim.state) === true;
  const ripe = ripeAt(isBlind, view, challenger);
  if (model.now < ripe) {
    reasons?.push(`${said(view)}; ${said(challenger)}, which ranks below it and ${isBlind ? 'may be a trace of before' : 'has to last'}: ${view.latest.source} is believed for now.`);
    return { winner: view, latest: view, complement: undefined, lost: below.lost, deadline: below.deadline === undefined ? ripe : Math.min(below.deadline, ripe) };
  }
  reasons?.push(`${said(view)}; ${said(challenger)} since then: ${view.latest.source} ${isBlind ? `cannot see the end of ${claim.state}` : 'has missed that, and counts as lost'}.`);
  return isBlind ? below : { ...below, lost: [...below.lost, view.latest.source] };
}

/** Unix time in ms from which the challenger, if it still says so, is right. */
function ripeAt(isBlind: boolean, view: SourceView, challenger: SourceView): number {
  const state = challenger.latest.claim?.state;
  const from = Math.max(view.latest.at, challenger.since);
  if (isBlind) return from + (isTrace(view, challenger) ? SETTLE_MS.old : state === 'idle' ? SETTLE_MS.idle : 0);
  if (state === 'waiting' || state === 'working') return from + LOST_MS[state];
  // A prompt that shows while the answer still streams in is no end of the turn: the pane has to be at rest.
  return challenger.latest.at + LOST_MS.over;
}

/** It may speak of what was before: it said so already then, or it has not seen the dialog yet that it says is over. */
function isTrace(view: SourceView, challenger: SourceView): boolean {
  if (challenger.since <= view.latest.at) return true;
  return view.latest.claim?.state === 'waiting' && (challenger.waitedAt ?? -Infinity) < view.since - SAME_DIALOG_MS;
}

/** `idle` says less than `error`, and does not deny it. */
function contradicts(claim: StatusClaim, below: StatusClaim): boolean {
  if (claim.state === 'error' && below.state === 'idle') return false;
  return claim.state !== below.state;
}

/** `idle` below an `error` is another state, and no word for it. */
function newestOf(view: SourceView, { latest }: Verdict): SourceView {
  return latest !== undefined && latest.latest.claim?.state === view.latest.claim?.state && latest.latest.at > view.latest.at ? latest : view;
}

function complementOf(view: SourceView, { winner, complement }: Verdict): SourceView | undefined {
  return [winner, complement].find((below) => below !== undefined && tellsOf(view, below));
}

function tellsOf({ latest: { claim }, since, elseAt }: SourceView, below: SourceView): boolean {
  const { claim: other, request } = below.latest;
  if (other === null || other.state !== claim?.state || Math.abs(below.since - since) > SAME_DIALOG_MS) return false;
  // Last heard of before the other said that it was over: that was the dialog before this one.
  if (elseAt !== undefined && below.latest.at < elseAt) return false;
  return (other.state === 'waiting' && (other.text !== '' || request !== undefined)) || (other.state === 'error' && other.message !== '');
}

function said({ latest }: SourceView): string {
  return `${latest.source} says ${latest.claim?.state ?? 'nothing'} (${latest.evidence})`;
}
