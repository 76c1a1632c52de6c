// Reads the settings from VS Code, checked; the only place that does.
import * as vscode from 'vscode';
import { SECTION } from './ids.ts';
import { configOf, parseSetting, parseSettings, settingKeys, usableConfig } from './settingsSchema.ts';
import type { SettingKey, Settings, UsableConfig } from './settingsSchema.ts';
import type { Config } from '../protocol/config.ts';

/** All settings as they are now. Throws a SettingsError that names the key at fault. */
export function readSettings(): Settings {
  return parseSettings(rawSettings());
}

/** One setting as it is now; a fault in another one is of no matter. Throws a SettingsError that names it. */
export function readSetting<K extends SettingKey>(key: K): Settings[K] {
  return parseSetting(key, vscode.workspace.getConfiguration(SECTION).get<unknown>(key) ?? undefined);
}

/** What can be used of the settings as they are now. */
export function readUsableConfig(): UsableConfig {
  return usableConfig(rawSettings());
}

function rawSettings(): Record<string, unknown> {
  const section = vscode.workspace.getConfiguration(SECTION);
  return Object.fromEntries(settingKeys.map((key) => [key, section.get<unknown>(key) ?? undefined]));
}

export function readConfig(): Config {
  return configOf(readSettings());
}

/** Writes one setting for the user, so that it holds in every window. */
export async function writeSetting<K extends SettingKey>(key: K, value: Settings[K]): Promise<void> {
  await vscode.workspace.getConfiguration(SECTION).update(key, value, vscode.ConfigurationTarget.Global);
}
