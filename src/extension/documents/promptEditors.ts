// Editors in which a prompt of many lines is written; sent with a button or a key, then closed.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { agentKey, type AgentKey } from '../agentKey.ts';
import { ContextKeys } from '../ids.ts';
import type { AgentInfo } from '../../runtimes/types.ts';

export class PromptEditors implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #agents = new Map<string, AgentKey>();
  readonly #heading = this.#owned.add(vscode.window.createTextEditorDecorationType({ before: { color: new vscode.ThemeColor('editorCodeLens.foreground'), fontStyle: 'italic' } }));

  constructor() {
    this.#owned.add(vscode.workspace.onDidCloseTextDocument((document) => this.#forget(document.uri)));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Opens an editor for a prompt to this agent, holding `draft`. */
  async open(agent: AgentInfo, draft: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: draft });
    this.#agents.set(document.uri.toString(), agentKey(agent));
    this.#tell();
    // The caret is asked for while opening: set afterwards, it would jump under the fingers of who types already.
    const end = document.lineAt(document.lineCount - 1).range.end;
    const editor = await vscode.window.showTextDocument(document, { preview: false, selection: new vscode.Range(end, end) });
    const renderOptions = { before: { contentText: `To ${agent.name}:`, margin: '0 1ch 0 0' } };
    editor.setDecorations(this.#heading, [{ range: new vscode.Range(0, 0, 0, 0), renderOptions }]);
    vscode.window.setStatusBarMessage(`Prompt to ${agent.name}: the button above the editor or Ctrl+Enter (⌘Enter) sends it`, 8_000);
  }

  /** The agent that the prompt in this document is for. */
  agentOf(uri: vscode.Uri): AgentKey | undefined {
    return this.#agents.get(uri.toString());
  }

  /** Closes the editor of a prompt that was sent, without asking to save it. */
  async close(uri: vscode.Uri): Promise<void> {
    this.#forget(uri);
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.toString() !== uri.toString()) return;
    // An empty untitled document is not dirty: closing it asks nothing, and leaves no backup that a reload would bring back.
    const { document } = editor;
    await editor.edit((edit) => edit.delete(new vscode.Range(document.positionAt(0), document.lineAt(document.lineCount - 1).range.end)));
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  }

  #forget(uri: vscode.Uri): void {
    if (this.#agents.delete(uri.toString())) this.#tell();
  }

  #tell(): void {
    void vscode.commands.executeCommand('setContext', ContextKeys.promptEditors, [...this.#agents.keys()]);
  }
}
