// Hook reports as observations: one agent's reports, in order, in the dialect of its CLI.
import type { ApprovalRequest, StatusClaim } from '../../protocol/agentStatus.ts';
import { askingTools, beginsWithTurn, hookMeanings, notifications, type HookMeaning } from '../hooks/hookEvents.ts';
import { HookGate, type Rejection } from '../hooks/hookGate.ts';
import { GATE_EVENT } from '../hooks/reporter.ts';
import { inputMark, questionsOf, readPayload, requestOf, type HookPayload } from '../hooks/hookPayload.ts';
import type { HookReport } from './hookReport.ts';
import { evidenceOf, type Observation } from './observation.ts';

export interface HookReading {
  readonly report: HookReport;
  /** Absent where the event changes nothing. */
  readonly observation?: Observation;
}

interface Waiting {
  readonly request: ApprovalRequest;
  readonly subagent: string | undefined;
  readonly input: string;
  readonly use: string | undefined;
  /** Where its reporter waits for a decision. */
  readonly channel: string | undefined;
}

/** Uses of tools that are remembered between their begin and the request about them. */
const MAX_BEGUN = 50;

/** For one agent, as long as it is followed. Believes nothing that `HookGate` refuses, nor what comes from another conversation. */
export class HookSource {
  readonly #provider: string;
  readonly #gate = new HookGate();
  #conversation: string | undefined;
  /** The conversation that was told last. */
  #told: string | undefined;
  #claim: StatusClaim | null | undefined;
  /** What the claim `waiting` rests on. */
  #waiting: Waiting | undefined;
  /** The tool that was named last: a notification does not name it. */
  #tool: string | undefined;
  readonly #begun = new Map<string, string>();
  /** A conversation that is not ours, and how many prompts it was given. */
  #other: { readonly id: string; readonly prompts: number } | undefined;

  constructor(provider: string) {
    this.#provider = provider;
  }

  get rejected(): ReadonlyMap<Rejection, number> {
    return this.#gate.rejected;
  }

  /** `text` is what follows `7502;` in the pane's bytes, `hookKey` the agent's, `at` Unix time in ms. Never throws. */
  take(hookKey: string | undefined, text: string, at: number): HookReading | undefined {
    const report = this.#gate.take(hookKey, text, at);
    if (report === undefined) return undefined;
    // Whatever conversation it is in: it waits, and holds the agent up.
    if (report.event === GATE_EVENT) return { report };
    const meaning = Object.hasOwn(hookMeanings, report.event) ? hookMeanings[report.event] : undefined;
    if (meaning === undefined || meaning === 'taken') return { report };
    const payload = readPayload(report.payload);
    if (!this.#isOurs(meaning, payload)) return this.#gate.reject('other-conversation');
    const before = this.#told;
    if (payload.conversation !== undefined) this.#told = payload.conversation;
    const claim = this.#claimOf(meaning, report, payload);
    // An event that changes nothing is no fresh evidence either.
    if (claim === undefined && before === this.#told) return { report };
    return { report, observation: this.#observation(report, payload, claim === undefined ? (this.#claim ?? null) : claim) };
  }

  #observation(report: HookReport, payload: HookPayload, claim: StatusClaim | null): Observation {
    const asks = claim?.state === 'waiting';
    this.#claim = claim;
    this.#waiting = asks ? this.#waitingFor(report, payload) : undefined;
    const said = claim?.state === 'waiting' ? claim.text : claim?.state === 'error' ? claim.message : (payload.tool ?? '');
    return {
      source: 'hooks',
      at: report.at,
      claim,
      evidence: evidenceOf(said === '' ? `hook ${report.event}` : `hook ${report.event}: ${said}`),
      rule: report.event,
      ...(this.#waiting === undefined ? {} : { request: this.#waiting.request }),
      ...(payload.conversation === undefined ? {} : { conversation: payload.conversation }),
    };
  }

  /** A request does not name the use of the tool that it is about; the event before it did. A notification does not name the tool either (seen in Gemini CLI). */
  #waitingFor(report: HookReport, payload: HookPayload): Waiting {
    const input = inputMark(payload);
    const request = requestOf(report.id, { ...payload, tool: payload.tool ?? this.#tool });
    return { request, subagent: payload.subagent, input, use: payload.use ?? this.#begun.get(input), channel: report.answerTo };
  }

  /** Whether it is what was asked about that has ended. */
  #isOver(payload: HookPayload): boolean {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.subagent !== payload.subagent) return false;
    if (waiting.use !== undefined && payload.use !== undefined) return waiting.use === payload.use;
    const { command, path } = requestOf('', payload);
    if (waiting.request.command !== undefined && command !== undefined) return waiting.request.command === command;
    if (waiting.request.path !== undefined && path !== undefined) return path.endsWith(waiting.request.path) || waiting.request.path.endsWith(path);
    return waiting.input === inputMark(payload) || waiting.request.tool === payload.tool;
  }

  #begins(payload: HookPayload): void {
    this.#tool = payload.tool;
    if (payload.use === undefined) return;
    this.#begun.set(inputMark(payload), payload.use);
    const [oldest] = this.#begun.keys();
    if (this.#begun.size > MAX_BEGUN && oldest !== undefined) this.#begun.delete(oldest);
  }

  /** Undefined: the event changes nothing. */
  #claimOf(meaning: Exclude<HookMeaning, 'taken'>, { event, answerTo }: HookReport, payload: HookPayload): StatusClaim | null | undefined {
    const { subagent, tool } = payload;
    const waits = this.#claim?.state === 'waiting';
    switch (meaning) {
      case 'conversation':
        // A conversation is also made compact in the middle of a turn.
        return payload.source === 'compact' || beginsWithTurn.has(this.#provider) ? undefined : { state: 'idle' };
      case 'turn-began':
        return { state: 'working' };
      case 'tool-begins':
        this.#begins(payload);
        if (waits) return this.#waiting?.subagent === subagent ? { state: 'working' } : undefined;
        return subagent === undefined ? { state: 'working' } : undefined;
      case 'tool-ended':
        // Another tool, begun before, may end while this one is still asked about.
        if (waits) return this.#isOver(payload) ? { state: 'working' } : undefined;
        return subagent === undefined && this.#claim?.state !== 'idle' ? { state: 'working' } : undefined;
      case 'permission': {
        if (tool !== undefined && askingTools.has(tool)) return { state: 'waiting', kind: 'question', text: questionsOf(payload) ?? '' };
        return { state: 'waiting', kind: 'permission', text: permissionText(payload) };
      }
      case 'question':
        return { state: 'waiting', kind: 'question', text: payload.message ?? '' };
      case 'answered':
        return waits ? { state: 'working' } : undefined;
      case 'notification':
        return this.#notified(payload);
      case 'turn-ended':
        return subagent === undefined ? { state: 'idle' } : undefined;
      case 'turn-failed':
        return subagent === undefined ? { state: 'error', message: errorText(payload.error ?? event) } : undefined;
      case 'left':
        // The person denied it or interrupted the turn: Claude Code has no event for either.
        return waits && this.#waiting?.channel === answerTo ? null : undefined;
      case 'conversation-ended':
        // Either the program ends, or the next conversation begins: both tell of themselves.
        return null;
    }
  }

  /** Notifications repeat what better events told, some seconds later: they count where nothing did. */
  #notified({ notification, message, input }: HookPayload): StatusClaim | undefined {
    const about = notification !== undefined && Object.hasOwn(notifications, notification) ? notifications[notification] : undefined;
    const before = this.#claim;
    if (about === undefined) return undefined;
    if (about === 'idle') return before?.state === 'error' || (before?.state === 'waiting' && before.kind === 'question') ? undefined : { state: 'idle' };
    if (before?.state === 'waiting') return undefined;
    const command = typeof input['command'] === 'string' ? input['command'] : undefined;
    return { state: 'waiting', kind: about, text: command ?? message ?? '' };
  }

  /**
   * A CLI that the agent itself runs, with the same settings, reports as the agent would: while a turn is under way only its own
   * conversation is believed. One that is prompted again and again is no such child: a report of ours was lost.
   */
  #isOurs(meaning: HookMeaning, payload: HookPayload): boolean {
    const { conversation } = payload;
    if (conversation === undefined || conversation === this.#conversation) return true;
    const inTurn = this.#claim?.state === 'working' || this.#claim?.state === 'waiting';
    if (meaning === 'turn-began') this.#other = { id: conversation, prompts: this.#other?.id === conversation ? this.#other.prompts + 1 : 1 };
    // The end of a conversation that was left is no news.
    const begins = meaning !== 'conversation-ended';
    const ours = this.#conversation === undefined || (begins && (!inTurn || movesOn(meaning, payload) || (this.#other?.id === conversation && this.#other.prompts > 1)));
    if (ours) this.#conversation = conversation;
    return ours;
  }
}

/** Whether the person went on to another conversation in the same program: one that merely starts may be that of a program which the agent runs. */
export function movesOn(meaning: HookMeaning, { source }: HookPayload): boolean {
  return meaning === 'conversation' && source !== undefined && source !== 'startup' && source !== 'new';
}

function permissionText(payload: HookPayload): string {
  const { tool, command, path } = requestOf('', payload);
  const what = command ?? path;
  return what === undefined ? (tool ?? '') : tool === undefined ? what : `${tool}: ${what}`;
}

/** Some hand the answer of the model's API over as it is: `{"message":"..."}`. */
function errorText(error: string): string {
  return (/^\s*\{\s*"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(error)?.[1] ?? error).slice(0, 2_000);
}
