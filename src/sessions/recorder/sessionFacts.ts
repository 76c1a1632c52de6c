// What a journal says of its session so far, folded event by event: what a recorder that takes over must know so as to repeat and to miss nothing.
import { forwardedOf } from '../../protocol/forwardedEvent.ts';
import type { EventApproval, RunnerEvent, SessionState } from '../../protocol/runnerEvent.ts';
import type { StatusState } from '../../protocol/agentStatus.ts';

/** Something that was asked and not answered yet. */
export interface OpenAsk {
  /** As the inbox calls it: the same request again has the same one. */
  readonly requestId: string;
  readonly approval: EventApproval | undefined;
}

export class SessionFacts {
  startedAt: number | undefined;
  ended = false;
  state: SessionState = 'CREATED';
  /** The agent's `createdAt`: another one is another life of the same id. */
  life: string | undefined;
  /** HEAD of its folder when the recording began. */
  head: string | undefined;
  lastStatus: StatusState | undefined;
  /** Unix time in ms of the last decision that was journalled. */
  decidedAt = 0;
  readonly open = new Map<string, OpenAsk>();
  readonly prompts = new Set<string>();
  /** What it was spawned with, cut as it was journalled; only its title as long as nobody told more. */
  task: string | undefined;
  readonly commits = new Set<string>();
  commands = 0;
  /** Unix time in ms of the last event. */
  lastAt = 0;
  readonly files = new Set<string>();
  approvals = 0;
  asks = 0;
  /** Milliseconds at work in turns that have ended, and since when the present one lasts. */
  workedMs = 0;
  #workingSince: number | undefined;

  take(event: RunnerEvent): void {
    this.lastAt = event.ts;
    switch (event.type) {
      case 'SESSION_STARTED':
        this.startedAt = event.ts;
        break;
      case 'SESSION_STATE_CHANGED':
        this.state = event.newState;
        break;
      case 'SESSION_ENDED':
        this.ended = true;
        this.#rest(event.ts);
        break;
      case 'APPROVAL_REQUESTED':
        this.approvals++;
        this.asks++;
        this.open.set(event.approval.approvalId, { requestId: requestIdOf(event.approval), approval: event.approval });
        break;
      case 'APPROVAL_RESOLVED':
        this.open.delete(event.approvalId);
        this.decidedAt = Math.max(this.decidedAt, event.ts);
        break;
      case 'FILE_TOUCHED':
        if (event.reason !== 'read') this.files.add(event.path);
        break;
      case 'PROVIDER_EVENT_FORWARDED':
        this.#forwarded(event.ts, event.providerEvent);
        break;
      case 'TERMINAL_CHUNK':
      case 'DIFF_SUMMARY':
      case 'TEST_RUN_STARTED':
      case 'TEST_RUN_FINISHED':
      case 'ALERT_RAISED':
      case 'USAGE_TICK':
        break;
    }
  }

  /** The id of an open request by the inbox's id. */
  openFor(requestId: string): string | undefined {
    for (const [id, ask] of this.open) if (ask.requestId === requestId) return id;
    return undefined;
  }

  /** Seconds at work until `now`. */
  agentSeconds(now: number): number {
    return Math.round((this.workedMs + (this.#workingSince === undefined ? 0 : Math.max(0, now - this.#workingSince))) / 1000);
  }

  #forwarded(ts: number, providerEvent: unknown): void {
    const event = forwardedOf(providerEvent);
    switch (event?.kind) {
      case 'agent':
        this.life = event.createdAt;
        this.head = event.head;
        break;
      case 'prompt':
        if (event.from === 'task') this.task = event.text;
        if (event.id !== undefined) this.prompts.add(event.id);
        break;
      case 'commit':
        this.commits.add(event.sha);
        break;
      case 'command':
        this.commands++;
        break;
      case 'status':
        this.lastStatus = event.status.state;
        if (event.status.state === 'working') this.#workingSince ??= ts;
        else this.#rest(ts);
        break;
      case 'asked':
        this.asks++;
        this.open.set(event.id, { requestId: requestPart(event.id), approval: undefined });
        break;
      case 'answered':
        this.open.delete(event.id);
        if (event.by !== undefined) this.decidedAt = Math.max(this.decidedAt, ts);
        break;
      case undefined:
        break;
    }
  }

  #rest(ts: number): void {
    if (this.#workingSince !== undefined) this.workedMs += Math.max(0, ts - this.#workingSince);
    this.#workingSince = undefined;
  }
}

/** A journal's id of a request: the inbox's, and which one of this session it is, for the same may be asked again. */
export function askId(requestId: string, count: number): string {
  return `${requestId}.${count}`;
}

function requestIdOf({ approvalId }: EventApproval): string {
  return requestPart(approvalId);
}

function requestPart(id: string): string {
  return id.replace(/\.\d+$/, '');
}
