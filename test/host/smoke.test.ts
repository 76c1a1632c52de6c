// The least that must hold before any other test in the extension host means something.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the extension in a real VS Code', () => {
  it('is found under its id and activates', async () => {
    const extension = vscode.extensions.getExtension('tmux-agents.tmux-agents');
    assert.ok(extension, 'tmux-agents.tmux-agents is not among the extensions');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('has a folder open', () => {
    assert.equal(vscode.workspace.workspaceFolders?.length, 1);
  });
});
