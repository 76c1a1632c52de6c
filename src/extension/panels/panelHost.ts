// Panels of one kind, one for each thing that they are about: opened, revealed, restored after a reload, and ended with what serves them.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { pageBodies, pageHtml, panelOptions, PanelTypes, type PageName } from './panelPage.ts';

/** Serves one panel from when its page is ready. */
export type Serve = (panel: vscode.WebviewPanel, owned: DisposableStore) => void;

export interface PanelWish {
  readonly key: string;
  readonly title: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly serve: Serve;
  /** Keeps its page alive while it is hidden: for what would be lost. */
  readonly keep?: boolean;
}

export class PanelHost implements Disposable {
  readonly #page: PageName;
  readonly #extensionPath: string;
  readonly #panels = new Map<string, vscode.WebviewPanel>();

  constructor(page: PageName, extensionPath: string) {
    this.#page = page;
    this.#extensionPath = extensionPath;
  }

  /** Reveals the panel that is about this, or opens one. */
  open(wish: PanelWish): vscode.WebviewPanel {
    const known = this.#panels.get(wish.key);
    if (known !== undefined) {
      known.reveal();
      return known;
    }
    const panel = vscode.window.createWebviewPanel(PanelTypes[this.#page], wish.title, vscode.ViewColumn.Active, { ...panelOptions(this.#extensionPath), enableFindWidget: true, retainContextWhenHidden: wish.keep === true });
    this.adopt(panel, wish);
    return panel;
  }

  /** Takes a panel that VS Code has kept over a reload. */
  adopt(panel: vscode.WebviewPanel, wish: PanelWish): void {
    const owned = new DisposableStore();
    this.#panels.set(wish.key, panel);
    panel.title = wish.title;
    panel.iconPath = vscode.Uri.file(`${this.#extensionPath}/media/agents.svg`);
    panel.webview.options = panelOptions(this.#extensionPath);
    panel.onDidDispose(() => {
      if (this.#panels.get(wish.key) === panel) this.#panels.delete(wish.key);
      owned.dispose();
    });
    wish.serve(panel, owned);
    panel.webview.html = pageHtml(panel.webview, this.#extensionPath, { name: this.#page, title: wish.title, state: wish.state, body: pageBodies[this.#page] });
  }

  /** The panel that is about this. */
  find(key: string): vscode.WebviewPanel | undefined {
    return this.#panels.get(key);
  }

  dispose(): void {
    for (const panel of [...this.#panels.values()]) panel.dispose();
  }
}
