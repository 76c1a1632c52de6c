// Commits, and all changes since one, as read-only documents: what git itself shows of them, asked for when they are opened.
import * as vscode from 'vscode';
import * as z from 'zod';
import type { Disposable } from '../../base/disposable.ts';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { Git } from '../../workspaces/git.ts';
import { Schemes } from '../ids.ts';

const Wanted = z.object({ folder: z.string(), sha: z.string().regex(/^[0-9a-f]{4,64}$/).optional(), base: z.string().regex(/^[0-9a-f]{4,64}$/).optional() });

export class CommitDocuments implements vscode.TextDocumentContentProvider, Disposable {
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(Schemes.commit, this);

  dispose(): void {
    this.#registration.dispose();
  }

  /** Shows a commit of the folder's repository, or what changed since `base` (HEAD where that is not known). */
  async show(folder: string, { sha, base }: { readonly sha?: string; readonly base?: string | undefined }): Promise<void> {
    if (folder === '') throw new AgentsError('not-found', 'Nobody knows any more in which folder this agent worked.');
    const title = sha === undefined ? 'Changes' : sha.slice(0, 8);
    const uri = vscode.Uri.from({ scheme: Schemes.commit, path: `/${title}.diff`, query: JSON.stringify({ folder, ...(sha === undefined ? {} : { sha }), ...(base === undefined ? {} : { base }) }) });
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    try {
      const { folder, sha, base = 'HEAD' } = Wanted.parse(JSON.parse(uri.query));
      const git = new Git(folder);
      const common = ['--no-color', '--no-ext-diff', '--no-textconv', '--stat', '--patch'];
      return await git.text(sha === undefined ? ['diff', ...common, base, '--'] : ['show', ...common, sha, '--'], { timeoutMs: 30_000 });
    } catch (error) {
      return `${messageOf(error)}\n`;
    }
  }
}
