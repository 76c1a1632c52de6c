// What a change of settings concerns, and the one setting that the view needs at once: without the schemas, which are loaded late.
import * as vscode from 'vscode';
import { SECTION } from './ids.ts';
import { groupings, type GroupBy } from './tree/model.ts';

/** Settings that decide how runtimes and providers are made, and what agents may do: a change of these makes them anew. */
const structural = ['local', 'docker', 'custom', 'runtimes', 'providers', 'policy', 'approvals', 'spawn.trustFolders'].map((group) => `${SECTION}.${group}`);

export function changesRuntimes(event: vscode.ConfigurationChangeEvent): boolean {
  return structural.some((group) => event.affectsConfiguration(group));
}

export function changesView(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.view`);
}

/** How the view groups agents. A setting at fault is told where all are checked; the view falls back to the default. */
export function readGrouping(): GroupBy {
  const wish = vscode.workspace.getConfiguration(SECTION).get<unknown>('view.groupBy');
  return groupings.find((grouping) => grouping === wish) ?? 'runtime';
}
