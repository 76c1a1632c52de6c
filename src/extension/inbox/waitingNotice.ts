// The one notification about agents that wait: it can be closed by us, so it is gone when they were answered elsewhere.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Fleet } from '../fleet.ts';
import { SECTION } from '../ids.ts';
import { announcement, requestKey, type Announcement } from './announcements.ts';

/** The title of its button. VS Code takes a text here, though its types say otherwise; one that did not would write "Cancel", which might be read as a denial. */
const LATER = 'Later' as unknown as boolean;

interface Shown {
  readonly keys: readonly string[];
  readonly message: string;
  report(message: string): void;
  close(): void;
}

export class WaitingNotice implements Disposable {
  readonly #fleet: Fleet;
  readonly #owned = new DisposableStore();
  /** Keys of requests that the person put off: told no second time. */
  #putOff = new Set<string>();
  #shown: Shown | undefined;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#owned.add(fleet.onDidChange(() => this.#update()));
    this.#owned.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${SECTION}.notifications`)) this.#update();
      }),
    );
  }

  /** The keys of the requests that the notification is about now; none when there is no notification. */
  get announced(): readonly string[] {
    return this.#shown?.keys ?? [];
  }

  dispose(): void {
    this.#owned.dispose();
    this.#close();
  }

  #update(): void {
    const { pending } = this.#fleet;
    const still = new Set(pending.map(requestKey));
    this.#putOff = new Set([...this.#putOff].filter((key) => still.has(key)));
    const next = isEnabled() ? announcement(pending, this.#putOff, Date.now()) : undefined;
    if (next === undefined) this.#close();
    else if (this.#shown === undefined || next.keys.some((key) => !this.#shown?.keys.includes(key))) this.#open(next);
    else if (next.message !== this.#shown.message) this.#change(next);
  }

  /** A new one pops up, even where the one before was hidden. */
  #open({ keys, message }: Announcement): void {
    this.#close();
    // A progress is the only notification of an extension that the extension itself can close.
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, cancellable: LATER }, (progress, token) => {
      return new Promise<void>((resolve) => {
        const shown: Shown = { keys, message, report: (text) => progress.report({ message: text, increment: 0 }), close: resolve };
        this.#shown = shown;
        token.onCancellationRequested(() => this.#later(shown));
        shown.report(message);
      });
    });
  }

  /** The person closed it: what it was about is not told again. */
  #later(closed: Shown): void {
    const shown = this.#shown?.close === closed.close ? this.#shown : closed;
    for (const key of shown.keys) this.#putOff.add(key);
    if (shown === this.#shown) this.#close();
    this.#update();
  }

  #change({ keys, message }: Announcement): void {
    if (this.#shown === undefined) return;
    this.#shown = { ...this.#shown, keys, message };
    this.#shown.report(message);
  }

  #close(): void {
    this.#shown?.close();
    this.#shown = undefined;
  }
}

function isEnabled(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<unknown>('notifications.enabled') !== false;
}
