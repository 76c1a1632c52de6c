// The runner daemon: one process for each configuration, from its lock to its last word. It waits to be registered, serves its hub, drains when it is told to, and leaves what runs to the next one.
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import { holdProcessLock } from '../../base/processLock.ts';
import { Redactor } from '../../base/redact.ts';
import { waitForEvent } from '../../base/wait.ts';
import type { DaemonStatus } from '../../protocol/daemonStatus.ts';
import type { LinkTimers } from '../hubLink/linkTimers.ts';
import { ServedHub } from './connection/servedHub.ts';
import { daemonPlaces, type DaemonPlaces } from './process/daemonPlaces.ts';
import { LogFile, type Level } from './process/logFile.ts';
import { serveStatus } from './process/statusSocket.ts';
import { watchFile } from './process/watchFile.ts';
import type { Environment } from './settings/configPath.ts';
import { isRegistered, readDaemonSettings, TOKEN_VARIABLES, type DaemonSettings } from './settings/daemonSettings.ts';
import { closeToOthers } from './settings/runnerFile.ts';

export interface DaemonOptions {
  readonly configPath: string;
  readonly env: Environment;
  /** Of this program. */
  readonly version: string;
  /** What the log is told, also for whoever started it. */
  readonly show?: ((level: Level, message: string) => void) | undefined;
  /** Stays while it is not registered, or refused, and goes on as soon as its configuration says something else: for containers. */
  readonly wait?: boolean | undefined;
  readonly timers?: Partial<LinkTimers> | undefined;
}

/** How it is told to end. */
export interface DaemonSignals {
  /** In order: no new tasks, and those that run have `drain_seconds`. */
  readonly drain: AbortSignal;
  /** Without waiting for anything that runs. */
  readonly atOnce: AbortSignal;
}

/** How it ended: told to, or refused by its hub for good. */
export type DaemonEnd = { readonly how: 'told' } | { readonly how: 'refused'; readonly reason: string };

const ITSELF = /already connected/i;
/** Longer than a hub needs to see that a connection is gone. */
const RETRY_MS = 2 * 60_000;

export class RunnerDaemon {
  readonly #options: DaemonOptions;
  readonly #env: Environment;
  readonly #places: DaemonPlaces;
  readonly #log: LogFile;
  readonly #owned = new DisposableStore();
  readonly #changed = new Emitter<void>();
  readonly #startedAt = Date.now();
  #settings: DaemonSettings;
  #served: ServedHub | undefined;
  #refusal: string | undefined;

  private constructor(options: DaemonOptions, env: Environment, settings: DaemonSettings, places: DaemonPlaces, log: LogFile) {
    this.#options = options;
    this.#env = env;
    this.#settings = settings;
    this.#places = places;
    this.#log = log;
  }

  /** Throws `bad-input` for settings that are none, `not-found` where nobody registered this machine (unless it waits for that), `name-taken` where a daemon of this configuration runs. */
  static async open(options: DaemonOptions): Promise<RunnerDaemon> {
    // What is started later inherits this process's environment; no token is in it.
    const env = { ...options.env };
    for (const name of TOKEN_VARIABLES) delete process.env[name];
    const settings = readDaemonSettings(options.configPath, env);
    if (options.wait !== true && !isRegistered(settings)) throw unregistered(settings);
    const places = daemonPlaces(settings, env);
    const lock = await holdProcessLock(places.lock);
    if (lock === undefined) throw new AgentsError('name-taken', `A runner with the configuration ${settings.path} runs already.`, { hint: 'See it with: tmux-agents runner status' });
    const owned: Disposable[] = [lock];
    try {
      const redactor = new Redactor([settings.accessToken, settings.runnerToken].filter((token) => token !== undefined));
      const log = new LogFile(settings.logDir, { redact: redactor.text, show: options.show });
      owned.push(log);
      const daemon = new RunnerDaemon(options, env, settings, places, log);
      owned.push(await serveStatus(places.socket, () => daemon.status()));
      owned.push(watchFile(settings.path, () => daemon.#changed.fire()));
      for (const each of owned) daemon.#owned.add(each);
      if (closeToOthers(settings.path) === true) log.warn(`${settings.path} could be read by others; it holds tokens, and is closed to them now.`);
      return daemon;
    } catch (error) {
      for (const each of owned.reverse()) each.dispose();
      throw error;
    }
  }

  /** Until it is told to end, or refused for good. */
  async run(signals: DaemonSignals): Promise<DaemonEnd> {
    const { wait = false } = this.#options;
    try {
      while (!signals.drain.aborted) {
        this.#settings = readDaemonSettings(this.#settings.path, this.#env);
        if (!isRegistered(this.#settings)) {
          if (!wait) throw unregistered(this.#settings);
          this.#log.warn(`${unregistered(this.#settings).message} Register it: sibyl-runner register --server URL`);
          await this.#change(signals.drain);
          continue;
        }
        const end = await this.#serve(signals);
        if (end.how === 'told') return end;
        if (end.how === 'changed') continue;
        if (!wait) return end;
        this.#refusal = end.reason;
        // Another runner of this id may have been itself, before its machine was cut off: the hub sees that after a while.
        const retries = ITSELF.test(end.reason);
        this.#log.warn(`It stays, and tries again once its configuration has changed${retries ? `, or in ${RETRY_MS / 60_000} minutes` : ''}.`);
        await this.#change(retries ? AbortSignal.any([signals.drain, AbortSignal.timeout(RETRY_MS)]) : signals.drain);
        this.#refusal = undefined;
      }
      return { how: 'told' };
    } finally {
      this.#log.info('The runner has ended.');
      this.#changed.dispose();
      this.#owned.dispose();
    }
  }

  status(): DaemonStatus {
    const { path, serverUrl, runnerId, name, capabilities, maxAgents } = this.#settings;
    return {
      v: 1,
      pid: process.pid,
      version: this.#options.version,
      startedAt: this.#startedAt,
      config: path,
      log: this.#log.path,
      ...(serverUrl === undefined ? {} : { serverUrl }),
      ...(runnerId === undefined ? {} : { runnerId }),
      name,
      capabilities: [...capabilities],
      maxAgents,
      connection: this.#refusal === undefined ? { state: 'unregistered' } : { state: 'refused', reason: this.#refusal },
      status: 'online',
      agentCount: 0,
      agents: [],
      resultsWaiting: 0,
      ...this.#served?.status(),
      errors: [...this.#log.errors],
    };
  }

  async #serve(signals: DaemonSignals): Promise<DaemonEnd | { readonly how: 'changed' }> {
    const { version, timers } = this.#options;
    this.#log.info(`The runner "${this.#settings.name}" (${this.#settings.runnerId ?? ''}) of ${this.#settings.serverUrl ?? ''} begins, as process ${process.pid}.`);
    const served = new ServedHub({ settings: this.#settings, env: this.#env, folder: this.#places.folder, version, timers, onDidChangeFile: this.#changed.event, log: this.#log });
    this.#served = served;
    try {
      return await served.serve(signals);
    } finally {
      await served.end();
      this.#served = undefined;
    }
  }

  async #change(signal: AbortSignal): Promise<void> {
    try {
      await waitForEvent(this.#changed.event, () => this.#isReadable(), { signal, what: 'another configuration' });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #isReadable(): boolean {
    try {
      readDaemonSettings(this.#settings.path, this.#env);
      return true;
    } catch (error) {
      this.#log.warn(messageOf(error));
      return false;
    }
  }
}

function unregistered({ path }: DaemonSettings): AgentsError {
  return new AgentsError('not-found', `This machine is not registered with a hub: ${path} names none.`, { hint: 'Register it: tmux-agents runner register --server URL' });
}
