// Opens the Settings editor where a setting can be changed: in a remote window, settings of the machine have a page of their own.
import * as vscode from 'vscode';
import { Commands } from './ids.ts';

/** Settings of the person, which hold on every machine. */
const personal = /^tmuxAgents\.(view|attach|kill|output|spawn\.(autopilot|model))/;

/** Shows the settings whose key begins with `query`. */
export async function openSettings(query: string): Promise<void> {
  const remote = vscode.env.remoteName !== undefined && query.startsWith('tmuxAgents.') && !personal.test(query);
  await (remote ? vscode.commands.executeCommand('workbench.action.openRemoteSettings', { query }) : vscode.commands.executeCommand('workbench.action.openSettings', query));
}

/** The command and arguments of a button that does so. */
export function openSettingsCommand(query: string): { readonly command: string; readonly args: readonly [string] } {
  return { command: Commands.openSettings, args: [query] };
}
