// How a runner's connection to a hub goes on after each thing that happens to it: a pure function, so that every transition is a test.
import { CLOSE } from '../../protocol/hubWire/sibylFrames.ts';
import type { HubLinkState } from './ports.ts';

/** Why a socket is not there (any more). */
export type LinkFault =
  /** The hub closed it, by a close frame. */
  | { readonly how: 'closed'; readonly code: number; readonly reason: string }
  /** It answered the upgrade with an HTTP status. */
  | { readonly how: 'status'; readonly status: number }
  /** The network, a deadline, a silent hub: a sentence. */
  | { readonly how: 'network'; readonly reason: string }
  /** Nothing to connect with, and nobody to ask for it: a sentence. */
  | { readonly how: 'no-token'; readonly reason: string };

export type LinkState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  /** It is open, but a hub that refuses accepts first and closes then. */
  | { readonly kind: 'opened'; readonly attempt: number }
  | { readonly kind: 'connected'; readonly since: number; readonly extension: boolean }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly delayMs: number; readonly retryAt: number; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

export type LinkInput =
  /** A person, or the start of the program: also out of `refused`, and without the rest of a wait. */
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'opened' }
  /** A frame came, or it has stayed open for a while. */
  | { readonly type: 'proven' }
  | { readonly type: 'hello' }
  | { readonly type: 'lost'; readonly fault: LinkFault }
  | { readonly type: 'waited' };

export interface LinkClock {
  /** Milliseconds before the second attempt, and at most. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Unix time in ms, to be told. */
  readonly now: number;
  /** 0 to 1. */
  readonly random: number;
}

/** The share of a delay that is random: runners of a hub that was away do not come back all at once. */
const JITTER = 0.25;

export function nextLinkState(state: LinkState, input: LinkInput, clock: LinkClock): LinkState {
  switch (input.type) {
    case 'stop':
      return { kind: 'stopped' };
    case 'start':
      return state.kind === 'stopped' || state.kind === 'refused' || state.kind === 'waiting' ? { kind: 'connecting', attempt: 1 } : state;
    case 'opened':
      return state.kind === 'connecting' ? { kind: 'opened', attempt: state.attempt } : state;
    case 'proven':
      return state.kind === 'opened' ? { kind: 'connected', since: clock.now, extension: false } : state;
    case 'hello':
      if (state.kind === 'opened') return { kind: 'connected', since: clock.now, extension: true };
      return state.kind === 'connected' ? { ...state, extension: true } : state;
    case 'waited':
      return state.kind === 'waiting' ? { kind: 'connecting', attempt: state.attempt + 1 } : state;
    case 'lost':
      return lost(state, input.fault, clock);
  }
}

/** What a fault is to people; `final` where trying again cannot help. */
export function verdictOn(fault: LinkFault): { readonly final: boolean; readonly reason: string } {
  switch (fault.how) {
    case 'closed':
      if (fault.code === CLOSE.policy) return { final: true, reason: fault.reason === '' ? 'The hub refuses this runner.' : `The hub refuses this runner: ${fault.reason}.` };
      if (fault.code === CLOSE.replaced && fault.reason.startsWith('Replaced')) return { final: true, reason: 'Another runner connected with this id.' };
      return { final: false, reason: `The hub closed the connection (${fault.code}${fault.reason === '' ? '' : `: ${fault.reason}`}).` };
    case 'status':
      if (fault.status === 401) return { final: true, reason: 'The hub refuses the token (401).' };
      if (fault.status === 403) return { final: true, reason: 'The hub refuses this runner (403).' };
      return { final: false, reason: `The hub answered with HTTP status ${fault.status}.` };
    case 'network':
      return { final: false, reason: fault.reason };
    case 'no-token':
      return { final: true, reason: fault.reason };
  }
}

/** As people and `status` are told it. */
export function publicState(state: LinkState): HubLinkState {
  switch (state.kind) {
    case 'stopped':
      return { state: 'connecting', attempt: 0 };
    case 'connecting':
    case 'opened':
      return { state: 'connecting', attempt: state.attempt };
    case 'connected':
      return { state: 'connected', since: state.since, extension: state.extension };
    case 'waiting':
      return { state: 'waiting', retryAt: state.retryAt, reason: state.reason };
    case 'refused':
      return { state: 'refused', reason: state.reason };
  }
}

function lost(state: LinkState, fault: LinkFault, { firstMs, longestMs, now, random }: LinkClock): LinkState {
  if (state.kind !== 'connecting' && state.kind !== 'opened' && state.kind !== 'connected') return state;
  const { final, reason } = verdictOn(fault);
  if (final) return { kind: 'refused', reason };
  // Only a connection that has proven itself begins the delays anew.
  const attempt = state.kind === 'connected' ? 1 : state.attempt;
  const delayMs = Math.round(Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 30)) * (1 - JITTER * random));
  return { kind: 'waiting', attempt, delayMs, retryAt: now + delayMs, reason };
}
