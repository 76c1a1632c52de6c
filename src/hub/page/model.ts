// Everything the views stand on, made once: who is signed in, the fleet, the socket, the calls, what is liked.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Me } from '../../protocol/hubWire/hubRest.ts';
import { ApiClient, PageFault } from './api/client.ts';
import { HubApi } from './api/hubApi.ts';
import { FrameBatch } from './connection/frameBatch.ts';
import { LiveConnection } from './connection/liveConnection.ts';
import { Navigation } from './navigation.ts';
import { pathOf } from './routes.ts';
import { emptyFleet, inboxOf, reduceFleet, type Fleet, type InboxItem } from './state/fleet.ts';
import { Preferences } from './state/preferences.ts';

/** How often times such as `4 min ago` are written anew, in ms. */
const CLOCK_MS = 15_000;

export class PageModel {
  /** Undefined while nobody is signed in; `unknown` until the hub was asked. */
  readonly me = signal<Me | 'unknown' | undefined>('unknown');
  /** Why it is not known who is signed in. */
  readonly fault = signal<PageFault | undefined>(undefined);
  readonly fleet = signal<Fleet>(emptyFleet);
  readonly inbox: ReadonlySignal<readonly InboxItem[]> = computed(() => inboxOf(this.fleet.value.agents.values()));
  /** Unix time in ms, some seconds old. */
  readonly now = signal(Date.now());
  /** Said to screen readers. */
  readonly said = signal('');
  /** The text that the list of agents is narrowed by. */
  readonly filter: Signal<string> = signal('');
  readonly navigation = new Navigation();
  readonly preferences = new Preferences();
  readonly api: HubApi;
  readonly live: LiveConnection;

  constructor() {
    this.api = new HubApi(new ApiClient(() => this.#signedOut()));
    const batch = new FrameBatch((frames) => (this.fleet.value = reduceFleet(this.fleet.peek(), frames)));
    this.live = new LiveConnection({ url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`, onFrame: (frame) => batch.add(frame), mayRetry: () => this.#stillSignedIn() });
    setInterval(() => (this.now.value = Date.now()), CLOCK_MS);
  }

  /** Whether whoever looks may change anything at all; the hub decides about each thing. */
  get mayAct(): boolean {
    return typeof this.me.value === 'object' && this.me.value.role !== 'viewer';
  }

  get isAdmin(): boolean {
    return typeof this.me.value === 'object' && this.me.value.role === 'admin';
  }

  /** Asks who is signed in, and begins. */
  async start(): Promise<void> {
    this.fault.value = undefined;
    try {
      this.signedIn(await this.api.me());
    } catch (error) {
      if (!(error instanceof PageFault)) throw error;
      if (error.status === 401) this.me.value = undefined;
      else this.fault.value = error;
    }
  }

  signedIn(me: Me): void {
    this.me.value = me;
    this.live.start();
  }

  async signOut(): Promise<void> {
    await this.api.logout();
    this.#signedOut();
    this.navigation.go({ view: 'sign-in', next: '/' });
  }

  say(words: string): void {
    // The same words again are news only to somebody who heard nothing in between.
    this.said.value = this.said.peek() === words ? `${words}\u00a0` : words;
  }

  #signedOut(): void {
    this.live.stop();
    this.fleet.value = emptyFleet;
    this.me.value = undefined;
    const route = this.navigation.route.peek();
    if (route.view !== 'sign-in' && route.view !== 'setup') this.navigation.replace({ view: 'sign-in', next: pathOf(route) });
  }

  /** A hub that cannot be reached may come back; a session that has ended does not. */
  async #stillSignedIn(): Promise<boolean> {
    try {
      await this.api.me();
      return true;
    } catch (error) {
      return !(error instanceof PageFault) || error.status !== 401;
    }
  }
}

const Model = createContext<PageModel | undefined>(undefined);
export const ModelProvider = Model.Provider;

export function useModel(): PageModel {
  const model = useContext(Model);
  if (model === undefined) throw new Error('This part is shown outside of the page.');
  return model;
}
