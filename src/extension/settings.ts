// Reads the settings from VS Code, checked; the only place that does.
import * as vscode from 'vscode';
import { SECTION } from './ids.ts';
import { configOf, parseSettings, settingKeys } from './settingsSchema.ts';
import type { SettingKey, Settings } from './settingsSchema.ts';
import type { Config } from '../protocol/config.ts';

/** All settings as they are now. Throws a SettingsError that names the key at fault. */
export function readSettings(): Settings {
  const section = vscode.workspace.getConfiguration(SECTION);
  return parseSettings(Object.fromEntries(settingKeys.map((key) => [key, section.get<unknown>(key) ?? undefined])));
}

export function readConfig(): Config {
  return configOf(readSettings());
}

/** Writes one setting for the user, so that it holds in every window. */
export async function writeSetting<K extends SettingKey>(key: K, value: Settings[K]): Promise<void> {
  await vscode.workspace.getConfiguration(SECTION).update(key, value, vscode.ConfigurationTarget.Global);
}
