// Best of N in VS Code: begins attempts with their progress shown, and opens the view that compares them.
import { realpathSync } from 'node:fs';
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import type { AttemptGroup } from '../../protocol/attemptGroup.ts';
import { AttemptStore } from '../../runner/attempts/attemptStore.ts';
import { startAttempts } from '../../runner/attempts/startAttempts.ts';
import { shortAge } from '../../runtimes/agentText.ts';
import { WorkspaceManager } from '../../workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { PanelHost, type PanelWish } from '../panels/panelHost.ts';
import type { Services } from '../services.ts';
import { readSettings } from '../settings.ts';
import { oneLine } from '../shownText.ts';
import { askAttempts, parseWish, type AttemptsWish } from './askAttempts.ts';
import { ComparisonPanel } from './comparisonPanel.ts';

export interface BestOfParts {
  readonly services: Services;
  /** Holds the sessions' folders. */
  readonly sessions: string;
}

export class BestOf implements Disposable {
  readonly #parts: BestOfParts;
  readonly #owned = new DisposableStore();
  readonly #panels: PanelHost;
  readonly #store: AttemptStore;
  readonly #records: WorkspaceStore;

  constructor(parts: BestOfParts) {
    this.#parts = parts;
    const { log, extensionPath } = parts.services;
    this.#panels = this.#owned.add(new PanelHost('comparison', extensionPath));
    this.#store = new AttemptStore(undefined, log);
    this.#records = new WorkspaceStore(undefined, log);
  }

  /** Begins attempts, as a caller wishes or as a person answers, and shows them. Resolves with the group's id. */
  async start(argument: unknown): Promise<string> {
    const { services } = this.#parts;
    await services.fleet.start();
    const wish = argument === undefined || argument === null ? await askAttempts(services) : parseWish(argument);
    const group = await this.#begin(wish);
    this.#panels.open(this.#comparison(group));
    return group.id;
  }

  /** The comparison of the group that is named, or that a person picks. */
  async show(argument: unknown): Promise<string> {
    const group = typeof argument === 'string' ? this.#store.require(argument) : await this.#ask();
    await this.#parts.services.fleet.start();
    this.#panels.open(this.#comparison(group));
    return group.id;
  }

  async restore(panel: vscode.WebviewPanel, groupId: string): Promise<void> {
    const group = this.#store.read(groupId);
    if (group === undefined) {
      panel.dispose();
      return;
    }
    this.#panels.adopt(panel, this.#comparison(group));
    await this.#parts.services.fleet.start();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #begin({ task, providers, folder, runtime = 'local', withChanges = true, autopilot, env }: AttemptsWish): Promise<AttemptGroup> {
    const { fleet, log } = this.#parts.services;
    const where = folder ?? vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
    if (where === undefined) throw new AgentsError('folder-missing', 'Best of N needs a folder with a git repository.', { hint: 'Open one first.' });
    const settings = readSettings();
    const model = settings['spawn.model'];
    return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Best of ${providers.length}`, cancellable: true }, (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return fleet.use((_manager, managed) =>
        startAttempts(
          { task, providers, folder: realpathSync(where), runtimeId: runtime, withChanges, autoPilot: autopilot ?? settings['spawn.autopilot'], env: { ...settings['spawn.environment'], ...env }, runScripts: vscode.workspace.isTrusted, ...(model === '' ? {} : { model }) },
          { managed, workspaces: new WorkspaceManager({ store: this.#records, log }), store: this.#store },
          { signal: controller.signal, onProgress: (message) => progress.report({ message }) },
        ),
      );
    });
  }

  async #ask(): Promise<AttemptGroup> {
    const groups = this.#store.list();
    if (groups.length === 0) throw new AgentsError('not-found', 'There are no attempts to compare yet.', { hint: 'Begin some with "Best of N…".' });
    const items = groups.map((group) => ({ group, label: oneLine(group.task, 80), description: `${group.attempts.length} attempts · ${shortAge(group.createdAt, Date.now())}`, detail: group.attempts.map(({ label, outcome }) => (outcome === 'picked' ? `${label} (picked)` : label)).join(', ') }));
    const chosen = await vscode.window.showQuickPick(items, { placeHolder: 'Compare the attempts of which task?', matchOnDetail: true });
    if (chosen === undefined) throw cancelled();
    return chosen.group;
  }

  #comparison(group: AttemptGroup): PanelWish {
    const { services, sessions } = this.#parts;
    return {
      key: group.id,
      title: `Best of ${group.attempts.length}: ${oneLine(group.task, 30)}`,
      state: { groupId: group.id },
      serve: (panel, owned) => void owned.add(new ComparisonPanel(panel, group.id, { services, sessions, store: this.#store, records: this.#records })),
    };
  }
}
