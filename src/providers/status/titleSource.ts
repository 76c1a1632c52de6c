// The terminal's title as an observation, by the provider's rules for titles.
import { evidenceOf, type Observation } from './observation.ts';
import { matchTitle } from './screenMatch.ts';
import type { RuleSet } from './screenRules.ts';

/** A terminal's answer to a graphics probe, taken for a title (seen in Claude Code). */
const PROBE = /^Gi=\d+/;

/** Undefined where the title is none. One that no rule knows takes back what the one before it said: the program shows something else now. */
export function titleObservation(rules: RuleSet, title: string, at: number, version?: string): Observation | undefined {
  if (rules.titles.length === 0 || PROBE.test(title.trim())) return undefined;
  const match = matchTitle(rules, title, version);
  return { source: 'title', at, claim: match?.claim ?? null, evidence: evidenceOf(title), ...(match === undefined ? {} : { rule: match.rule }) };
}
