// How much a session may use, and what happens when it has: a pure rule, and a watcher that acts by it, once for each limit.
import type { Disposable } from '../../base/disposable.ts';
import type { Billing } from '../../protocol/sessionConfig.ts';

export type LimitAction = 'pause' | 'stop';

export interface SessionLimits {
  /** Milliseconds from its first run to its end. */
  readonly maxDurationMs?: number | undefined;
  /** US dollars; counts only where the CLI tells its cost. */
  readonly maxCostUsd?: number | undefined;
  /** Tokens in and out together; counts only where the CLI tells them. */
  readonly maxTokens?: number | undefined;
  /** Minutes at work today, of all sessions that share the limit. */
  readonly maxDailyMinutes?: number | undefined;
  /** What is done when its time is over. Default: `stop`. */
  readonly onTime?: LimitAction | undefined;
  /** What is done when its budget is spent: a person may allow more. Default: `pause`. */
  readonly onBudget?: LimitAction | undefined;
}

/** Where a session stands; what is not known is absent and breaks no limit. */
export interface LimitFacts {
  readonly durationMs?: number | undefined;
  readonly costUsd?: number | undefined;
  readonly tokens?: number | undefined;
  readonly minutesToday?: number | undefined;
}

export interface Breach {
  readonly limit: 'maxDurationMs' | 'maxCostUsd' | 'maxTokens' | 'maxDailyMinutes';
  readonly action: LimitAction;
  /** For people: what was reached. */
  readonly sentence: string;
}

/** Of what a customer's plan allows. */
export function limitsOfBilling(billing: Billing | undefined): SessionLimits {
  return { maxDurationMs: billing?.limits.maxSessionDurationMs, maxDailyMinutes: billing?.limits.maxDailyMinutes };
}

/** Every limit that is reached; those that stop come first. */
export function breaches(limits: SessionLimits, facts: LimitFacts): readonly Breach[] {
  const { onTime = 'stop', onBudget = 'pause' } = limits;
  const found: Breach[] = [];
  const check = (limit: Breach['limit'], value: number | undefined, action: LimitAction, sentence: (allowed: number) => string): void => {
    const allowed = limits[limit];
    if (allowed !== undefined && value !== undefined && value >= allowed) found.push({ limit, action, sentence: sentence(allowed) });
  };
  check('maxDurationMs', facts.durationMs, onTime, (allowed) => `Its time is over: ${inMinutes(allowed)} were allowed.`);
  check('maxDailyMinutes', facts.minutesToday, onTime, (allowed) => `The time of this day is used up: ${inMinutes(allowed * 60_000)} were allowed.`);
  check('maxCostUsd', facts.costUsd, onBudget, (allowed) => `Its budget is spent: $${allowed.toFixed(2)} were allowed.`);
  check('maxTokens', facts.tokens, onBudget, (allowed) => `Its budget is spent: ${allowed} tokens were allowed.`);
  return found.toSorted((a, b) => Number(a.action === 'pause') - Number(b.action === 'pause'));
}

/** The longest time that a timer of Node takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface LimitWatcherOptions {
  readonly limits: SessionLimits;
  /** Asked at each check. */
  readonly facts: () => LimitFacts;
  /** Called once for each limit that is reached; a limit that paused counts again after `rearm`. */
  readonly act: (breach: Breach) => void;
}

/** `check` is to be called when use is told; time needs no call. */
export class LimitWatcher implements Disposable {
  readonly #options: LimitWatcherOptions;
  readonly #acted = new Set<Breach['limit']>();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(options: LimitWatcherOptions) {
    this.#options = options;
    this.check();
  }

  check(): void {
    if (this.#disposed) return;
    const { limits, facts, act } = this.#options;
    const now = facts();
    for (const breach of breaches(limits, now)) {
      if (this.#acted.has(breach.limit)) continue;
      this.#acted.add(breach.limit);
      act(breach);
      // Whatever else is reached: it is being stopped.
      if (breach.action === 'stop') return this.dispose();
    }
    this.#wait(now);
  }

  /** A person let it go on: what is over its limits then acts again at the next check. */
  rearm(): void {
    this.#acted.clear();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #wait({ durationMs, minutesToday }: LimitFacts): void {
    clearTimeout(this.#timer);
    const { maxDurationMs, maxDailyMinutes } = this.#options.limits;
    const left = [
      ...(maxDurationMs === undefined || durationMs === undefined ? [] : [maxDurationMs - durationMs]),
      ...(maxDailyMinutes === undefined || minutesToday === undefined ? [] : [(maxDailyMinutes - minutesToday) * 60_000]),
    ].filter((ms) => ms > 0);
    if (left.length > 0) this.#timer = setTimeout(() => this.check(), Math.min(LONGEST_TIMER, Math.ceil(Math.min(...left)) + 1)).unref();
  }
}

function inMinutes(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} seconds` : `${Math.round(ms / 60_000)} minutes`;
}
