// The door to what is shown and recorded of sessions: loads it when it is first needed, and once.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../base/disposable.ts';
import type { Managed } from '../runner/createRuntimeManager.ts';
import type { Services } from './services.ts';
import type { SessionViews } from './sessionViews.ts';

/** The panels that VS Code keeps over a reload. */
const PANELS = ['tmuxAgents.timeline', 'tmuxAgents.replay', 'tmuxAgents.comparison'];

export class LateSessionViews implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #services: () => Services;
  #views: Promise<SessionViews> | undefined;

  constructor(services: () => Services) {
    this.#services = services;
    for (const type of PANELS) this.#owned.add(vscode.window.registerWebviewPanelSerializer(type, { deserializeWebviewPanel: async (panel, state: unknown) => (await this.views()).restore(panel, state) }));
  }

  views(): Promise<SessionViews> {
    this.#views ??= import('./sessionViews.ts').then(({ SessionViews: Views }) => this.#owned.add(new Views(this.#services())));
    return this.#views;
  }

  /** Records the agents of this window, until disposed; begins when there is time. */
  record(managed: Managed): Disposable {
    const owned = new DisposableStore();
    const { log } = this.#services();
    Promise.all([import('./sessionViews.ts'), import('./settings.ts')]).then(
      ([{ record }, { readSettings }]) => {
        if (owned.isDisposed) return;
        const settings = readSettings();
        owned.add(record(managed, { terminal: settings['sessions.record'], maxMegabytes: settings['sessions.maxMegabytes'], keptDays: settings['sessions.keptDays'] }, log));
      },
    ).catch((error: unknown) => log.error(`Sessions are not recorded: ${String(error)}`));
    return owned;
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
