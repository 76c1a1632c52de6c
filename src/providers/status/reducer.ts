// The one place that decides what an agent is doing: pure, from the latest words of every source, by rank, freshness and what each source is known to miss.
import { isDeepStrictEqual } from 'node:util';
import { statusSources, type AgentStatus, type StatusClaim, type StatusSource } from '../../protocol/agentStatus.ts';
import type { Observation, ProviderSignals } from './observation.ts';
import { conclude, liveSources, type Verdict } from './verdict.ts';

/** Milliseconds in which an agent may say nothing at all before it counts as `unknown` instead of `starting`. */
export const STARTING_MS = 60_000;

/** Milliseconds after the start in which a first `idle` is not taken from a source that is blind to it. */
export const READY_MS = 10_000;

/** Milliseconds by which words of one source do not come out of order. */
const CLOCK_STEP_MS = 60_000;

/** The latest of one source. */
export interface SourceView {
  readonly latest: Observation;
  /** Unix time in ms since when it has claimed this. */
  readonly since: number;
  /** Unix time in ms at which it last claimed `waiting`: that it saw the dialog makes its word on the end of it worth more. */
  readonly waitedAt: number | undefined;
  /** Unix time in ms at which it last claimed something else than now. */
  readonly elseAt: number | undefined;
  /** It missed a change that others saw: not believed until it speaks again. */
  readonly lost: boolean;
}

export interface StatusModel {
  readonly signals: ProviderSignals;
  /** Whether any source or rule can tell what this program does. */
  readonly tells: boolean;
  /** Unix time in ms at which the agent was started. */
  readonly startedAt: number;
  /** Unix time in ms up to which this model was brought. */
  readonly now: number;
  readonly sources: Readonly<Partial<Record<StatusSource, SourceView>>>;
  /** What the evidence says, its process aside: what an agent goes back to when its place can be reached again. */
  readonly decided: AgentStatus | undefined;
  /** Unix time in ms of the observation that `decided` rests on. */
  readonly decidedAt: number;
  /** Unix time in ms of the observation that the state before rested on: what was said earlier is no word on the state that is decided now. */
  readonly after: number;
  readonly status: AgentStatus;
  /** Unix time in ms at which `advance` may change the status although nobody speaks. */
  readonly deadline: number | undefined;
}

export interface ModelOptions {
  /** Unix times in ms. */
  readonly now: number;
  readonly startedAt?: number;
  /** False for a program without sources and rules: nobody will tell. */
  readonly tells?: boolean;
}

/** The model of an agent of which nothing is known yet. A program without signals is believed by its OSC 7501, as any may send it, and by the titles that somebody wrote rules for. */
export function newStatusModel(signals: ProviderSignals | undefined, { now, startedAt = now, tells }: ModelOptions): StatusModel {
  const known = signals ?? { sources: ['osc7501', 'title'] };
  const blank: StatusClaim = { state: 'starting' };
  const status: AgentStatus = { ...blank, since: startedAt, source: 'process', evidence: 'It was started.' };
  const model: StatusModel = { signals: known, tells: tells ?? known.sources.length > 0, startedAt, now, sources: {}, decided: undefined, decidedAt: 0, after: 0, status, deadline: undefined };
  return decide(model);
}

/** Takes what one source says. An observation older than the source's latest changes nothing. */
export function observe(current: StatusModel, observation: Observation): StatusModel {
  const model = turnedBack(current, observation);
  const before = model.sources[observation.source];
  if (before !== undefined && observation.at < before.latest.at) return model;
  const since = before !== undefined && sameClaim(before.latest, observation) ? before.since : observation.at;
  const waitedAt = observation.claim?.state === 'waiting' ? observation.at : before?.waitedAt;
  const elseAt = before === undefined || before.latest.claim?.state === observation.claim?.state ? before?.elseAt : before.latest.at;
  const view: SourceView = { latest: observation, since, waitedAt, elseAt, lost: false };
  if (before !== undefined && !before.lost && isRepetition(model, before.latest, observation)) {
    // A spinner in a title, many times a second: nothing to weigh.
    const decidedAt = model.decided?.source === observation.source ? observation.at : model.decidedAt;
    return { ...model, now: Math.max(model.now, observation.at), decidedAt, sources: { ...model.sources, [observation.source]: view } };
  }
  return decide({ ...model, now: Math.max(model.now, observation.at), sources: { ...model.sources, [observation.source]: view } });
}

/** An observation from long before its source's latest: the clock was set back. What was heard until then counts as heard just before, or nobody would be believed until the clock is there again. */
function turnedBack(model: StatusModel, { source, at }: Observation): StatusModel {
  if (at > (model.sources[source]?.latest.at ?? 0) - CLOCK_STEP_MS) return model;
  const views = Object.entries(model.sources).map(([name, view]) => [name, { ...view, since: Math.min(view.since, at), latest: { ...view.latest, at: Math.min(view.latest.at, at) } }] as const);
  return { ...model, now: at, decidedAt: Math.min(model.decidedAt, at), after: Math.min(model.after, at), sources: Object.fromEntries(views) };
}

/** Lets time pass: contradictions ripen, and silence since the start becomes `unknown`. */
export function advance(model: StatusModel, now: number): StatusModel {
  return now <= model.now ? model : decide({ ...model, now });
}

/** Unix time in ms at which to call `advance`; undefined where time alone changes nothing. */
export function nextDeadline(model: StatusModel): number | undefined {
  return model.deadline;
}

/** One sentence for each step of the decision. */
export function reasonsOf(model: StatusModel): string[] {
  const reasons: string[] = [];
  const { process } = model.sources;
  const claim = process?.latest.claim;
  if (claim?.state === 'exited' || claim?.state === 'unknown') return [`process: ${process?.latest.evidence ?? ''}: nothing else counts.`];
  const spoken = statusSources.filter((source) => source !== 'process' && model.sources[source] !== undefined);
  for (const source of spoken) {
    const view = model.sources[source];
    if (view === undefined) continue;
    if (!isHeard(model, source)) reasons.push(`${source}: not believed, this provider is not known to have it.`);
    else if (view.lost) reasons.push(`${source}: lost, it missed a change that others saw, and has been silent since.`);
    else if (view.latest.claim === null) reasons.push(`${source}: has nothing to say, which proves nothing.`);
  }
  conclude(model, reasons);
  if (model.decided === undefined) reasons.push(model.tells ? 'No source has told anything yet.' : 'No source tells what this program does.');
  else if (isHeld(model)) reasons.push(`Held: ${model.decided.state} (${model.decided.source}: ${model.decided.evidence}) stays until a newer sign of something else.`);
  else reasons.push(`Decided: ${model.decided.state}, by ${model.decided.source}.`);
  return reasons;
}

/** True where a source of this name counts for this provider. */
export function isHeard({ signals }: StatusModel, source: StatusSource): boolean {
  return source === 'process' || source === 'gate' || source === 'screen' || source === 'remembered' || signals.sources.includes(source);
}

function decide(model: StatusModel): StatusModel {
  const verdict = conclude(model);
  const sources = verdict.lost.length === 0 ? model.sources : { ...model.sources, ...Object.fromEntries(verdict.lost.map((source) => [source, { ...model.sources[source], lost: true }])) };
  const next = { ...model, sources, ...decision(model, verdict) };
  return { ...next, status: statusOf(next), deadline: earliest(verdict.deadline, earliest(silenceDeadline(next), readyDeadline(next, verdict))) };
}

/** The winner's claim, unless it is older than what the present decision rests on: what was seen is not undone by what was said before it. */
function decision(model: StatusModel, verdict: Verdict): Pick<StatusModel, 'decided' | 'decidedAt' | 'after'> {
  const { decided, decidedAt, after } = model;
  const complement = verdict.complement?.latest;
  const isOld = verdict.winner !== undefined && decided !== undefined && verdict.winner.latest.at < (verdict.winner.latest.claim?.state === decided.state ? after : decidedAt);
  // A lower source that agrees may be the one that saw the change.
  const winner = isOld ? verdict.latest : verdict.winner;
  if (winner === undefined) {
    // What was remembered holds only as long as nothing happened.
    const isOver = decided?.source === 'remembered' && model.sources.remembered?.latest.claim === null;
    return isOver ? { decided: undefined, decidedAt: 0, after: 0 } : { decided, decidedAt, after };
  }
  const { latest, since } = winner;
  const { claim } = latest;
  if (claim === null || (decided !== undefined && claim.state !== decided.state && latest.at < decidedAt)) return { decided, decidedAt, after };
  if (isTooEarly(model, winner)) return { decided, decidedAt, after };
  const request = latest.request ?? complement?.request;
  const asked = claim.state === 'waiting' && complement?.claim?.state === 'waiting' ? complement.claim : undefined;
  const told = withMore(claim, complement?.claim);
  const kept = asked === undefined && told.state === 'waiting' && told.kind === 'other' && decided?.state === 'waiting' && decided.source === latest.source && since <= decidedAt ? decided : undefined;
  const status: AgentStatus = {
    ...told,
    // What was known of this very wait stays known, though who told it is silent now.
    ...(kept === undefined ? {} : { kind: kept.kind, text: kept.text, ...(kept.request === undefined ? {} : { request: kept.request }) }),
    since: decided?.state === claim.state && !isAnotherRequest(decided, latest) ? decided.since : since,
    source: latest.source,
    ...(latest.rule === undefined ? {} : { rule: latest.rule }),
    evidence: latest.evidence,
    ...(request === undefined || claim.state !== 'waiting' ? {} : { request }),
  };
  const stays = decided?.state === claim.state;
  return { decided: sameStatus(decided, status) ? decided : status, decidedAt: Math.max(latest.at, stays ? decidedAt : 0), after: stays ? after : decidedAt };
}

/** A claim with the words that a lower source has for it, where it has none itself. */
function withMore(claim: StatusClaim, below: StatusClaim | null | undefined): StatusClaim {
  if (claim.state === 'waiting' && below?.state === 'waiting') return { ...claim, text: claim.text || below.text, kind: claim.kind === 'other' ? below.kind : claim.kind };
  if (claim.state === 'error' && below?.state === 'error') return { ...claim, message: claim.message || below.message };
  return claim;
}

/** The same source asks something else now: a wait of its own, though no other state was seen between. */
function isAnotherRequest(decided: AgentStatus, { source, request, claim }: Observation): boolean {
  return claim?.state === 'waiting' && decided.source === source && decided.request !== undefined && request !== undefined && decided.request.id !== request.id;
}

/** A source that calls a program ready before its first dialog (Gemini's title) needs another one to agree, as long as the program may still be starting. */
function isTooEarly({ decided, signals, startedAt, now, ...model }: StatusModel, { latest }: SourceView): boolean {
  if (decided !== undefined || latest.claim?.state !== 'idle' || signals.blind?.[latest.source]?.includes('idle') !== true || now >= startedAt + READY_MS) return false;
  return !Object.values(model.sources).some((view) => view.latest.source !== latest.source && view.latest.claim?.state === 'idle');
}

function statusOf(model: StatusModel): AgentStatus {
  const { process } = model.sources;
  const claim = process?.latest.claim;
  const before = model.status;
  if (process !== undefined && claim !== null && claim !== undefined && (claim.state === 'exited' || claim.state === 'unknown')) {
    return sameOr(before, { ...claim, since: process.since, source: 'process', evidence: process.latest.evidence });
  }
  if (model.decided !== undefined) return model.decided;
  if (!model.tells) return sameOr(before, { ...unknown('No source tells what this program does.'), since: model.startedAt, source: 'process', evidence: 'It runs.' });
  const silentSince = model.startedAt + STARTING_MS;
  if (model.now < silentSince) return sameOr(before, { state: 'starting', since: model.startedAt, source: 'process', evidence: 'It was started.' });
  return sameOr(before, { ...unknown('No source has told anything yet.'), since: silentSince, source: 'process', evidence: 'It runs.' });
}

function unknown(reason: string): StatusClaim {
  return { state: 'unknown', reason };
}

function isHeld(model: StatusModel): boolean {
  const winner = conclude(model).winner;
  return winner === undefined || winner.latest.claim?.state !== model.decided?.state;
}

function silenceDeadline(model: StatusModel): number | undefined {
  const deadline = model.startedAt + STARTING_MS;
  return model.tells && model.decided === undefined && model.now < deadline && liveSources(model).length === 0 ? deadline : undefined;
}

function readyDeadline(model: StatusModel, { winner }: Verdict): number | undefined {
  return winner !== undefined && isTooEarly(model, winner) ? model.startedAt + READY_MS : undefined;
}

/** A source says once more what it said, what is decided, and what nobody contradicts. */
function isRepetition({ decided, deadline, status }: StatusModel, before: Observation, { source, claim, rule }: Observation): boolean {
  // A gate and the others count by who spoke last: also the same word is news then.
  if (source === 'gate' || status.source === 'gate') return false;
  if (claim === null || claim.state === 'waiting' || claim.state === 'error' || deadline !== undefined) return false;
  return before.claim?.state === claim.state && before.rule === rule && decided === status && status.state === claim.state;
}

function sameClaim(one: Observation, other: Observation): boolean {
  if (one.claim?.state !== other.claim?.state) return false;
  if (one.claim?.state !== 'waiting' || other.claim?.state !== 'waiting') return true;
  return one.claim.kind === other.claim.kind && one.request?.id === other.request?.id;
}

function sameOr(before: AgentStatus, status: AgentStatus): AgentStatus {
  return sameStatus(before, status) ? before : status;
}

/** The same but for the evidence: a spinner in a title, or another event that says the same, is no news. */
function sameStatus(one: AgentStatus | undefined, other: AgentStatus): boolean {
  return one !== undefined && isDeepStrictEqual({ ...one, evidence: '', rule: '' }, { ...other, evidence: '', rule: '' });
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
