// Reads a recorded screen, as a file holds it, and says what it shows: for bug reports, the corpus and its tests.
import type { AgentStatus, StatusSource } from '../../protocol/agentStatus.ts';
import { evidenceOf, type Observation, type ProviderSignals } from './observation.ts';
import { readScreen } from './readScreen.ts';
import { advance, newStatusModel, observe, reasonsOf, type StatusModel } from './reducer.ts';
import { matchScreen } from './screenMatch.ts';
import type { RuleSet } from './screenRules.ts';
import type { Screen } from './screenTypes.ts';
import { titleObservation } from './titleSource.ts';

/** Milliseconds for which a recorded screen counts as unchanged: longer than any contradiction needs to ripen. */
const STAYS_MS = 50_000;

export interface RecordedScreen {
  readonly text: string;
  readonly title?: string | undefined;
  /** The program had ended when this was recorded; the code where it is told. */
  readonly ended?: { readonly exitCode: number | null } | undefined;
}

export interface Reading {
  readonly status: AgentStatus;
  readonly observations: readonly Observation[];
  readonly reasons: readonly string[];
}

/** A recording's last line may hold what the screen itself does not: `TITLE=[...] CMD=... dead=0`. tmux writes onto the screen that a pane is dead. */
export function readRecordedScreen(content: string): RecordedScreen {
  const found = /(?:^|\n)TITLE=\[(.*)\] CMD=([^\n]*)\s*$/.exec(content);
  const text = found === null ? content : content.slice(0, found.index);
  const dead = /(?:^|\n)Pane is dead(?: \((?:status (\d+))?[^\n]*)?\s*$/.exec(text);
  const ended = dead !== null ? { exitCode: dead[1] === undefined ? null : Number(dead[1]) } : /\bdead=1\b/.test(found?.[2] ?? '') ? { exitCode: null } : undefined;
  return { text, ...(found === null ? {} : { title: found[1] ?? '' }), ...(ended === undefined ? {} : { ended }) };
}

/** What is believed of a recording: every source that can be in it counts, whatever the provider is known to have. */
export function recordedSignals(signals: ProviderSignals | undefined): ProviderSignals {
  const inRecordings: readonly StatusSource[] = ['osc7501', 'title'];
  return { ...signals, sources: [...new Set([...(signals?.sources ?? []), ...inRecordings])] };
}

/** What the rules see on a screen, as an observation. */
export function screenObservation(rules: RuleSet, screen: Screen, at: number): Observation {
  const match = matchScreen(rules, screen);
  if (match === undefined) return { source: 'screen', at, claim: null, evidence: 'No rule matches.' };
  return { source: 'screen', at, claim: match.claim, rule: match.rule, evidence: match.evidence, ...(match.request === undefined ? {} : { request: match.request }) };
}

/** What a screen and its title mean together, as if they stayed like this. */
export function readStill(rules: RuleSet, signals: ProviderSignals | undefined, { text, title, ended }: RecordedScreen, version?: string): Reading {
  let model = newStatusModel(recordedSignals(signals), { now: 0, tells: true });
  const titled = title === undefined ? undefined : titleObservation(rules, title, 0, version);
  const shown = screenObservation(rules, readScreen(text, { title, version }), 1);
  const gone: Observation[] = ended === undefined ? [] : [{ source: 'process', at: 0, claim: { state: 'exited', exitCode: ended.exitCode }, evidence: 'The recording says that its program had ended.' }];
  const observations = [...gone, ...(titled === undefined ? [] : [titled]), shown];
  for (const observation of observations) model = observe(model, observation);
  model = advance(model, STAYS_MS);
  return { status: decided(model, shown), observations, reasons: reasonsOf(model) };
}

/** Silence is `starting` for an agent that runs; in a recording it is just nothing known. */
function decided(model: StatusModel, shown: Observation): AgentStatus {
  if (model.status.state === 'exited') return model.status;
  return model.decided ?? unknown(shown);
}

function unknown(shown: Observation): AgentStatus {
  return { state: 'unknown', reason: 'No rule matches, and no other source tells.', since: 0, source: 'screen', evidence: evidenceOf(shown.evidence) };
}
