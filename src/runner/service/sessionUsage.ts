// What a session used, counted from its events as they are made; and counted again from its journal after a restart.
import type { RunnerEventBody, UsageMetrics } from '../../protocol/runnerEvent.ts';

export class SessionUsage {
  readonly #files = new Set<string>();
  #bytes = 0;
  /** Commands that its hooks told of, and those that were allowed: some CLIs tell only of one or the other. */
  #commands = 0;
  #allowed = 0;
  #approvals = 0;
  /** Milliseconds before `#since`. */
  #activeMs = 0;
  #since: number | undefined;
  #told: Partial<UsageMetrics> = {};

  /** The agent works from now on, or does not. */
  setActive(active: boolean, now = Date.now()): void {
    if (this.#since !== undefined) this.#activeMs += now - this.#since;
    this.#since = active ? now : undefined;
  }

  /** Takes what an event says of use. */
  count(event: RunnerEventBody): void {
    switch (event.type) {
      case 'TERMINAL_CHUNK':
        this.#bytes += Buffer.byteLength(event.data);
        break;
      case 'FILE_TOUCHED':
        if (event.reason !== 'read') this.#files.add(event.path);
        break;
      case 'APPROVAL_REQUESTED':
        this.#approvals++;
        break;
      case 'APPROVAL_RESOLVED':
        if (event.decision === 'allow') this.#allowed++;
        break;
      case 'PROVIDER_EVENT_FORWARDED':
        if (event.providerEvent['kind'] === 'tool' && event.providerEvent['command'] !== undefined) this.#commands++;
        break;
      case 'USAGE_TICK':
      case 'TEST_RUN_STARTED':
      case 'TEST_RUN_FINISHED':
      case 'SESSION_STARTED':
      case 'SESSION_STATE_CHANGED':
      case 'SESSION_ENDED':
      case 'DIFF_SUMMARY':
      case 'ALERT_RAISED':
        break;
    }
  }

  /** Goes on from what an earlier process told last. */
  goOn({ agentSeconds, tokensIn, tokensOut, apiCalls, costUsd }: UsageMetrics): void {
    this.#activeMs = agentSeconds * 1_000;
    this.#told = { tokensIn, tokensOut, apiCalls, costUsd };
  }

  /** What is known from elsewhere: tokens and cost that the CLI reports, what its processes use at this moment. */
  take(told: Partial<UsageMetrics>): void {
    this.#told = { ...this.#told, ...told };
  }

  metrics(now = Date.now()): UsageMetrics {
    const activeMs = this.#activeMs + (this.#since === undefined ? 0 : now - this.#since);
    return {
      ...this.#told,
      agentSeconds: Math.round(activeMs / 100) / 10,
      terminalKb: Math.round((this.#bytes / 1024) * 1_000) / 1_000,
      filesTouched: this.#files.size,
      commandsRun: Math.max(this.#commands, this.#allowed),
      approvalsRequested: this.#approvals,
    };
  }
}
