// Used by `npm start` alone: on the first look at a folder it shows the Agents view and the folder's README.
const vscode = require('vscode');

exports.activate = async ({ workspaceState }) => {
  if (workspaceState.get('shown') === true) return;
  await workspaceState.update('shown', true);
  const [readme] = await vscode.workspace.findFiles('README.md', undefined, 1);
  if (readme !== undefined) await vscode.commands.executeCommand('markdown.showPreview', readme);
  await vscode.commands.executeCommand('workbench.view.extension.tmuxAgents');
};
