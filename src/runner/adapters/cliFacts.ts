// What is told of an agent beside its terminal: what its rules denied unasked, where its network's control stopped it, and the tools that it used.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { hookMeanings } from '../../providers/hooks/hookEvents.ts';
import { readPayload, requestOf } from '../../providers/hooks/hookPayload.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { EgressAlerts } from '../../sessions/policy/policyAlerts.ts';
import { SessionLog } from '../../sessions/policy/sessionLog.ts';
import type { Managed } from '../createRuntimeManager.ts';
import { decidedApproval } from './eventApproval.ts';
import type { ProviderEvent } from './providerAdapter.ts';

export interface CliFactsParts {
  readonly sessionId: string;
  readonly agent: AgentInfo;
  readonly managed: Pick<Managed, 'manager' | 'status'>;
  readonly tell: (event: ProviderEvent) => void;
  /** True for a request that was told as an approval: how that ends is told with it. */
  readonly isTold: (approvalId: string) => boolean;
  readonly log: Log;
}

/** Characters of a command that are told. */
const LONGEST = 2_000;

export class CliFacts implements Disposable {
  readonly #parts: CliFactsParts;
  readonly #owned = new DisposableStore();
  readonly #decisions = new SessionLog();
  readonly #egress = new EgressAlerts();
  readonly #known = new Set<string>();
  #reading: Promise<void> = Promise.resolve();

  constructor(parts: CliFactsParts) {
    this.#parts = parts;
    const { agent, managed } = parts;
    const place = agent.handle.runtimeId ?? agent.runtimeId;
    this.#owned.add(managed.manager.onDidDenyEgress((denied) => denied.agentId === agent.agentId && denied.runtimeId === place && this.#denied(denied)));
    this.#owned.add(managed.status.onDidReport(({ agent: about, report }) => {
      if (about.agentId !== agent.agentId || !Object.hasOwn(hookMeanings, report.event) || hookMeanings[report.event] !== 'tool-ended') return;
      const { tool, command, path } = requestOf(report.id, readPayload(report.payload));
      this.#parts.tell({ type: 'tool', sessionId: parts.sessionId, ...(tool === undefined ? {} : { tool }), ...(command === undefined ? {} : { command: command.slice(0, LONGEST) }), ...(path === undefined ? {} : { path }) });
    }));
    try {
      this.#owned.add(this.#decisions.watch((agentId) => agentId === agent.agentId && void this.read()));
    } catch (error) {
      parts.log.warn(`${agent.agentId}: what its rules deny cannot be followed: ${messageOf(error)}`);
    }
    void this.read();
  }

  /** Tells what the rules have denied since the last look. Never fails. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read()).catch((error: unknown) => this.#parts.log.debug(`${this.#parts.agent.agentId}: ${messageOf(error)}`));
    return this.#reading;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #read(): Promise<void> {
    const { agent, sessionId, tell, isTold } = this.#parts;
    const began = Date.parse(agent.createdAt);
    for (const record of await this.#decisions.latest(agent.agentId)) {
      if (record.by !== 'policy' || record.decision !== 'deny' || record.outcome !== 'done' || Date.parse(record.at) < began) continue;
      const key = `${record.id}\0${record.at}`;
      if (this.#known.has(key) || this.#owned.isDisposed) continue;
      this.#known.add(key);
      if (!isTold(record.id)) tell({ type: 'denied', sessionId, approval: decidedApproval(sessionId, record), ...(record.words === undefined ? {} : { why: record.words }) });
    }
  }

  #denied(denied: Parameters<EgressAlerts['take']>[0]): void {
    const alert = this.#egress.take(denied);
    if (alert !== undefined) this.#parts.tell({ type: 'alert', sessionId: this.#parts.sessionId, alert });
  }
}
