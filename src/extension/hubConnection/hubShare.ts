// Tells a hub of this machine's agents, as this machine's runner: one window does so for all, and another goes on when it is closed.
import { createHash } from 'node:crypto';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { isAgentsError, messageOf } from '../../base/errors.ts';
import { Backoff } from '../../base/backoff.ts';
import { Emitter, type Event } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import { holdProcessLock } from '../../base/processLock.ts';
import { stateFolder } from '../../base/stateFolder.ts';
import { throwIfCancelled, waitForEvent } from '../../base/wait.ts';
import { HubLink } from '../../runner/hubLink/hubLink.ts';
import type { HubLinkState } from '../../runner/hubLink/ports.ts';
import { RecordedFleet, type KnownAgents } from '../../runner/sharedAgents/recordedFleet.ts';
import { HubRest } from './hubRest.ts';
import type { Account, HubAccount } from './hubAccount.ts';

export interface HubShareParts {
  readonly account: Account;
  readonly accounts: Pick<HubAccount, 'runnerId' | 'keepRunnerId'>;
  readonly agents: KnownAgents;
  readonly terminals: boolean;
  readonly version: string;
  readonly log: Log;
}

export type ShareState = HubLinkState | { readonly state: 'elsewhere' };

/** Milliseconds between attempts to begin: the first, and the longest. */
const BEGIN_MS = { firstMs: 5_000, longestMs: 300_000 } as const;

export class HubShare implements Disposable {
  readonly #parts: HubShareParts;
  readonly #owned = new DisposableStore();
  readonly #end = new AbortController();
  readonly #changed = new Emitter<ShareState>();
  readonly #again = new Emitter<void>();
  #link: HubLink | undefined;
  /** Until there is a link. */
  #before: ShareState = { state: 'elsewhere' };

  constructor(parts: HubShareParts) {
    this.#parts = parts;
    this.#owned.add(this.#changed);
    this.#owned.add(this.#again);
    this.#owned.add(toDisposable(() => this.#end.abort()));
    this.#begin().catch((error: unknown) => {
      if (!this.#end.signal.aborted) parts.log.error(`This machine's agents are not told to the hub: ${messageOf(error)}`);
    });
  }

  /** `elsewhere`: another window of this machine does it. */
  get state(): ShareState {
    return this.#link?.state ?? this.#before;
  }

  readonly onDidChangeState: Event<ShareState> = (listener) => this.#changed.event(listener);

  /** A person acts: what was refused, or waits, is tried again. */
  retry(): void {
    if (this.#link === undefined) this.#again.fire();
    else this.#link.start();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #begin(): Promise<void> {
    const { account, agents, terminals, version, log } = this.#parts;
    const { signal } = this.#end;
    const name = createHash('sha256').update(account.url).digest('hex').slice(0, 16);
    const lock = await this.#untilDone(() => holdProcessLock(`${stateFolder(process.env, 'hub-links')}/${name}.lock`, { timeoutMs: Infinity, signal }));
    if (lock === undefined) return;
    this.#owned.add(lock);
    const runnerId = await this.#untilDone(() => this.#runnerId());
    if (signal.aborted) return;
    const fleet = this.#owned.add(new RecordedFleet({ agents, terminals, log }));
    const link = this.#owned.add(new HubLink({ serverUrl: account.url, runnerId, token: account.token, fleet, clientVersion: `vscode ${version}`, log }));
    this.#link = link;
    this.#owned.add(link.onDidChangeState((state) => this.#changed.fire(state)));
    link.start();
  }

  async #runnerId(): Promise<string> {
    const { account, accounts, version } = this.#parts;
    const known = accounts.runnerId(account.url);
    if (known !== undefined) return known;
    const runnerId = await new HubRest(account.url, account.token).register(version);
    await accounts.keepRunnerId(account.url, runnerId);
    return runnerId;
  }

  /** Tries for as long as it takes; where trying again cannot help, once a person acts. Fails by its end alone. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.#end;
    const backoff = new Backoff(BEGIN_MS);
    for (;;) {
      try {
        return await work();
      } catch (error) {
        throwIfCancelled(signal);
        const isFinal = isAgentsError(error, 'policy-denied') || isAgentsError(error, 'bad-input');
        const timeoutMs = isFinal ? undefined : backoff.next();
        const reason = messageOf(error);
        this.#parts.log.warn(`This machine's agents are not told to the hub${timeoutMs === undefined ? '' : ' yet'}: ${reason}`);
        this.#before = timeoutMs === undefined ? { state: 'refused', reason } : { state: 'waiting', reason, retryAt: Date.now() + timeoutMs };
        const again = waitForEvent(this.#again.event, () => true, { timeoutMs, signal, what: 'another attempt' });
        this.#changed.fire(this.state);
        await again.catch(() => throwIfCancelled(signal));
      }
    }
  }
}
