// What the view shows an agent to be doing: its process and its status, as one state with its words. Knows no VS Code.
import type { AgentStatus, StatusSource, StatusState, WaitingKind } from '../../protocol/agentStatus.ts';
import { stateText } from '../../runtimes/agentText.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { oneLine } from '../shownText.ts';

/** `failed` is a program that could not start, `unreachable` a place that does not answer; both are facts of the process. */
export type ShownState = StatusState | 'failed' | 'unreachable';

export interface Shown {
  readonly state: ShownState;
  /** For `waiting`: what for. */
  readonly kind?: WaitingKind;
  /** What it asks, its error's message, its exit or why nothing is known; may be empty. One line. */
  readonly text: string;
  /** For `exited`: false when its exit code or a signal says that something went wrong. */
  readonly inOrder?: boolean;
  /** Unix time in ms at which the state began, where it is known. */
  readonly since?: number;
}

/** In the order in which a person has to care. */
export const shownStates: readonly ShownState[] = ['waiting', 'error', 'idle', 'working', 'starting', 'unknown', 'failed', 'exited', 'unreachable'];

export const stateLabels: Readonly<Record<ShownState, string>> = {
  waiting: 'Waiting for You',
  error: 'Error',
  idle: 'Idle',
  working: 'Working',
  starting: 'Starting',
  unknown: 'Running',
  failed: 'Failed',
  exited: 'Exited',
  unreachable: 'Unreachable',
};

/** What the sources are called. */
export const sourceLabels: Readonly<Record<StatusSource, string>> = {
  process: 'its process',
  gate: 'the gate of its policy',
  channel: 'its own channel',
  osc7501: 'its terminal status (OSC 7501)',
  hooks: 'its hooks',
  statusFile: 'its status file',
  title: 'its terminal title',
  screen: 'its screen',
  remembered: 'what was last known',
};

/** The facts of the process come first: a listing may know an end before the status does. */
export function shownState(agent: AgentInfo, status: AgentStatus | undefined): Shown {
  switch (agent.status) {
    case 'failed':
      return { state: 'failed', text: oneLine(agent.reason) };
    case 'unknown':
      return { state: 'unreachable', text: oneLine(agent.reason) };
    case 'exited':
      return { state: 'exited', text: stateText(agent), inOrder: agent.exitCode === 0, ...(status?.state === 'exited' ? { since: status.since } : {}) };
    case 'starting':
    case 'running':
      return status === undefined ? { state: agent.status === 'starting' ? 'starting' : 'unknown', text: '' } : ofStatus(status);
  }
}

function ofStatus(status: AgentStatus): Shown {
  const { state, since } = status;
  switch (state) {
    case 'waiting':
      return { state, kind: status.kind, text: asked(status), since };
    case 'error':
      return { state, text: oneLine(status.message), since };
    case 'unknown':
      return { state, text: oneLine(status.reason) };
    case 'exited':
      return { state, text: endText(status.exitCode, status.signal), inOrder: status.exitCode === 0, since };
    case 'starting':
    case 'working':
    case 'idle':
      return { state, text: '', since };
  }
}

/** `done`, `exit 3`, `ended by SIGKILL`: the words that `stateText` has. */
function endText(exitCode: number | null, signal: string | undefined): string {
  if (exitCode === null) return `ended${signal === undefined ? '' : ` by ${signal}`}`;
  return exitCode === 0 ? 'done' : `exit ${exitCode}`;
}

/** What would run or be touched says more than the dialog's own words. */
function asked({ request, text }: AgentStatus & { readonly state: 'waiting' }): string {
  const what = request?.command ?? request?.path;
  return oneLine(what === undefined ? text : [request?.tool, what].filter((part) => part !== undefined).join(' '));
}

const waitingWords: Readonly<Record<WaitingKind, string>> = {
  permission: 'waits',
  question: 'asks',
  trust: 'wants trust',
  login: 'needs a login',
  other: 'waits',
};

const spokenWaits: Readonly<Record<WaitingKind, string>> = {
  permission: 'waits for your permission',
  question: 'asks you',
  trust: 'waits for your trust',
  login: 'needs a login',
  other: 'waits for you',
};

/** The state in few words, for a row: `waits: Bash npm test`, `idle`; empty where the icon says all. */
export function shownWords({ state, kind, text }: Shown): string {
  switch (state) {
    case 'waiting':
      return said(waitingWords[kind ?? 'other'], text);
    case 'error':
      return said('error', text);
    case 'exited':
      return text;
    case 'failed':
    case 'unreachable':
    case 'starting':
    case 'working':
    case 'idle':
      return state;
    case 'unknown':
      return '';
  }
}

/** The state as a screen reader says it. */
export function spokenState(shown: Shown): string {
  switch (shown.state) {
    case 'waiting':
      return said(spokenWaits[shown.kind ?? 'other'], shown.text);
    case 'unknown':
      return 'running';
    case 'exited':
    case 'failed':
    case 'unreachable':
    case 'starting':
    case 'working':
    case 'idle':
    case 'error':
      return shownWords(shown);
  }
}

/** The state in a sentence's words, for a tooltip: with the reason where nothing is known. */
export function stateSentence(shown: Shown): string {
  switch (shown.state) {
    case 'failed':
    case 'unreachable':
      return said(shown.state, shown.text);
    case 'unknown':
      return said('running, and what it does is not known', shown.text);
    case 'exited':
    case 'waiting':
    case 'starting':
    case 'working':
    case 'idle':
    case 'error':
      return spokenState(shown);
  }
}

function said(what: string, text: string): string {
  return text === '' ? what : `${what}: ${text}`;
}
