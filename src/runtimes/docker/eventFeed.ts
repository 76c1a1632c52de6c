// The engine's event stream, held open: says when agents' containers changed and when the engine was lost or came back.
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { GetEventsOptions } from 'dockerode';
import { Backoff } from '../../base/backoff.ts';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { asAgentsError, type AgentsError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { DockerEngine } from './engine.ts';
import { engineError } from './engineErrors.ts';
import { labelFilter } from './labels.ts';

/** Milliseconds until an engine that takes connections must have begun the stream; a starting one answers late. */
const CONNECT_TIMEOUT_MS = 20_000;

/** What changes the list of agents or their state. Execs, which are many, are left out. */
const EVENTS = ['create', 'start', 'die', 'stop', 'kill', 'destroy', 'rename', 'pause', 'unpause', 'restart'];

/** The engine tells of a change before its own listing shows it: how long after the last event it is worth a look again, in milliseconds. */
const ECHOES_MS = [100, 1_000];

export class EventFeed implements Disposable {
  readonly #engine: DockerEngine;
  readonly #owner: string | undefined;
  readonly #backoff = new Backoff({ firstMs: 250, longestMs: 30_000 });
  readonly #happened = new Emitter<void>();
  readonly #connected = new Emitter<void>();
  readonly #lost = new Emitter<AgentsError>();
  readonly #end = new AbortController();
  readonly #echoes: NodeJS.Timeout[] = [];

  constructor(engine: DockerEngine, owner: string | undefined) {
    this.#engine = engine;
    this.#owner = owner;
  }

  /** Fires when something happened to a container of an agent. */
  readonly onDidHappen = this.#happened.event;
  /** Fires when the stream stands (again): whatever happened before it is not told. */
  readonly onDidConnect = this.#connected.event;
  /** Fires for each failed attempt and when the stream ends. */
  readonly onDidLose = this.#lost.event;

  start(): void {
    void this.#follow();
  }

  dispose(): void {
    this.#end.abort();
    for (const echo of this.#echoes) clearTimeout(echo);
    for (const emitter of [this.#happened, this.#connected, this.#lost]) emitter.dispose();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        await this.#stream();
      } catch (error) {
        if (signal.aborted) return;
        this.#lost.fire(asAgentsError(error));
      }
      if (!signal.aborted) await this.#pause(this.#backoff.next());
    }
  }

  /** Resolves never: rejects when the stream could not begin, or ended. */
  async #stream(): Promise<never> {
    const { signal } = this.#end;
    const options: GetEventsOptions = { filters: { type: ['container'], event: EVENTS, label: labelFilter(this.#owner) } };
    const stream = (await this.#engine.call({ what: 'follow its events', signal, timeoutMs: CONNECT_TIMEOUT_MS }, (docker, abortSignal) =>
      docker.getEvents(Object.assign(options, { abortSignal: AbortSignal.any([signal, abortSignal]) })),
    )) as Readable;
    const ended = new Promise<never>((_, reject) => {
      let fault: Error | undefined;
      stream.on('error', (error: Error) => (fault = error));
      stream.on('close', () => reject(engineError(fault ?? new Error('the connection was closed'), { url: this.#engine.endpoint.url, what: 'follow its events' })));
    });
    // Which event it was does not matter: the list is asked for again. So no line has to be understood.
    stream.on('data', () => this.#tell());
    this.#backoff.reset();
    this.#connected.fire();
    return ended;
  }

  #tell(): void {
    for (const echo of this.#echoes.splice(0)) clearTimeout(echo);
    for (const delay of ECHOES_MS) this.#echoes.push(setTimeout(() => this.#happened.fire(), delay).unref());
    this.#happened.fire();
  }

  /** Waits before the next attempt, less long when the engine's socket is made anew meanwhile. */
  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#end;
    const waiting = new DisposableStore();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const onAbort = (): void => resolve();
      signal.addEventListener('abort', onAbort);
      waiting.add(toDisposable(() => clearTimeout(timer)));
      waiting.add(toDisposable(() => signal.removeEventListener('abort', onAbort)));
      waiting.add(this.#watchSocket(resolve));
    });
    waiting.dispose();
  }

  #watchSocket(changed: () => void): Disposable {
    const { address } = this.#engine.endpoint;
    if (address.kind !== 'socket' || process.platform === 'win32') return toDisposable(() => undefined);
    try {
      const watcher = watch(dirname(address.path), { persistent: false }, (_, name) => {
        if (name === basename(address.path)) changed();
      });
      watcher.on('error', () => undefined);
      return toDisposable(() => watcher.close());
    } catch {
      return toDisposable(() => undefined);
    }
  }
}
