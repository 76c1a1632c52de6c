// The changes of one agent, kept true by what the file system tells: nothing is polled, and one look runs at a time.
import * as vscode from 'vscode';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import { asAgentsError, messageOf, type AgentsError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { Git } from '../../workspaces/git.ts';
import { changedFiles, type ChangedFile } from '../../workspaces/review/changedFiles.ts';
import { reviewOf, type Reviewed } from '../../workspaces/review/reviewBase.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';

export type Changes = { readonly reviewed: Reviewed; readonly files: readonly ChangedFile[] } | { readonly error: AgentsError };

/** Milliseconds in which changes of many files become one look. */
const CALM_MS = 250;
/** VS Code does not tell when a new watcher has begun to see things, which takes seconds on a busy machine: what changed before is found by these looks, milliseconds after its making. */
const FIRST_LOOKS_MS = [1_000, 4_000, 12_000];

export class LiveChanges implements Disposable {
  readonly folder: string;
  readonly #store: WorkspaceStore;
  readonly #log: Log;
  readonly #onDidChange: () => void;
  readonly #owned = new DisposableStore();
  #watched = false;
  #changes: Changes | undefined;
  #look: Promise<Changes> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, { store, log, onDidChange }: { readonly store: WorkspaceStore; readonly log: Log; readonly onDidChange: () => void }) {
    this.folder = folder;
    this.#store = store;
    this.#log = log;
    this.#onDidChange = onDidChange;
    this.#owned.add(toDisposable(() => clearTimeout(this.#timer)));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** As last known; looks when nothing is known yet. Never rejects. */
  async current(): Promise<Changes> {
    return this.#changes ?? this.refresh();
  }

  /** Looks again; a look under way that began before is followed by another. */
  refresh(): Promise<Changes> {
    if (this.#look !== undefined) {
      this.#again = true;
      return this.#look;
    }
    this.#look = this.#repeat().finally(() => (this.#look = undefined));
    return this.#look;
  }

  async #repeat(): Promise<Changes> {
    for (;;) {
      this.#again = false;
      const found = await this.#find();
      if (this.#again && !this.#owned.isDisposed) continue;
      const before = JSON.stringify(this.#changes);
      this.#changes = found;
      if (before !== undefined && JSON.stringify(found) !== before) this.#onDidChange();
      return found;
    }
  }

  async #find(): Promise<Changes> {
    try {
      const reviewed = await reviewOf(this.folder, this.#store);
      await this.#watch(reviewed);
      return { reviewed, files: await changedFiles(reviewed.folder, reviewed.base) };
    } catch (error) {
      return { error: asAgentsError(error) };
    }
  }

  async #watch({ folder }: Reviewed): Promise<void> {
    if (this.#watched || this.#owned.isDisposed) return;
    const gitFolder = await new Git(folder).text(['rev-parse', '--absolute-git-dir']);
    if (this.#owned.isDisposed) return;
    this.#watched = true;
    this.#follow(folder, '**/*', (path) => !/[\\/]\.git(?:[\\/]|$)/.test(path));
    // What is committed, staged, merged.
    this.#follow(gitFolder, '{HEAD,index,MERGE_HEAD}', () => true);
    for (const ms of FIRST_LOOKS_MS) {
      const timer = setTimeout(() => void this.refresh(), ms);
      this.#owned.add(toDisposable(() => clearTimeout(timer)));
    }
  }

  #follow(folder: string, pattern: string, concerns: (path: string) => boolean): void {
    const watcher = this.#owned.add(vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), pattern)));
    const changed = (uri: vscode.Uri): void => {
      if (!concerns(uri.fsPath)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.refresh().catch((error: unknown) => this.#log.warn(messageOf(error))), CALM_MS);
    };
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete]) this.#owned.add(event(changed));
  }
}
