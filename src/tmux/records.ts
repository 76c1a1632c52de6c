// What `list-sessions`, `list-windows` and `list-panes` print, each field quoted by tmux so that no byte of a name can break a record.
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

export const SESSION_FORMAT = quotedFields(SESSION);
export const WINDOW_FORMAT = quotedFields(WINDOW);
export const PANE_FORMAT = quotedFields(PANE);

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
      // Newer versions forget the pid of a dead program.
      pid: field('pane_pid') === '' ? 0 : numberOf(field('pane_pid')),
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

/** `#{q:...}` puts a backslash before spaces and backslashes, so that a bare space ends a field. (A length before each would be read from the system a second time.) */
function quotedFields(fields: readonly string[]): string {
  return fields.map((field) => `#{q:${field}} `).join('');
}

type Field<Name extends string> = (name: Name) => string;

function parseRecords<Name extends string>(body: Buffer, fields: readonly Name[]): Field<Name>[] {
  const records: Field<Name>[] = [];
  // Byte for byte as Latin-1: a name may hold bytes that are no UTF-8, and quoting knows bytes only.
  const text = body.toString('latin1');
  const quoted = /((?:[^\\ ]|\\[^])*) /gy;
  while (quoted.lastIndex < text.length) {
    const values = new Map<Name, string>();
    for (const name of fields) {
      const value = quoted.exec(text)?.[1];
      if (value === undefined) throw malformed(body);
      values.set(name, Buffer.from(value.replace(/\\([^])/g, '$1'), 'latin1').toString('utf8'));
    }
    if (quoted.lastIndex < text.length && text[quoted.lastIndex++] !== '\n') throw malformed(body);
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
