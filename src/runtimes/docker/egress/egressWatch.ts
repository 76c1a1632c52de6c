// Hears of every denied attempt of the restricted agents that run, by following the logs of their proxies.
import type { Disposable } from '../../../base/disposable.ts';
import { isAgentsError, messageOf } from '../../../base/errors.ts';
import { Emitter } from '../../../base/event.ts';
import type { Log } from '../../../base/log.ts';
import type { DeniedEgress } from '../../types.ts';
import type { Egress } from './egress.ts';

export class EgressWatch implements Disposable {
  readonly #egress: Pick<Egress, 'followAudit'>;
  readonly #log: Log;
  readonly #denied = new Emitter<DeniedEgress>();
  readonly #following = new Map<string, AbortController>();
  /** Unix time in ms up to which an agent's attempts were heard; for those not named here, `#from`. */
  readonly #heard = new Map<string, number>();
  #from = Date.now();

  constructor(egress: Pick<Egress, 'followAudit'>, log: Log) {
    this.#egress = egress;
    this.#log = log;
  }

  readonly onDidDeny = this.#denied.event;

  /** What happens from now on is told, also of agents that are followed later. */
  start(): void {
    this.#from = Date.now();
    this.#heard.clear();
  }

  /** From now on these agents are followed, and no others. One whose proxy ends is followed anew with the next call. */
  follow(agentIds: readonly string[]): void {
    for (const [agentId, end] of this.#following) {
      if (agentIds.includes(agentId)) continue;
      this.#following.delete(agentId);
      end.abort();
    }
    for (const agentId of agentIds) if (!this.#following.has(agentId)) void this.#begin(agentId);
  }

  dispose(): void {
    this.follow([]);
    this.#denied.dispose();
  }

  async #begin(agentId: string): Promise<void> {
    const end = new AbortController();
    this.#following.set(agentId, end);
    try {
      await this.#egress.followAudit(agentId, (entry) => entry.verdict === 'denied' && !end.signal.aborted && this.#denied.fire({ agentId, entry }), { signal: end.signal, sinceMs: this.#heard.get(agentId) ?? this.#from });
    } catch (error) {
      if (!end.signal.aborted && !isAgentsError(error, 'not-found')) this.#log.info(`docker: denied attempts of ${agentId} are not heard of: ${messageOf(error)}`);
    } finally {
      this.#heard.set(agentId, Date.now());
      if (this.#following.get(agentId) === end) this.#following.delete(agentId);
    }
  }
}
