// Reads the settings from VS Code, checked; the only place that does.
import * as vscode from 'vscode';
import { configOf, parseSettings, SECTION, settingKeys } from './settingsSchema.ts';
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

/** Settings that decide how runtimes and providers are made: a change of these makes them anew. */
const structural: readonly SettingKey[] = settingKeys.filter((key) => /^(local|docker|custom)\.|^(runtimes|providers)$/.test(key));

export function changesRuntimes(event: vscode.ConfigurationChangeEvent): boolean {
  return structural.some((key) => event.affectsConfiguration(`${SECTION}.${key}`));
}

export function changesView(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.view`);
}
