// Reports in Markdown (the doctor's), shown in VS Code's own preview.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import { Schemes } from '../ids.ts';

export class ReportDocuments implements vscode.TextDocumentContentProvider, Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #texts = new Map<string, string>();
  readonly #registration: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(Schemes.report, this);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.path) ?? 'This report is of an earlier window: run the command again.\n';
  }

  /** Shows `markdown` under `title`; a report of the same title is replaced. */
  async show(title: string, markdown: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: Schemes.report, path: `/${title}.md` });
    this.#texts.set(uri.path, markdown);
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      // The Markdown extension may be switched off: the text reads well by itself.
      await vscode.window.showTextDocument(document);
    }
  }
}
