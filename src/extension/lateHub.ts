// The door to the hub, which is a bundle of its own: loaded when somebody connects, and some time after the start where a window had connected before.
import * as vscode from 'vscode';
import { DisposableStore, toDisposable, type Disposable } from '../base/disposable.ts';
import { HUB_MEMORY } from './ids.ts';
import type { HubViews } from './hubConnection/hubViews.ts';
import type { Services } from './services.ts';
import type { OtherRows, PartRow } from './tree/agentParts.ts';

/** Milliseconds that the window has for itself before. */
const LATER_MS = 1_500;

export interface LateHubOptions {
  readonly services: () => Services;
  readonly context: Pick<vscode.ExtensionContext, 'secrets' | 'globalState' | 'extension'>;
}

export class LateHub implements OtherRows, Disposable {
  readonly #options: LateHubOptions;
  readonly #owned = new DisposableStore();
  readonly #changed = new vscode.EventEmitter<void>();
  #views: Promise<HubViews> | undefined;
  #loaded: HubViews | undefined;

  readonly onDidChangeRows = this.#changed.event;

  constructor(options: LateHubOptions) {
    this.#options = options;
    this.#owned.add(this.#changed);
    if (options.context.globalState.get<unknown>(HUB_MEMORY) !== undefined) this.#later();
  }

  /** Loads it, once; where this window is signed in already it connects. */
  views(): Promise<HubViews> {
    this.#views ??= this.#load().catch((error: unknown) => {
      this.#views = undefined;
      throw error;
    });
    return this.#views;
  }

  rows(): readonly PartRow[] {
    return this.#loaded?.rows() ?? [];
  }

  /** What the status bar says; empty where nobody is signed in. */
  get text(): string {
    return this.#loaded?.text ?? '';
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #load(): Promise<HubViews> {
    const { services, context } = this.#options;
    const { HubViews: Views } = await import('./hubConnection/hubViews.ts');
    const { version } = context.extension.packageJSON as { version: string };
    const views = this.#owned.add(new Views({ services: services(), stores: { secrets: context.secrets, memory: context.globalState }, version, changed: () => this.#changed.fire() }));
    await views.resume();
    this.#loaded = views;
    return views;
  }

  #later(): void {
    const timer = setTimeout(() => void this.views().catch((error: unknown) => this.#options.services().log.error(`The hub: ${String(error)}`)), LATER_MS);
    this.#owned.add(toDisposable(() => clearTimeout(timer)));
  }
}
