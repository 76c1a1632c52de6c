// What a session's rules and its network's control kept from happening, as alerts of its journal.
import { randomUUID } from 'node:crypto';
import type { RunnerEventBody } from '../../protocol/runnerEvent.ts';
import type { DeniedEgress } from '../../runtimes/types.ts';

type AlertBody = Extract<RunnerEventBody, { readonly type: 'ALERT_RAISED' }>;

/** A program that tries again and again raises no more than so many alerts of its hosts. */
const MOST_HOSTS = 100;

const REASONS = { 'not-listed': 'it is not on the list', 'port-not-listed': 'that port is not on the list', 'private-address': 'its name leads to a private address', malformed: 'the request is none' } as const;

export function denialAlert({ approvalId, what, why, rule }: { readonly approvalId: string; readonly what: string; readonly why: string | undefined; readonly rule?: string | undefined }): AlertBody {
  return { type: 'ALERT_RAISED', alertId: randomUUID(), severity: 'warn', category: 'policy', title: 'The policy denied what the agent wanted to do', description: why ?? `It was denied: ${what}`, context: { approvalId, what, ...(rule === undefined ? {} : { rule }) } };
}

/** Its rules are not judged before the fact: `why` says what is so instead. */
export function noGateAlert(why: string): AlertBody {
  return { type: 'ALERT_RAISED', alertId: randomUUID(), severity: 'warn', category: 'policy', title: 'The rules of this session are not judged before the fact', description: why };
}

/** The attempts of one agent to reach what it may not: one alert for each host and port. */
export class EgressAlerts {
  readonly #told = new Set<string>();

  /** Undefined for what was told before. */
  take({ entry: { at, via, host, port, reason } }: DeniedEgress): AlertBody | undefined {
    const place = `${host}:${port}`;
    if (this.#told.has(place) || this.#told.size >= MOST_HOSTS) return undefined;
    this.#told.add(place);
    const why = reason === undefined ? '' : `: ${REASONS[reason]}`;
    return { type: 'ALERT_RAISED', alertId: randomUUID(), severity: 'warn', category: 'security', title: 'The agent tried to reach what it may not', description: `${place} was denied${why}.`, context: { at, via, host, port, ...(reason === undefined ? {} : { reason }) } };
  }
}
