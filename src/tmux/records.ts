// What `list-sessions`, `list-windows` and `list-panes` print, asked for as netstrings so that no byte of a name can break a record.
import { AgentsError } from '../base/errors.ts';
import { isPaneId, isSessionId, isWindowId } from './notifications.ts';
import type { PaneId, SessionId, TmuxPane, TmuxSession, TmuxWindow, WindowId } from './types.ts';

/** Fields of each list, by tmux's variable names. */
const SESSION = ['session_id', 'session_name', 'session_created', 'session_windows', 'session_attached'] as const;
const WINDOW = ['window_id', 'session_id', 'session_name', 'window_index', 'window_name', 'window_active', 'window_width', 'window_height'] as const;
const PANE = [
  'pane_id',
  'window_id',
  'window_index',
  'session_id',
  'session_name',
  'pane_index',
  'pane_active',
  'pane_pid',
  'pane_title',
  'pane_current_command',
  'pane_current_path',
  'pane_width',
  'pane_height',
  'pane_dead',
  'pane_dead_status',
  'pane_dead_signal',
  'pane_dead_time',
  '@tmux-agents',
] as const;

export const SESSION_FORMAT = netstrings(SESSION);
export const WINDOW_FORMAT = netstrings(WINDOW);
export const PANE_FORMAT = netstrings(PANE);

/** A pane, and whether tmux still has to reap its program. */
export interface ListedPane extends TmuxPane {
  readonly unreaped: boolean;
}

export function parseSessions(body: Buffer): TmuxSession[] {
  return parseRecords(body, SESSION).map((field) => ({
    id: idOf(field('session_id'), isSessionId),
    name: field('session_name'),
    created: numberOf(field('session_created')),
    windows: numberOf(field('session_windows')),
    attached: numberOf(field('session_attached')),
  }));
}

export function parseWindows(body: Buffer): TmuxWindow[] {
  return parseRecords(body, WINDOW).map((field) => ({
    id: idOf<WindowId>(field('window_id'), isWindowId),
    sessionId: idOf<SessionId>(field('session_id'), isSessionId),
    sessionName: field('session_name'),
    index: numberOf(field('window_index')),
    name: field('window_name'),
    active: field('window_active') === '1',
    width: numberOf(field('window_width')),
    height: numberOf(field('window_height')),
  }));
}

export function parsePanes(body: Buffer): ListedPane[] {
  return parseRecords(body, PANE).map((field) => {
    const isDead = field('pane_dead') === '1';
    const [status, signal] = [field('pane_dead_status'), field('pane_dead_signal')];
    const reaped = status !== '' || signal !== '' || field('pane_dead_time') !== '';
    const dead = { code: status === '' ? null : numberOf(status), ...(signal === '' || signal === '0' ? {} : { signal: signalName(signal) }) };
    return {
      id: idOf<PaneId>(field('pane_id'), isPaneId),
      windowId: idOf<WindowId>(field('window_id'), isWindowId),
      windowIndex: numberOf(field('window_index')),
      sessionId: idOf<SessionId>(field('session_id'), isSessionId),
      sessionName: field('session_name'),
      index: numberOf(field('pane_index')),
      active: field('pane_active') === '1',
      pid: numberOf(field('pane_pid')),
      title: field('pane_title'),
      command: field('pane_current_command'),
      path: field('pane_current_path'),
      width: numberOf(field('pane_width')),
      height: numberOf(field('pane_height')),
      record: field('@tmux-agents'),
      unreaped: isDead && !reaped,
      ...(isDead && reaped ? { dead } : {}),
    };
  });
}

function netstrings(fields: readonly string[]): string {
  return fields.map((field) => `#{n:${field}}:#{${field}}`).join('');
}

type Field<Name extends string> = (name: Name) => string;

function parseRecords<Name extends string>(body: Buffer, fields: readonly Name[]): Field<Name>[] {
  const records: Field<Name>[] = [];
  let at = 0;
  while (at < body.length) {
    const values = new Map<Name, string>();
    for (const name of fields) {
      const colon = body.indexOf(':', at);
      const length = colon === -1 ? NaN : Number(body.latin1Slice(at, colon));
      if (!Number.isInteger(length) || colon + 1 + length > body.length) throw malformed(body);
      values.set(name, body.toString('utf8', colon + 1, colon + 1 + length));
      at = colon + 1 + length;
    }
    if (at < body.length && body[at] !== 0x0a) throw malformed(body);
    at++;
    records.push((name) => values.get(name) ?? '');
  }
  return records;
}

function malformed(body: Buffer): AgentsError {
  return new AgentsError('tmux-failed', `tmux gave a list that cannot be read: ${JSON.stringify(body.toString('utf8', 0, 200))}`);
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) throw new AgentsError('tmux-failed', `tmux gave ${JSON.stringify(text)} where a number belongs.`);
  return number;
}

function idOf<Id extends string>(text: string, isId: (text: string) => text is Id): Id {
  if (isId(text)) return text;
  throw new AgentsError('tmux-failed', `tmux gave ${JSON.stringify(text)} where an id belongs.`);
}

/** tmux gives the signal's number up to 3.3 and, on some systems, its name. */
function signalName(signal: string): string {
  const names: Readonly<Record<string, string>> = { 1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 13: 'SIGPIPE', 15: 'SIGTERM' };
  return names[signal] ?? (/^\d+$/.test(signal) ? `signal ${signal}` : signal.startsWith('SIG') ? signal : `SIG${signal}`);
}
