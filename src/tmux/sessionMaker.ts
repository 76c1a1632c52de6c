// New sessions and windows: their programs as argv that no shell reads, marked and watched from the first moment, whole or not at all.
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { literalFormat, sessionName, windowName } from './commandLine.ts';
import { isPaneId, isSessionId, isWindowId } from './notifications.ts';
import { MONITOR_SESSION } from './serverOptions.ts';
import type { PaneId, SessionId, WindowId } from './types.ts';

export interface NewWindow {
  readonly name?: string | undefined;
  /** The program and its arguments. Never given to a shell. */
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface NewSession extends NewWindow {
  readonly name: string;
  /** The window's name, which the status line shows; the program's when absent. */
  readonly windowName?: string | undefined;
  /** Columns and rows until a terminal attaches. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** User options (`@...`) of its pane, there before anybody can list it. */
  readonly paneOptions?: Readonly<Record<string, string>> | undefined;
}

export interface CreatedSession {
  readonly sessionId: SessionId;
  readonly windowId: WindowId;
  readonly paneId: PaneId;
  /** The name as tmux holds it. */
  readonly name: string;
}

type Words = readonly string[];
type Send = (commands: readonly Words[]) => Promise<readonly [Buffer, ...Buffer[]]>;

const CREATED = '#{session_id} #{window_id} #{pane_id} #{session_name}';

/** Names that every tmux takes as they are, and that can be addressed in the same line that makes them. */
const plainName = /^[\x20-\x7e]+$/;

/** Makes a session; `watch` links its window into the monitor. Throws `name-taken`, `bad-input`; what fails halfway leaves nothing. */
export async function makeSession(send: Send, wish: NewSession, watch: boolean): Promise<CreatedSession> {
  const name = sessionName(wish.name);
  if (name === MONITOR_SESSION) throw new AgentsError('name-taken', `The session name "${name}" is used by tmux-agents itself.`);
  const { width = 200, height = 50, paneOptions = {} } = wish;
  const start = ['new-session', '-d', '-P', '-F', CREATED, '-s', literalFormat(name), '-x', String(width), '-y', String(height), ...windowFlag(wish.windowName), ...placeAndEnv(wish)];
  const argv = noShell(wish.argv);
  const finish = (target: string): Words[] => [
    ...Object.entries(paneOptions).map(([option, value]) => ['set-option', '-p', '-t', target, '--', option, value]),
    ...(watch ? [['link-window', '-d', '-s', target, '-t', `=${MONITOR_SESSION}:`]] : []),
  ];
  if (plainName.test(name)) {
    const target = `=${name}:`;
    return whole(send, target, async () => created((await send([[...start, '--', ...argv], ...finish(target)]))[0]));
  }
  // tmux may write such a name differently, so a placeholder shows which session it is before the program starts.
  const session = created((await send([[...start, '--', 'cat', '-']]))[0]);
  return whole(send, session.windowId, async () => {
    await send([...finish(session.paneId), ['respawn-pane', '-k', '-t', session.paneId, ...placeAndEnv(wish), '--', ...argv]]);
    return session;
  });
}

/** Makes a window without showing it. `session` is an id. */
export async function makeWindow(send: Send, session: SessionId, wish: NewWindow): Promise<{ readonly windowId: WindowId; readonly paneId: PaneId }> {
  const [body] = await send([['new-window', '-d', '-P', '-F', CREATED, '-t', `${session}:`, ...windowFlag(wish.name), ...placeAndEnv(wish), '--', ...noShell(wish.argv)]]);
  const { windowId, paneId } = created(body);
  return { windowId, paneId };
}

/** Runs `make`; when it fails after the session was made, ends that session. */
async function whole<T>(send: Send, target: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (isAgentsError(error, 'tmux-failed') || isAgentsError(error, 'not-found')) await send([['kill-window', '-t', target]]).catch(() => undefined);
    throw error;
  }
}

function windowFlag(name: string | undefined): string[] {
  return name === undefined ? [] : ['-n', literalFormat(windowName(name))];
}

function placeAndEnv({ cwd, env = {} }: NewWindow): string[] {
  return [...(cwd === undefined ? [] : ['-c', literalFormat(cwd)]), ...Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`])];
}

function created(body: Buffer): CreatedSession {
  const [sessionId = '', windowId = '', paneId = '', ...name] = body.toString('utf8').split(' ');
  if (isSessionId(sessionId) && isWindowId(windowId) && isPaneId(paneId)) return { sessionId, windowId, paneId, name: name.join(' ') };
  throw new AgentsError('tmux-failed', `tmux did not say what it made: ${body.toString('utf8')}`);
}

/** tmux gives a command of a single word to a shell; two words it runs as they are. */
function noShell(argv: readonly string[]): readonly string[] {
  const [program = '', ...args] = argv;
  if (program === '') throw new AgentsError('bad-input', 'No program was named.');
  return args.length > 0 ? argv : ['/bin/sh', '-c', 'exec "$0"', program];
}
