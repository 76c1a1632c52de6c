// What our own server needs from us: its options, every window linked into the monitor session, nothing left over there, and dead programs reaped.
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import type { ControlClient } from './controlClient.ts';
import { parseWindows, WINDOW_FORMAT } from './records.ts';
import { LAST_ONE_OUT_HOOK, MONITOR_SESSION, PANE_DIED_HOOK, serverOptions } from './serverOptions.ts';
import type { TmuxWindow, WindowId } from './types.ts';

type Commands = readonly (readonly string[])[];
type Send = (commands: Commands) => Promise<readonly Buffer[]>;

/** The subscription that tells of a dead pane even when its hook did not run. */
const DEAD_SUBSCRIPTION = 'tmux-agents-dead';

const listWindows: Commands = [['list-windows', '-a', '-F', WINDOW_FORMAT]];

export class ServerKeeper {
  readonly #send: Send;
  readonly #log: Log;
  #tidying: Promise<void> | undefined;
  #tidyAgain = false;

  constructor(send: Send, log: Log = silentLog) {
    this.#send = send;
    this.#log = log;
  }

  owns(subscription: string): boolean {
    return subscription === DEAD_SUBSCRIPTION;
  }

  /** Everything in one pipelined burst: the first answer waits for the last no longer than tmux takes. */
  async prepare(client: ControlClient): Promise<void> {
    const optional = serverOptions.map(({ scope, name, value }) => client.send([['set-option', scope, name, value]]).catch(() => undefined));
    const needed = [
      client.send([['set-hook', '-gw', 'pane-died', PANE_DIED_HOOK]]),
      client.send([['set-hook', '-g', 'client-detached', LAST_ONE_OUT_HOOK]]),
      client.send([['set-hook', '-g', 'session-closed', LAST_ONE_OUT_HOOK]]),
      client.send([['refresh-client', '-B', `${DEAD_SUBSCRIPTION}:%*:#{pane_dead}`]]),
    ];
    const tidied = this.#tidyOnce((commands) => client.send(commands));
    await Promise.all([tidied, ...needed, ...optional]);
  }

  /** Call when windows or sessions came or went: links the windows that nobody linked yet, ends those whose session is gone. */
  tidy(): Promise<void> {
    this.#tidyAgain = true;
    this.#tidying ??= this.#tidyWhileAsked().finally(() => (this.#tidying = undefined));
    return this.#tidying;
  }

  /** tmux 3.3a can lose the SIGCHLD of a dead program and with it the exit code; any other child's end makes it look again. */
  reap(): void {
    this.#send([['run-shell', '-b', 'true']]).catch((error: unknown) => this.#log.debug(`a dead program is not reaped: ${messageOf(error)}`));
  }

  async #tidyWhileAsked(): Promise<void> {
    while (this.#tidyAgain) {
      this.#tidyAgain = false;
      await this.#tidyOnce(this.#send).catch((error: unknown) => this.#log.debug(`the windows cannot be watched: ${messageOf(error)}`));
    }
  }

  async #tidyOnce(send: Send): Promise<void> {
    const [body] = await send(listWindows);
    if (!body) return;
    const { missing, orphaned, twice } = compare(parseWindows(body));
    const commands = [
      ...missing.map((id) => ['link-window', '-d', '-s', id, '-t', `=${MONITOR_SESSION}:`]),
      ...orphaned.map((id) => ['kill-window', '-t', id]),
      ...twice.map((index) => ['unlink-window', '-t', `=${MONITOR_SESSION}:${index}`]),
    ];
    // Each on its own: one that is gone by now costs the others nothing.
    await Promise.all(commands.map((command) => send([command]).catch((error: unknown) => this.#log.debug(`${command.join(' ')}: ${messageOf(error)}`))));
  }
}

interface Untidy {
  /** Windows that the monitor lacks. */
  readonly missing: WindowId[];
  /** Windows that it alone still holds because their session was killed. */
  readonly orphaned: WindowId[];
  /** Indexes at which it holds a window once more: two faces linked it at the same moment. */
  readonly twice: number[];
}

function compare(windows: readonly TmuxWindow[]): Untidy {
  const watched = windows.filter(({ sessionName }) => sessionName === MONITOR_SESSION);
  const watchedIds = new Set(watched.map(({ id }) => id));
  const agentIds = new Set(windows.filter(({ sessionName }) => sessionName !== MONITOR_SESSION).map(({ id }) => id));
  return {
    missing: [...agentIds].filter((id) => !watchedIds.has(id)),
    orphaned: watched.filter(({ id, name }) => !agentIds.has(id) && name !== MONITOR_SESSION).map(({ id }) => id),
    twice: watched.filter(({ id }, at) => watched.findIndex((other) => other.id === id) < at).map(({ index }) => index),
  };
}
