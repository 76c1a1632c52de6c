// Commands of the view itself: grouping, refresh, settings, log, and what is wrong with a runtime.
import * as vscode from 'vscode';
import type { AgentsError } from '../../base/errors.ts';
import { cancelled } from '../../base/wait.ts';
import { EXTENSION_ID, SECTION } from '../ids.ts';
import { openSettings as showSettings } from '../openSettings.ts';
import type { CommandHandler } from '../services.ts';
import { readSetting, writeSetting } from '../settings.ts';
import { SettingsError } from '../settingsError.ts';
import { showError } from '../showError.ts';
import type { GroupBy, RuntimeState } from '../tree/model.ts';

interface GroupPick extends vscode.QuickPickItem {
  readonly by: GroupBy;
}

/** Takes `runtime`, `status` or `folder` from a caller; asks otherwise. */
export const groupBy: CommandHandler = async (_services, argument) => {
  const given = (['runtime', 'status', 'folder'] as const).find((by) => by === argument);
  await writeSetting('view.groupBy', given ?? (await askGrouping()));
};

async function askGrouping(): Promise<GroupBy> {
  const now = readSetting('view.groupBy');
  const choice = (by: GroupBy, label: string, icon: string, description: string): GroupPick => ({ by, label, iconPath: new vscode.ThemeIcon(icon), description: by === now ? `${description} (now)` : description });
  const chosen = await vscode.window.showQuickPick(
    [choice('runtime', 'Runtime', 'server-environment', 'this machine, Docker'), choice('status', 'Status', 'pulse', 'running, failed, exited'), choice('folder', 'Folder', 'folder', 'where they work')],
    { title: 'Group Agents By' },
  );
  if (chosen === undefined) throw cancelled();
  return chosen.by;
}

export const refresh: CommandHandler = ({ fleet }) => fleet.refresh();

/** Takes the key to look for; all of the extension's settings otherwise. */
export const openSettings: CommandHandler = (_services, argument) => showSettings(typeof argument === 'string' ? argument : `@ext:${EXTENSION_ID}`);

export const showLog: CommandHandler = ({ log }) => log.show();

/** The row of a runtime that cannot be used: why, and the buttons that help. */
export const explainProblem: CommandHandler = async ({ fleet, log }, argument) => {
  await fleet.start();
  const wanted = runtimeNamed(argument);
  const { runtimes } = fleet.snapshot;
  const troubled = runtimes.find(({ runtimeId, error }) => error !== undefined && (wanted === undefined || runtimeId === wanted));
  if (troubled === undefined) return void vscode.window.showInformationMessage('All runtimes can be used.');
  await showError(withSetting(troubled), log, () => fleet.refresh());
};

/** A runtime's wrong settings lead to the Settings editor. */
function withSetting({ runtimeId, error }: RuntimeState): AgentsError | undefined {
  if (error?.reason !== 'bad-input') return error;
  return new SettingsError(`${SECTION}.${runtimeId === 'local' || runtimeId === 'docker' ? runtimeId : 'runtimes'}`, error.message, error, error.hint);
}

/** From a row's own command, or from the row itself (`runtime:docker`, `problem:docker`). */
function runtimeNamed(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  if ('runtimeId' in argument && typeof argument.runtimeId === 'string') return argument.runtimeId;
  if ('key' in argument && typeof argument.key === 'string') return argument.key.replace(/^(runtime|problem):/, '');
  return undefined;
}
