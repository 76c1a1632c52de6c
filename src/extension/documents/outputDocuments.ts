// What an agent has printed, as a read-only document: its screen and scrollback, taken anew on demand.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import { asAgentsError } from '../../base/errors.ts';
import type { AgentInfo } from '../../runtimes/types.ts';
import { agentKey } from '../agentKey.ts';
import type { Fleet } from '../fleet.ts';
import { Schemes } from '../ids.ts';
import { sentence } from '../showError.ts';

export class OutputDocuments implements vscode.TextDocumentContentProvider, Disposable {
  readonly #fleet: Fleet;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;

  readonly onDidChange = this.#changed.event;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(Schemes.output, this);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }

  /** Shows the output as it is now, at its end. */
  async show(agent: AgentInfo): Promise<void> {
    const uri = vscode.Uri.from({ scheme: Schemes.output, path: `/${agent.name.replaceAll('/', '_')} (output)`, query: agentKey(agent) });
    this.refresh(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const end = document.lineAt(document.lineCount - 1).range.end;
    await vscode.window.showTextDocument(document, { preview: true, selection: new vscode.Range(end, end) });
  }

  refresh(uri: vscode.Uri): void {
    this.#changed.fire(uri);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    try {
      await this.#fleet.start();
      const agent = this.#fleet.find(uri.query);
      if (agent === undefined) return 'This agent is gone, and its output with it.\n';
      const { readSettings } = await import('../settings.ts');
      return await this.#fleet.use((manager) => manager.readOutput(agent.handle, readSettings()['output.lines']));
    } catch (error) {
      return `The output cannot be read: ${sentence(asAgentsError(error))}\n`;
    }
  }
}
