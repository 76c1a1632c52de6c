// Control-mode notifications other than output, one type each; an unknown one is kept as it came.
import type { PaneId, SessionId, WindowId } from './types.ts';

export type TmuxNotification =
  | { readonly type: 'sessions-changed' }
  | { readonly type: 'session-changed'; readonly session: SessionId; readonly name: string }
  | { readonly type: 'session-renamed'; readonly session: SessionId | undefined; readonly name: string }
  | { readonly type: 'session-window-changed'; readonly session: SessionId; readonly window: WindowId }
  | { readonly type: 'client-session-changed'; readonly client: string; readonly session: SessionId; readonly name: string }
  | { readonly type: 'client-detached'; readonly client: string }
  | { readonly type: 'window-add' | 'window-close' | 'unlinked-window-add' | 'unlinked-window-close'; readonly window: WindowId }
  | { readonly type: 'window-renamed' | 'unlinked-window-renamed'; readonly window: WindowId; readonly name: string }
  | { readonly type: 'window-pane-changed'; readonly window: WindowId; readonly pane: PaneId }
  | { readonly type: 'layout-change'; readonly window: WindowId; readonly layout: string }
  | { readonly type: 'pane-mode-changed' | 'pause' | 'continue'; readonly pane: PaneId }
  | {
      readonly type: 'subscription-changed';
      readonly name: string;
      readonly session: SessionId | undefined;
      readonly window: WindowId | undefined;
      readonly pane: PaneId | undefined;
      readonly value: string;
    }
  | { readonly type: 'exit'; readonly reason: string | undefined }
  | { readonly type: 'unknown'; readonly line: string };

/** Reads one line that begins with `%`. A line that is not of a known form is `unknown`, never an error: newer versions add notifications. */
export function parseNotification(line: string): TmuxNotification {
  const [word = '', ...rest] = line.split(' ');
  return known(word.slice(1), rest) ?? { type: 'unknown', line };
}

function known(type: string, words: readonly string[]): TmuxNotification | undefined {
  const [first = '', second = ''] = words;
  const after = (count: number): string => words.slice(count).join(' ');
  switch (type) {
    case 'sessions-changed':
      return { type };
    case 'session-changed':
      return isSessionId(first) ? { type, session: first, name: after(1) } : undefined;
    case 'session-renamed':
      return isSessionId(first) ? { type, session: first, name: after(1) } : { type, session: undefined, name: after(0) };
    case 'session-window-changed':
      return isSessionId(first) && isWindowId(second) ? { type, session: first, window: second } : undefined;
    case 'client-session-changed': {
      const at = words.findIndex(isSessionId);
      const session = words[at];
      return session !== undefined && isSessionId(session) ? { type, client: words.slice(0, at).join(' '), session, name: after(at + 1) } : undefined;
    }
    case 'client-detached':
      return { type, client: after(0) };
    case 'window-add':
    case 'window-close':
    case 'unlinked-window-add':
    case 'unlinked-window-close':
      return isWindowId(first) ? { type, window: first } : undefined;
    case 'window-renamed':
    case 'unlinked-window-renamed':
      return isWindowId(first) ? { type, window: first, name: after(1) } : undefined;
    case 'window-pane-changed':
      return isWindowId(first) && isPaneId(second) ? { type, window: first, pane: second } : undefined;
    case 'layout-change':
      return isWindowId(first) ? { type, window: first, layout: second } : undefined;
    case 'pane-mode-changed':
    case 'pause':
    case 'continue':
      return isPaneId(first) ? { type, pane: first } : undefined;
    case 'subscription-changed':
      return subscription(words);
    case 'exit':
      return { type, reason: words.length === 0 ? undefined : after(0) };
    default:
      return undefined;
  }
}

/** `NAME $session @window INDEX %pane ... : VALUE`, with `-` for what does not apply. */
function subscription(words: readonly string[]): TmuxNotification | undefined {
  const colon = words.indexOf(':');
  const [name, session = '', window = '', , pane = ''] = words;
  if (colon === -1 || name === undefined) return undefined;
  return {
    type: 'subscription-changed',
    name,
    session: isSessionId(session) ? session : undefined,
    window: isWindowId(window) ? window : undefined,
    pane: isPaneId(pane) ? pane : undefined,
    value: words.slice(colon + 1).join(' '),
  };
}

export function isSessionId(word: string): word is SessionId {
  return /^\$\d+$/.test(word);
}

export function isWindowId(word: string): word is WindowId {
  return /^@\d+$/.test(word);
}

export function isPaneId(word: string): word is PaneId {
  return /^%\d+$/.test(word);
}
