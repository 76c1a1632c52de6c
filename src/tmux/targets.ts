// How targets are told apart: sessions by id or exact name, options by the scope they are set in. tmux itself would match names by prefix.
import { sessionName } from './commandLine.ts';
import { isPaneId, isSessionId, isWindowId } from './notifications.ts';
import type { SessionId } from './types.ts';

export type OptionScope = 'server' | 'session' | 'window' | 'pane';

/** Flags of `set-option` and `show-options`. */
export const scopeFlags: Readonly<Record<OptionScope, string>> = { server: '-s', session: '', window: '-w', pane: '-p' };

/** By id, else by the name as it is, else by the name that `newSession` makes of it. */
export function ofSession<T extends { readonly sessionId: SessionId; readonly sessionName: string }>(items: readonly T[], session: string): T[] {
  if (isSessionId(session)) return items.filter(({ sessionId }) => sessionId === session);
  const exact = items.filter((item) => item.sessionName === session);
  if (exact.length > 0 || session === '') return exact;
  const wished = sessionName(session);
  return items.filter((item) => item.sessionName === wished);
}

/** A window that is linked into several sessions counts once. */
export function onceEach<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.toReversed().map((item) => [item.id, item])).values()].toReversed();
}

/** tmux matches names by prefix unless told not to; ids are exact. */
export function optionTarget(scope: OptionScope, target: string): string[] {
  if (scope === 'server') return [];
  return ['-t', isSessionId(target) || isWindowId(target) || isPaneId(target) || target.startsWith('=') ? target : `=${sessionName(target)}:`];
}
