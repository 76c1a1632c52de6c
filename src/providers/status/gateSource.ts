// A policy's gate that waits for an answer, as a source of status: no other source sees it, and what it holds up is the agent.
import { readPayload, requestOf } from '../hooks/hookPayload.ts';
import { GATE_EVENT, LEFT_EVENT, TAKEN_EVENT } from '../hooks/reporter.ts';
import type { HookReport } from './hookReport.ts';
import { evidenceOf, type Observation } from './observation.ts';
import type { Reading } from './signalReader.ts';

/** For one agent: its reports in order. */
export class GateSource {
  /** By the channel on which each waits; the latest is what is shown. */
  readonly #waiting = new Map<string, HookReport>();

  /** Adds what a report says of gates. */
  seen(reading: Reading | undefined): Reading | undefined {
    const report = reading?.report;
    if (report?.answerTo === undefined) return reading;
    if (report.event === GATE_EVENT) {
      this.#waiting.set(report.answerTo, report);
      return { report, observation: asking(report, report.at) };
    }
    const ended = report.event === TAKEN_EVENT || report.event === LEFT_EVENT;
    if (!ended || !this.#waiting.delete(report.answerTo)) return reading;
    const next = [...this.#waiting.values()].at(-1);
    return { report, observation: next === undefined ? { source: 'gate', at: report.at, claim: { state: 'working' }, evidence: 'the gate was answered', rule: report.event } : asking(next, report.at) };
  }
}

function asking(report: HookReport, at: number): Observation {
  const request = requestOf(report.id, readPayload(report.payload));
  const what = request.command ?? request.path ?? '';
  const text = [request.tool, what].filter((part) => part !== undefined && part !== '').join(': ');
  return { source: 'gate', at, claim: { state: 'waiting', kind: 'permission', text }, evidence: evidenceOf(`the policy asks: ${text}`), rule: GATE_EVENT, request };
}
