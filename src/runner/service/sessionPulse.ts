// What a session uses, looked at with each heartbeat: told, compared with its thresholds, and held to its limits.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { waitFor } from '../../base/wait.ts';
import type { RunnerEvent, RunnerEventBody, UsageMetrics } from '../../protocol/runnerEvent.ts';
import { UsageAlerts, type UsageThresholds } from '../../sessions/usage/alerts.ts';
import { LimitWatcher, type Breach, type SessionLimits } from '../../sessions/usage/limits.ts';
import { heartbeat } from './heartbeat.ts';
import { SessionUsage } from './sessionUsage.ts';

export interface SessionPulseParts {
  readonly providerId: string;
  /** Milliseconds. */
  readonly heartbeatMs: number;
  readonly thresholds: UsageThresholds;
  readonly limits: SessionLimits;
  /** Unix time in ms. */
  readonly createdAt: number;
  /** Of all sessions that share the daily limit. */
  readonly minutesToday: () => number;
  readonly measure: (() => Promise<Partial<UsageMetrics>>) | undefined;
  /** Whether there is somebody to look at. */
  readonly isAlive: () => boolean;
  readonly append: (body: RunnerEventBody) => void;
  readonly act: (breach: Breach) => void;
}

/** Milliseconds that a last look may take. */
const LAST_LOOK_MS = 3_000;

export class SessionPulse implements Disposable {
  readonly usage = new SessionUsage();
  readonly #parts: SessionPulseParts;
  readonly #alerts: UsageAlerts;
  readonly #owned = new DisposableStore();
  #watcher: LimitWatcher | undefined;
  #lastTick: number;

  constructor(parts: SessionPulseParts) {
    this.#parts = parts;
    this.#alerts = new UsageAlerts(parts.thresholds);
    this.#lastTick = parts.createdAt;
  }

  begin(): void {
    const { heartbeatMs, limits, createdAt, minutesToday, act } = this.#parts;
    this.#owned.add(heartbeat(heartbeatMs, () => this.#beat()));
    const facts = (): { durationMs: number; costUsd: number | undefined; tokens: number | undefined; minutesToday: number | undefined } => {
      const { costUsd, tokensIn, tokensOut } = this.usage.metrics();
      return { durationMs: Date.now() - createdAt, costUsd, tokens: tokensIn === undefined && tokensOut === undefined ? undefined : (tokensIn ?? 0) + (tokensOut ?? 0), minutesToday: limits.maxDailyMinutes === undefined ? undefined : minutesToday() };
    };
    this.#watcher = this.#owned.add(new LimitWatcher({ limits, facts, act }));
  }

  /** What the journal of an earlier process says. */
  remember(event: RunnerEvent): void {
    this.usage.count(event);
    if (event.type !== 'USAGE_TICK') return;
    this.usage.goOn(event.units);
    this.#lastTick = event.ts;
  }

  /** The last look before its agent ends. Never fails. */
  async last(): Promise<void> {
    this.#owned.dispose();
    if (this.#parts.measure === undefined) return;
    await waitFor(this.#look(), { timeoutMs: LAST_LOOK_MS, what: 'what the session used' }).catch(() => undefined);
    this.#tick();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #beat(): Promise<void> {
    const { isAlive, append } = this.#parts;
    if (!isAlive()) return;
    await this.#look().catch(() => undefined);
    if (!isAlive()) return;
    this.#tick();
    for (const alert of this.#alerts.check(this.usage.metrics())) append(alert);
    this.#watcher?.check();
  }

  async #look(): Promise<void> {
    this.usage.take((await this.#parts.measure?.()) ?? {});
  }

  #tick(): void {
    const now = Date.now();
    this.#parts.append({ type: 'USAGE_TICK', providerId: this.#parts.providerId, units: this.usage.metrics(), intervalMs: Math.max(0, now - this.#lastTick) });
    this.#lastTick = now;
  }
}
