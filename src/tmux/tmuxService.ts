// One tmux server as its users see it: sessions, windows and panes; keys, pastes, captures; output and change as events.
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { AgentsError, isAgentsError } from '../base/errors.ts';
import { Emitter, type Event } from '../base/event.ts';
import type { Executor } from '../exec/executor.ts';
import { literalFormat, sessionName, windowName } from './commandLine.ts';
import type { ControlClient } from './controlClient.ts';
import { isSessionId, type TmuxNotification } from './notifications.ts';
import { GuestOutput } from './guestOutput.ts';
import { PaneOutput } from './paneOutput.ts';
import { paneScreen, SCREEN_FORMAT, type PaneScreen } from './paneScreen.ts';
import { pasteCommands } from './pasteBuffer.ts';
import { deliverPrompt } from './promptDelivery.ts';
import { PANE_FORMAT, parsePanes, parseSessions, parseWindows, SESSION_FORMAT, WINDOW_FORMAT } from './records.ts';
import { ServerKeeper } from './serverKeeper.ts';
import { makeSession, makeWindow, type CreatedSession, type NewSession, type NewWindow } from './sessionMaker.ts';
import { MONITOR_SESSION } from './serverOptions.ts';
import { ofSession, onceEach, optionTarget, scopeFlags, type OptionScope } from './targets.ts';
import { TmuxConnection, type ConnectionState, type ConnectOptions, type TmuxServerOptions } from './tmuxConnection.ts';
import type { CaptureOptions, FormatChange, PaneId, PaneTarget, SessionId, TmuxPane, TmuxSession, TmuxWindow, WindowId } from './types.ts';

export type { CreatedSession, NewSession, NewWindow } from './sessionMaker.ts';
export type { ConnectionState, ConnectOptions, TmuxServerOptions } from './tmuxConnection.ts';

export class TmuxService implements Disposable {
  readonly #mode: TmuxServerOptions['mode'];
  readonly #connection: TmuxConnection;
  readonly #keeper: ServerKeeper;
  readonly #output = new PaneOutput();
  readonly #guest: GuestOutput | undefined;
  readonly #notified = new Emitter<TmuxNotification>();
  readonly #treeChanged = new Emitter<void>();
  readonly #outputLost = new Emitter<{ readonly panes: readonly PaneId[] | undefined }>();
  readonly #formats = new Map<string, { readonly spec: string; readonly listener: (change: FormatChange) => void }>();
  readonly #owned = new DisposableStore();
  #treeScheduled: NodeJS.Immediate | undefined;
  #pasteUsage: Promise<boolean> | undefined;
  #wasConnected = false;

  constructor(executor: Executor, options: TmuxServerOptions) {
    this.#mode = options.mode;
    this.#keeper = new ServerKeeper((commands) => this.#send(commands), options.log);
    this.#connection = new TmuxConnection(executor, options, {
      output: (pane, bytes) => this.#output.deliver(pane, bytes),
      wantsOutput: (pane) => this.#output.isWanted(pane),
      notification: (notification) => this.#notification(notification),
      prepare: (client) => this.#prepare(client),
    });
    if (options.mode === 'guest') {
      this.#guest = new GuestOutput(executor, options, {
        sessionOf: (pane) => this.#sessionOf(pane),
        output: (pane, bytes) => this.#output.deliver(pane, bytes),
        watched: (panes) => this.#outputLost.fire({ panes }),
      });
    }
    this.#owned.add(this.#connection.onDidChange(({ state }) => state === 'connected' && this.#connected()));
  }

  readonly onDidNotify: Event<TmuxNotification> = this.#notified.event;
  /** Fires, once for many causes, when sessions, windows or panes may have changed. */
  readonly onDidChangeTree: Event<void> = this.#treeChanged.event;
  /** Fires when output of these panes (undefined: of any) may have been missed; capture again. */
  readonly onDidLoseOutput: Event<{ readonly panes: readonly PaneId[] | undefined }> = this.#outputLost.event;

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  get onDidChangeConnection(): Event<ConnectionState> {
    return this.#connection.onDidChange;
  }

  /** Connects; commands do so by themselves. Throws `tmux-missing`, `tmux-failed`, `disconnected`, `timeout` or `cancelled`. */
  async connect(options: ConnectOptions = {}): Promise<void> {
    await this.#connection.client(options);
  }

  /** Raw bytes of a pane as its program writes them, escapes included. On a server not ours they begin with an `onDidLoseOutput` for the pane. */
  onPaneOutput(pane: PaneId, listener: (bytes: Buffer) => void): Disposable {
    const subscription = this.#output.listen(pane, listener);
    this.#guest?.watch(pane).catch(() => undefined);
    return toDisposable(() => {
      subscription.dispose();
      if (!this.#output.isWanted(pane)) this.#guest?.unwatch(pane);
    });
  }

  async listSessions(): Promise<TmuxSession[]> {
    const [body] = await this.#send([['list-sessions', '-F', SESSION_FORMAT]]);
    return parseSessions(body).filter((session) => session.name !== MONITOR_SESSION);
  }

  /** The windows of one session, by exact name or id, or of all. */
  async listWindows(session?: string): Promise<TmuxWindow[]> {
    const [body] = await this.#send([['list-windows', '-a', '-F', WINDOW_FORMAT]]);
    const windows = parseWindows(body).filter((window) => window.sessionName !== MONITOR_SESSION);
    return session === undefined ? onceEach(windows) : ofSession(windows, session);
  }

  /** The panes of one session, by exact name or id, or of all. */
  async listPanes(session?: string): Promise<TmuxPane[]> {
    const [body] = await this.#send([['list-panes', '-a', '-F', PANE_FORMAT]]);
    const panes = parsePanes(body).filter((pane) => pane.sessionName !== MONITOR_SESSION);
    if (this.#mode === 'own' && panes.some((pane) => pane.unreaped)) this.#keeper.reap();
    return session === undefined ? onceEach(panes) : ofSession(panes, session);
  }

  /** Makes a session, marked and watched before anybody can list it. Throws `name-taken`, `bad-input`; what fails halfway leaves nothing. */
  newSession(wish: NewSession): Promise<CreatedSession> {
    return makeSession((commands) => this.#sendAlone(commands), wish, this.#mode === 'own');
  }

  async newWindow(session: string, wish: NewWindow): Promise<{ readonly windowId: WindowId; readonly paneId: PaneId }> {
    const made = await makeWindow((commands) => this.#sendAlone(commands), (await this.#session(session)).id, wish);
    // From here on its output reaches us: what came before is on its screen.
    if (this.#mode === 'own') await this.#keeper.tidy();
    return made;
  }

  /** Resolves with the name as tmux holds it. Throws `name-taken`. */
  async renameSession(session: string, name: string): Promise<string> {
    const { id } = await this.#session(session);
    await this.#sendAlone([['rename-session', '-t', id, '--', literalFormat(sessionName(name))]]);
    return (await this.#session(id)).name;
  }

  /** Ends a session with all its windows, wherever else they are linked. A session that is gone is no error. */
  async killSession(session: string): Promise<void> {
    for (const window of await this.listWindows(session)) await this.killWindow(window.id);
  }

  async renameWindow(session: string, window: string, name: string): Promise<void> {
    const { id } = await this.#window(session, window);
    await this.#sendAlone([['rename-window', '-t', id, '--', literalFormat(windowName(name))]]);
  }

  /** A window that is gone is no error. */
  async killWindow(window: WindowId): Promise<void> {
    await this.#sendAlone([['kill-window', '-t', window]]).catch(unlessGone);
  }

  /** A pane that is gone is no error. */
  async killPane(pane: PaneId): Promise<void> {
    await this.#sendAlone([['kill-pane', '-t', pane]]).catch(unlessGone);
  }

  /** Ends the server and everything in it. */
  async killServer(): Promise<void> {
    this.#connection.expectEnd();
    await this.#send([['kill-server']]).catch((error: unknown) => {
      if (!isAgentsError(error, 'disconnected')) throw error;
    });
  }

  /** Types a line: the text as it is, then Enter. */
  async sendKeys(session: string, window: string, pane: string, text: string): Promise<void> {
    const id = await this.#pane({ session, window, pane });
    await this.#send([...typing(id, text), ['send-keys', '-t', id, 'Enter']]);
  }

  /** Presses keys by tmux's names: `C-c`, `Escape`, `Enter`. */
  async sendKeyNames(target: PaneTarget, keys: readonly string[]): Promise<void> {
    const id = await this.#pane(target);
    await this.#send([leaveMode(id), ['send-keys', '-t', id, '--', ...keys]]);
  }

  /** Types text as it is, without Enter. */
  async sendLiteral(target: PaneTarget, text: string): Promise<void> {
    const id = await this.#pane(target);
    if (text !== '') await this.#send(typing(id, text));
  }

  /** Pastes text of any size byte for byte, bracketed where the program asked for that. Throws `bad-input` for NUL. */
  async pasteText(target: PaneTarget, text: string, { bracketed = true }: { readonly bracketed?: boolean } = {}): Promise<void> {
    const id = await this.#pane(target);
    if (text === '') return;
    const client = await this.#connection.client();
    const { fill, paste, forget } = pasteCommands(id, text, { bracketed, raw: await this.#canPasteRaw(client) });
    const sent = await Promise.allSettled([...fill, [leaveMode(id), paste]].map((commands) => client.send(commands)));
    const failed = sent.find((answer) => answer.status === 'rejected');
    if (!failed) return;
    await client.send([forget]).catch(() => undefined);
    throw failed.reason;
  }

  /** Pastes a prompt, waits until the program has shown it, and submits it. */
  async sendPrompt(target: PaneTarget, text: string, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const id = await this.#pane(target);
    const dead = (await this.listPanes()).find((pane) => pane.id === id)?.dead;
    if (dead) throw new AgentsError('tmux-failed', `The program has ended (${dead.signal ?? `exit code ${dead.code ?? 'unknown'}`}): it takes no prompts.`);
    await deliverPrompt(
      {
        paste: async () => {
          await this.#guest?.watch(id);
          await this.pasteText(id, text);
        },
        submit: () => this.sendKeyNames(id, ['Enter']),
        onOutput: (listener) => this.onPaneOutput(id, listener),
      },
      signal,
    );
  }

  /** The last lines of a pane as plain text, trailing blank lines cut. */
  capturePaneContent(session: string, window: string, pane: string, lines = 100): Promise<string> {
    return this.capture({ session, window, pane }, { lines });
  }

  async capture(target: PaneTarget, { lines = 100, escapes = false, joinWrapped = false }: CaptureOptions = {}): Promise<string> {
    const id = await this.#pane(target);
    const from = lines === 'all' ? '-' : `-${Math.max(0, Math.ceil(lines))}`;
    const [body] = await this.#send([['capture-pane', '-p', '-t', id, '-S', from, ...(escapes ? ['-e'] : []), ...(joinWrapped ? ['-J'] : [])]]);
    const all = body.toString('utf8').trimEnd().split('\n');
    return (lines === 'all' ? all : all.slice(-Math.max(1, lines))).map((line) => (joinWrapped ? line.trimEnd() : line)).join('\n');
  }

  /** What a pane shows now. `seen` is called the moment it was looked at: output that is delivered before is on it, and none that comes after, on a server that is ours. */
  async screen(pane: PaneId, seen?: () => void): Promise<PaneScreen> {
    const client = await this.#connection.client();
    const [facts, lines] = await client.send([['display-message', '-p', '-t', pane, SCREEN_FORMAT], ['capture-pane', '-p', '-e', '-J', '-t', pane]], { answered: seen });
    return paneScreen(facts?.toString('utf8') ?? '', lines?.toString('utf8') ?? '');
  }

  /** Gives a window a size; a terminal that shows it has the last word. On a server not ours, until its owner resizes it. */
  async resizeWindow(window: WindowId, columns: number, rows: number): Promise<void> {
    const resize = ['resize-window', '-t', window, '-x', String(columns), '-y', String(rows)];
    // resize-window fixes the size for good; unset, the next terminal that attaches has its own again.
    const release = ['set-option', '-w', '-u', '-t', window, 'window-size'];
    await this.#send(this.#mode === 'own' ? [resize, release] : [resize]);
  }

  /** An option's value, inherited ones included; undefined when it is not set. */
  async getOption(scope: OptionScope, target: string, name: string): Promise<string | undefined> {
    const flag = scopeFlags[scope];
    const [body] = await this.#send([['show-options', ...(flag === '' ? [] : [flag]), '-qAv', ...optionTarget(scope, target), name]]);
    return body.length === 0 ? undefined : body.toString('utf8');
  }

  /** Sets or, with undefined, unsets an option. Throws `unsupported` on a server that is not ours. */
  async setOption(scope: OptionScope, target: string, name: string, value: string | undefined): Promise<void> {
    if (this.#mode === 'guest') throw new AgentsError('unsupported', "No option is ever set on a tmux server that is not tmux-agents' own.");
    const flag = scopeFlags[scope];
    const words = ['set-option', ...(flag === '' ? [] : [flag]), ...(value === undefined ? ['-u'] : []), ...optionTarget(scope, target), '--', name];
    await this.#send([value === undefined ? words : [...words, value]]);
  }

  /** Follows a format's value; tmux looks once a second and tells only of changes. `what` is empty (the monitor), an id, `%*` or `@*`. */
  subscribeFormat(
    { name, what, format }: { readonly name: string; readonly what: '' | PaneId | WindowId | '%*' | '@*'; readonly format: string },
    listener: (change: FormatChange) => void,
  ): Disposable {
    const spec = `${name}:${what}:${format}`;
    if (/[:\s]/.test(name) || this.#formats.has(name)) throw new AgentsError('name-taken', `The subscription "${name}" cannot be made: its name is taken or holds ":" or a space.`);
    this.#formats.set(name, { spec, listener });
    if (this.connection.state === 'connected') this.#send([['refresh-client', '-B', spec]]).catch(() => undefined);
    return toDisposable(() => {
      this.#formats.delete(name);
      if (this.connection.state === 'connected') this.#send([['refresh-client', '-B', name]]).catch(() => undefined);
    });
  }

  /** Runs one tmux command; each word arrives as it is. Resolves with the lines it printed. */
  async command(words: readonly string[]): Promise<string[]> {
    const [body] = await this.#send([words]);
    return body.length === 0 ? [] : body.toString('utf8').split('\n');
  }

  /** Detaches our client. Sessions live on. */
  dispose(): void {
    void this.leave();
  }

  /** As `dispose`; resolves when our client is gone from the server. */
  leave(): Promise<void> {
    clearImmediate(this.#treeScheduled);
    this.#guest?.dispose();
    this.#owned.dispose();
    return this.#connection.leave();
  }

  /** As `#send`, for commands that the server announces to its clients: while no face is just connecting. */
  async #sendAlone(commands: readonly (readonly string[])[]): Promise<readonly [Buffer, ...Buffer[]]> {
    const client = await this.#connection.client();
    const [first = Buffer.alloc(0), ...rest] = await this.#connection.exclusively(() => client.send(commands));
    return [first, ...rest];
  }

  async #send(commands: readonly (readonly string[])[]): Promise<readonly [Buffer, ...Buffer[]]> {
    const [first = Buffer.alloc(0), ...rest] = await (await this.#connection.client()).send(commands);
    return [first, ...rest];
  }

  /** Newer versions (seen in 3.8) replace control characters in a paste unless told `-S`, which older ones do not know. */
  async #canPasteRaw(client: ControlClient): Promise<boolean> {
    this.#pasteUsage ??= client.send([['list-commands', 'paste-buffer']]).then(([usage]) => /\[-[a-zA-Z]*S/.test(usage?.toString('utf8') ?? ''));
    return this.#pasteUsage.catch(() => {
      this.#pasteUsage = undefined;
      return false;
    });
  }

  async #prepare(client: ControlClient): Promise<void> {
    this.#pasteUsage = undefined;
    if (this.#mode === 'own') await this.#keeper.prepare(client);
    await Promise.all([...this.#formats.values()].map(({ spec }) => client.send([['refresh-client', '-B', spec]])));
  }

  #connected(): void {
    if (this.#wasConnected) this.#outputLost.fire({ panes: undefined });
    this.#wasConnected = true;
    this.#scheduleTree();
  }

  #notification(notification: TmuxNotification): void {
    switch (notification.type) {
      case 'pause':
        this.#send([['refresh-client', '-A', `${notification.pane}:continue`]]).catch(() => undefined);
        this.#outputLost.fire({ panes: [notification.pane] });
        break;
      case 'subscription-changed':
        if (this.#keeper.owns(notification.name)) this.#scheduleTree();
        else this.#formats.get(notification.name)?.listener(notification);
        break;
      case 'unlinked-window-add':
      case 'sessions-changed':
        if (this.#mode === 'own' && this.connection.state === 'connected') void this.#keeper.tidy();
        this.#scheduleTree();
        break;
      case 'continue':
      case 'pane-mode-changed':
      case 'exit':
      case 'unknown':
        break;
      case 'session-changed':
      case 'session-renamed':
      case 'session-window-changed':
      case 'client-session-changed':
      case 'client-detached':
      case 'window-add':
      case 'window-close':
      case 'unlinked-window-close':
      case 'window-renamed':
      case 'unlinked-window-renamed':
      case 'window-pane-changed':
      case 'layout-change':
        this.#scheduleTree();
    }
    this.#notified.fire(notification);
  }

  #scheduleTree(): void {
    this.#treeScheduled ??= setImmediate(() => {
      this.#treeScheduled = undefined;
      this.#treeChanged.fire();
    });
  }

  async #sessionOf(pane: PaneId): Promise<SessionId> {
    const [id = ''] = await this.command(['display-message', '-p', '-t', pane, '#{session_id}']);
    if (!isSessionId(id)) throw new AgentsError('not-found', `There is no tmux pane ${pane}.`);
    return id;
  }

  async #session(session: string): Promise<TmuxSession> {
    const all = await this.listSessions();
    const [found] = ofSession(all.map((item) => ({ item, sessionId: item.id, sessionName: item.name })), session);
    if (!found) throw new AgentsError('not-found', `There is no tmux session "${session}".`);
    return found.item;
  }

  async #window(session: string, window: string): Promise<TmuxWindow> {
    const found = (await this.listWindows(session)).find(({ id, index, name }) => id === window || String(index) === window || name === window);
    if (!found) throw new AgentsError('not-found', `There is no window "${window}" in the tmux session "${session}".`);
    return found;
  }

  async #pane(target: PaneTarget): Promise<PaneId> {
    if (typeof target === 'string') return target;
    const { session, window, pane } = target;
    const found = (await this.listPanes(session)).find(
      (candidate) => (candidate.windowId === window || String(candidate.windowIndex) === window) && (candidate.id === pane || String(candidate.index) === pane),
    );
    if (!found) throw new AgentsError('not-found', `There is no pane ${window}.${pane} in the tmux session "${session}".`);
    return found.id;
  }
}

/** A pane whose scrollback is being read takes keys for that; this makes it listen to its program again. */
function leaveMode(pane: PaneId): readonly string[] {
  return ['copy-mode', '-q', '-t', pane];
}

function typing(pane: PaneId, text: string): (readonly string[])[] {
  return [leaveMode(pane), ...(text === '' ? [] : [['send-keys', '-t', pane, '-l', '--', text]])];
}

function unlessGone(error: unknown): readonly Buffer[] {
  if (isAgentsError(error, 'not-found')) return [];
  throw error;
}
