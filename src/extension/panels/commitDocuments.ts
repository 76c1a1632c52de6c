// Commits as read-only documents: what git itself shows of them, asked for when they are opened.
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/errors.ts';
import { Git } from '../../workspaces/git.ts';
import { Schemes } from '../ids.ts';

const Wanted = z.object({ folder: z.string(), sha: z.string().regex(/^[0-9a-f]{4,64}$/) });

export class CommitDocuments implements vscode.TextDocumentContentProvider, Disposable {
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(Schemes.commit, this);

  dispose(): void {
    this.#registration.dispose();
  }

  /** Shows a commit of the folder's repository. */
  async show(folder: string, sha: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: Schemes.commit, path: `/${sha.slice(0, 8)}.diff`, query: JSON.stringify({ folder, sha }) });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    try {
      const { folder, sha } = Wanted.parse(JSON.parse(uri.query));
      return await new Git(folder).text(['show', '--no-color', '--no-ext-diff', '--no-textconv', '--stat', '--patch', sha, '--'], { timeoutMs: 30_000 });
    } catch (error) {
      return `${messageOf(error)}\n`;
    }
  }
}
