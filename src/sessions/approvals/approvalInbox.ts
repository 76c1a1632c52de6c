// What waits for a person, over all agents: once per request, gone when it is answered anywhere, in the order in which it was asked.
import { toDisposable, type Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Emitter, type Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import type { AgentStatus, ApprovalRequest } from '../../protocol/agentStatus.ts';
import type { StatusPort } from '../../providers/status/statusPort.ts';
import type { AgentChange, AgentHandle, AgentInfo } from '../../runtimes/types.ts';
import type { PendingApproval } from './pendingApproval.ts';
import { approvalId, sameRequest, type Asked } from './sameRequest.ts';

export type WaitingStatus = Extract<AgentStatus, { readonly state: 'waiting' }>;

export interface InboxOptions {
  readonly status: StatusPort;
  /** Agents that come and go. */
  readonly onDidChangeAgents: Event<AgentChange>;
  /** Those that are there already. */
  readonly agents: () => Promise<readonly AgentInfo[]>;
  /** Makes the entry of a request: its risk, and the answers that it takes. */
  readonly describe: (agent: AgentInfo, status: WaitingStatus, id: string, told: ApprovalRequest | undefined) => Promise<PendingApproval>;
  /** Answers a request that needs no person, before anybody is told of it; true when nobody needs to be. */
  readonly settle?: (approval: PendingApproval) => Promise<boolean>;
  /** A request is over: what was kept for describing it may go. By `keyOf` its agent. */
  readonly forget?: (key: string) => void;
  readonly log?: Log;
}

/** What changed, for those who tell people: `appeared` fires once per request. */
export interface InboxChange {
  readonly type: 'appeared' | 'changed' | 'gone';
  readonly approval: PendingApproval;
}

/** Milliseconds for which an answered request that still seems to wait is taken for a late echo. */
const ECHO_MS = 5_000;

interface Entry {
  readonly id: string;
  since: number;
  /** As each source tells of it. */
  asked: readonly Asked[];
  /** With all that was told of it so far. */
  status: WaitingStatus;
  /** As a hook or a channel told it. */
  whole: ApprovalRequest | undefined;
  /** Undefined until it is described. */
  approval: PendingApproval | undefined;
  /** People were told of it, and not yet that it is gone. */
  told: boolean;
  /** It was answered from here; its agent's status has not followed yet. */
  answered: NodeJS.Timeout | undefined;
}

export class ApprovalInbox implements Disposable {
  readonly #options: InboxOptions;
  readonly #log: Log;
  readonly #changed = new Emitter<InboxChange>();
  readonly #described = new Emitter<PendingApproval>();
  readonly #entries = new Map<string, Entry>();
  #followers = 0;
  #following: Disposable[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  readonly onDidChange: Event<InboxChange> = this.#changed.event;
  /** Fires at each description, also of what people are not told of yet. */
  readonly onDidDescribe: Event<PendingApproval> = this.#described.event;

  /** The oldest first. */
  get pending(): readonly PendingApproval[] {
    return [...this.#entries.values()].flatMap(({ approval, told }) => (approval !== undefined && told ? [approval] : [])).sort((one, other) => one.since - other.since);
  }

  of(agent: AgentHandle): PendingApproval | undefined {
    const entry = this.#entries.get(keyOf(agent));
    return entry?.told === true ? entry.approval : undefined;
  }

  /** Keeps up with every agent until disposed. */
  follow(): Disposable {
    if (this.#followers++ === 0) this.#begin();
    return toDisposable(() => {
      if (--this.#followers === 0) this.#end();
    });
  }

  /** Takes a status, as an event or a look tells it; resolves with the entry that it leads to. `unasked` false: a look, by which nothing is settled. */
  async take(agent: AgentInfo, status: AgentStatus, { unasked = true } = {}): Promise<PendingApproval | undefined> {
    const key = keyOf(agent.handle);
    const before = this.#entries.get(key);
    if (status.state !== 'waiting') {
      this.#drop(key);
      return undefined;
    }
    const asked = askedOf(status);
    if (before !== undefined && isSame(before.asked, asked)) {
      before.asked = [...before.asked.filter(({ source }) => source !== asked.source), asked];
      before.status = enriched(before.status, status);
      before.whole = wholeRequest(status) ?? before.whole;
      return this.#describe(key, before, agent, unasked);
    }
    this.#drop(key);
    const entry: Entry = { id: approvalId(agent.agentId, asked), since: status.since, asked: [asked], status, whole: wholeRequest(status), approval: undefined, told: false, answered: undefined };
    this.#entries.set(key, entry);
    return this.#describe(key, entry, agent, unasked);
  }

  /** What can be said of a request changed without its status: a hook began to wait. */
  refresh(agent: AgentInfo): void {
    const key = keyOf(agent.handle);
    const entry = this.#entries.get(key);
    if (entry !== undefined) void this.#describe(key, entry, agent, this.#followers > 0);
  }

  /** The request as it is described by now, also one that people are not told of; undefined when it is over, or another one. */
  latest({ id, agent }: Pick<PendingApproval, 'id' | 'agent'>): PendingApproval | undefined {
    const entry = this.#entries.get(keyOf(agent.handle));
    return entry?.id === id ? entry.approval : undefined;
  }

  /** It was answered from here: gone for people, until its agent's status says otherwise for long. */
  answered(approval: PendingApproval): void {
    const key = keyOf(approval.agent.handle);
    const entry = this.#entries.get(key);
    if (entry?.id !== approval.id || entry.answered !== undefined) return;
    entry.answered = setTimeout(() => this.#recheck(key, entry), ECHO_MS);
    entry.answered.unref();
    if (entry.told) this.#changed.fire({ type: 'gone', approval });
    entry.told = false;
  }

  dispose(): void {
    this.#end();
    this.#changed.dispose();
    this.#described.dispose();
  }

  #begin(): void {
    const { status, onDidChangeAgents } = this.#options;
    this.#following = [
      status.onDidChangeStatus((change) => void this.take(change.agent, change.status)),
      onDidChangeAgents(({ type, agent }) => type === 'gone' && this.#drop(keyOf(agent.handle))),
      status.follow(),
    ];
    // Whoever followed before us has heard of them already.
    this.#options.agents().then(
      (agents) => {
        for (const agent of agents) {
          const now = this.#followers === 0 ? undefined : status.statusOf(agent.handle);
          if (now !== undefined) void this.take(agent, now);
        }
      },
      (error: unknown) => this.#log.warn(`The agents cannot be listed: ${messageOf(error)}`),
    );
  }

  #end(): void {
    for (const disposable of this.#following.splice(0).reverse()) disposable.dispose();
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  async #describe(key: string, entry: Entry, agent: AgentInfo, unasked: boolean): Promise<PendingApproval | undefined> {
    const { status } = entry;
    let approval: PendingApproval;
    try {
      approval = await this.#options.describe(agent, { ...status, since: entry.since }, entry.id, entry.whole);
    } catch (error) {
      this.#log.warn(`${agent.agentId}: what it asks cannot be described: ${messageOf(error)}`);
      return undefined;
    }
    // Answered, replaced or told of anew meanwhile: a later description counts.
    if (this.#entries.get(key) !== entry || entry.status !== status) return this.#entries.get(key)?.approval;
    const first = entry.approval === undefined;
    // People were told of it before the CLI's own way told it whole, or before it could be answered: only now can it be judged.
    const late = entry.told && ((entry.approval?.told === undefined && approval.told !== undefined) || (entry.approval?.answers.approve === false && approval.answers.approve));
    entry.approval = approval;
    this.#described.fire(approval);
    if (entry.told && entry.answered === undefined) this.#changed.fire({ type: 'changed', approval });
    if (!first && !late) return approval;
    if (unasked && (await this.#settled(entry, approval))) return undefined;
    if (this.#entries.get(key) !== entry) return this.#entries.get(key)?.approval;
    if (entry.answered === undefined && !entry.told) {
      entry.told = true;
      this.#changed.fire({ type: 'appeared', approval: entry.approval });
    }
    return entry.approval;
  }

  async #settled(entry: Entry, approval: PendingApproval): Promise<boolean> {
    const settled = (await this.#options.settle?.(approval).catch(() => false)) === true;
    return settled && entry.answered !== undefined;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#options.forget?.(key);
    clearTimeout(entry.answered);
    if (entry.approval !== undefined && entry.told) this.#changed.fire({ type: 'gone', approval: entry.approval });
  }

  /** Long after its answer the agent still waits: for the same thing again, or the answer was lost. */
  #recheck(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) return;
    const agent = entry.approval?.agent;
    entry.answered = undefined;
    entry.approval = undefined;
    entry.since = Date.now();
    if (agent !== undefined) void this.#describe(key, entry, agent, this.#followers > 0);
  }
}

/** By what the same source told before, where it did; else by all that was told. */
function isSame(before: readonly Asked[], now: Asked): boolean {
  const own = before.find(({ source }) => source === now.source);
  return own === undefined ? before.every((asked) => sameRequest(asked, now)) : sameRequest(own, now);
}

/** What one source tells and the next does not is kept. */
function enriched(before: WaitingStatus, now: WaitingStatus): WaitingStatus {
  const request = mergedRequests(before.request, now.request);
  return { ...now, kind: now.kind === 'other' ? before.kind : now.kind, text: now.text === '' ? before.text : now.text, ...(request === undefined ? {} : { request }) };
}

/** The CLI's own id counts more than one made of a screen, and a whole command more than one that a screen has cut. */
function mergedRequests(before: ApprovalRequest | undefined, now: ApprovalRequest | undefined): ApprovalRequest | undefined {
  if (before === undefined || now === undefined) return now ?? before;
  const command = [now.command, before.command].reduce((one, other) => ((other?.length ?? 0) > (one?.length ?? 0) ? other : one));
  const id = now.id.startsWith('screen-') ? before.id : now.id;
  return { ...before, ...now, id, ...(command === undefined ? {} : { command }) };
}

/** Screens may cut what they show, whichever source decided besides; a CLI's own hooks and channels do not. */
function wholeRequest({ request }: WaitingStatus): ApprovalRequest | undefined {
  return request === undefined || request.id.startsWith('screen-') ? undefined : request;
}

function askedOf(status: WaitingStatus): Asked {
  return { kind: status.kind, text: status.text, request: status.request, source: status.source, since: status.since };
}

export function keyOf(handle: AgentHandle): string {
  return `${handle.runtimeId ?? handle.runtimeType}\0${handle.agentId}`;
}
