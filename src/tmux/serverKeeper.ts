// What our own server needs from us: its options, every window linked into the monitor session, and dead programs reaped.
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { silentLog } from '../base/log.ts';
import type { ControlClient } from './controlClient.ts';
import { parseWindows, WINDOW_FORMAT } from './records.ts';
import { MONITOR_SESSION, PANE_DIED_HOOK, serverOptions } from './serverOptions.ts';
import type { WindowId } from './types.ts';

type Send = (commands: readonly (readonly string[])[]) => Promise<unknown>;

/** The subscription that tells of a dead pane even when its hook did not run. */
const DEAD_SUBSCRIPTION = 'tmux-agents-dead';

export class ServerKeeper {
  readonly #send: Send;
  readonly #log: Log;

  constructor(send: Send, log: Log = silentLog) {
    this.#send = send;
    this.#log = log;
  }

  owns(subscription: string): boolean {
    return subscription === DEAD_SUBSCRIPTION;
  }

  /** Everything on one pipelined burst: the first answer waits for the last no longer than tmux takes. */
  async prepare(client: ControlClient): Promise<void> {
    const optional = serverOptions.map(({ scope, name, value }) => client.send([['set-option', scope, name, value]]).catch(() => undefined));
    const needed = [
      client.send([['set-hook', '-gw', 'pane-died', PANE_DIED_HOOK]]),
      client.send([['set-option', '-t', `=${MONITOR_SESSION}:`, 'destroy-unattached', 'on']]),
      client.send([['refresh-client', '-B', `${DEAD_SUBSCRIPTION}:%*:#{pane_dead}`]]),
    ];
    const [[windows] = []] = await Promise.all([client.send([['list-windows', '-a', '-F', WINDOW_FORMAT]]), ...needed, ...optional]);
    if (!windows) return;
    const all = parseWindows(windows);
    const linked = new Set(all.filter(({ sessionName }) => sessionName === MONITOR_SESSION).map(({ id }) => id));
    const missing = new Set(all.map(({ id }) => id).filter((id) => !linked.has(id)));
    await Promise.all([...missing].map((id) => client.send([linking(id)]).catch(() => undefined)));
  }

  /** A window made by somebody else, as soon as it is told of. */
  link(window: WindowId): void {
    this.#send([linking(window)]).catch((error: unknown) => this.#log.debug(`${window} is not watched: ${messageOf(error)}`));
  }

  /** tmux 3.3a can lose the SIGCHLD of a dead program and with it the exit code; any other child's end makes it look again. */
  reap(): void {
    this.#send([['run-shell', '-b', 'true']]).catch((error: unknown) => this.#log.debug(`a dead program is not reaped: ${messageOf(error)}`));
  }
}

function linking(window: WindowId): readonly string[] {
  return ['link-window', '-d', '-s', window, '-t', `=${MONITOR_SESSION}:`];
}
