// Thresholds of use: an alert when one is passed, one only until the use has fallen well below it again.
import { randomUUID } from 'node:crypto';
import type { RunnerEventBody, UsageMetrics } from '../../protocol/runnerEvent.ts';

/** Each in the unit of its metric; what is absent raises nothing. */
export type UsageThresholds = Readonly<Partial<Record<'cpuPercent' | 'memoryBytes' | 'diskBytes' | 'pids' | 'costUsd' | 'tokensOut' | 'tokensIn' | 'agentSeconds' | 'terminalKb', number | undefined>>>;

export type AlertBody = Extract<RunnerEventBody, { type: 'ALERT_RAISED' }>;

type Metric = keyof UsageThresholds;

/** A use below this share of its threshold may raise an alert again. */
const REARMED_BELOW = 0.9;

const names: Readonly<Record<Metric, { readonly title: string; readonly shown: (value: number) => string }>> = {
  cpuPercent: { title: 'High CPU use', shown: (value) => `${Math.round(value)} % of a core` },
  memoryBytes: { title: 'High memory use', shown: inMegabytes },
  diskBytes: { title: 'Much written to disk', shown: inMegabytes },
  pids: { title: 'Many processes', shown: (value) => `${value} processes` },
  costUsd: { title: 'Cost', shown: (value) => `$${value.toFixed(2)}` },
  tokensIn: { title: 'Tokens in', shown: (value) => `${value} tokens` },
  tokensOut: { title: 'Tokens out', shown: (value) => `${value} tokens` },
  agentSeconds: { title: 'Long at work', shown: (value) => `${Math.round(value)} s` },
  terminalKb: { title: 'Much terminal output', shown: (value) => `${Math.round(value)} KB` },
};

export class UsageAlerts {
  readonly #thresholds: UsageThresholds;
  readonly #raised = new Set<Metric>();

  constructor(thresholds: UsageThresholds) {
    this.#thresholds = thresholds;
  }

  /** The alerts that this use raises: the body of an event each. */
  check(usage: Partial<UsageMetrics>): AlertBody[] {
    const alerts: AlertBody[] = [];
    for (const metric of Object.keys(names) as Metric[]) {
      const threshold = this.#thresholds[metric];
      const value = usage[metric];
      if (threshold === undefined || value === undefined) continue;
      if (value < threshold * REARMED_BELOW) this.#raised.delete(metric);
      else if (value >= threshold && !this.#raised.has(metric)) {
        this.#raised.add(metric);
        alerts.push(alertOf(metric, value, threshold));
      }
    }
    return alerts;
  }
}

function alertOf(metric: Metric, value: number, threshold: number): AlertBody {
  const { title, shown } = names[metric];
  const description = `${shown(value)}; the threshold is ${shown(threshold)}.`;
  return { type: 'ALERT_RAISED', alertId: randomUUID(), severity: 'warn', category: 'performance', title, description, context: { metric, value, threshold } };
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
