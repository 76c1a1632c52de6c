// A runner's connection to its hub: its sessions, and its tasks where it takes any, over a socket that comes back by itself.
import { randomUUID } from 'node:crypto';
import type { Disposable } from '../../base/disposable.ts';
import type { Event } from '../../base/event.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { EXTENSION_HEADER, EXTENSION_VERSION } from '../../protocol/hubWire/extension.ts';
import { runnerSocketUrl } from './hubAddress.ts';
import { HubConversation } from './hubConversation.ts';
import { KnownProjects } from './knownProjects.ts';
import { LINK_TIMERS, type LinkTimers } from './linkTimers.ts';
import type { HubLinkState, SharedFleet, TaskPort } from './ports.ts';
import { Reconnection } from './reconnection.ts';

export interface HubLinkOptions {
  /** `https://hub.example`: the sockets are below its `/api`. */
  readonly serverUrl: string;
  readonly runnerId: string;
  /** Asked before each attempt where it is a function; without one the link is refused until a person acts. */
  readonly token: string | (() => Promise<string | undefined>);
  readonly fleet: SharedFleet;
  /** Without them the runner says that it is draining: no hub gives it a task. */
  readonly tasks?: TaskPort | undefined;
  /** One per process. Default: a new one per link. */
  readonly instance?: string | undefined;
  readonly clientVersion?: string | undefined;
  /** PEM: the server's very certificate, where it is known beforehand; then its name and who signed it do not matter. */
  readonly certificate?: string | undefined;
  readonly log?: Log | undefined;
  readonly timers?: Partial<LinkTimers> | undefined;
}

export class HubLink implements Disposable {
  readonly #projects: KnownProjects;
  readonly #reconnection: Reconnection;

  /** Does not connect yet. Throws `bad-input` for an address that is none. */
  constructor({ serverUrl, runnerId, token, fleet, tasks, instance = randomUUID(), clientVersion = 'tmux-agents', certificate, log = silentLog, timers: shorter }: HubLinkOptions) {
    const timers = { ...LINK_TIMERS, ...shorter };
    const projects = (this.#projects = new KnownProjects(tasks));
    this.#reconnection = new Reconnection({
      url: runnerSocketUrl(serverUrl, runnerId),
      headers: { [EXTENSION_HEADER]: String(EXTENSION_VERSION) },
      token,
      certificate,
      timers,
      converse: (wire, onHello) => new HubConversation({ wire, fleet, tasks, projects, client: clientVersion, instance, timers, onHello, log }),
      log,
    });
  }

  get state(): HubLinkState {
    return this.#reconnection.state;
  }

  readonly onDidChangeState: Event<HubLinkState> = (listener) => this.#reconnection.onDidChangeState(listener);

  /** Connects; also at once out of a wait, and again where the hub had refused. */
  start(): void {
    this.#reconnection.start();
  }

  /** Says goodbye to the hub. */
  dispose(): void {
    this.#reconnection.dispose();
    this.#projects.dispose();
  }
}
