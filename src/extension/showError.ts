// Shows a failure as a sentence with a way out: one table from an error's reason to buttons.
import * as vscode from 'vscode';
import { asAgentsError, isAgentsError } from '../base/errors.ts';
import type { AgentsError, ErrorReason } from '../base/errors.ts';
import { Commands } from './ids.ts';
import { openSettingsCommand } from './openSettings.ts';
import { SettingsError } from './settingsError.ts';

interface Remedy {
  readonly title: string;
  readonly command: string;
  readonly args?: readonly unknown[];
}

const settings = (query: string): Remedy => ({ title: 'Open Settings', ...openSettingsCommand(query) });
const doctor: Remedy = { title: 'Run Doctor', command: Commands.doctor };
const showLog: Remedy = { title: 'Show Log', command: Commands.showLog };

const remedies: Readonly<Partial<Record<ErrorReason, readonly Remedy[]>>> = {
  'image-missing': [{ title: 'Build Image', command: Commands.buildImage }, settings('tmuxAgents.docker.image')],
  'docker-unavailable': [{ title: 'Start Docker', command: Commands.startDocker }, settings('tmuxAgents.docker')],
  'docker-cli-missing': [settings('tmuxAgents.docker.dockerPath')],
  'tmux-missing': [{ title: 'Install tmux', command: Commands.installTmux }, settings('tmuxAgents.local.tmuxPath')],
  'command-not-found': [doctor, settings('tmuxAgents.providers')],
  'docker-failed': [doctor, showLog],
  'tmux-failed': [doctor, showLog],
  'runtime-unavailable': [doctor, showLog],
  disconnected: [doctor, showLog],
  timeout: [doctor, showLog],
  internal: [showLog],
};

/** Shows an error with its buttons, and writes it to the log. A cancelled operation is no error. Resolves when the notification is answered. */
export async function showError(thrown: unknown, log: vscode.LogOutputChannel, retry?: () => unknown): Promise<void> {
  if (isAgentsError(thrown, 'cancelled')) return;
  const error = asAgentsError(thrown);
  log.error(error.stack ?? error.message);
  if (error.cause instanceof Error) log.error(`caused by ${error.cause.stack ?? error.cause.message}`);
  const offered = remediesFor(error);
  const again = retry === undefined ? [] : ['Try Again'];
  const chosen = await vscode.window.showErrorMessage(sentence(error), ...offered.map(({ title }) => title), ...again);
  if (chosen === 'Try Again') await retry?.();
  const remedy = offered.find(({ title }) => title === chosen);
  if (remedy !== undefined) await vscode.commands.executeCommand(remedy.command, ...(remedy.args ?? []));
}

function remediesFor(error: AgentsError): readonly Remedy[] {
  if (error instanceof SettingsError) return [settings(error.key)];
  return remedies[error.reason] ?? [];
}

/** What happened, then what to do. */
export function sentence(error: AgentsError): string {
  return error.hint === undefined || error.message.includes(error.hint) ? error.message : `${error.message} ${error.hint}`;
}
