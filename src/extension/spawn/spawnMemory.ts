// What was chosen last, so that the next spawn is a matter of pressing Enter.
import type * as vscode from 'vscode';
import type { Choices } from './choices.ts';

const KEY = 'tmuxAgents.lastSpawn';
const HAD_AGENTS = 'tmuxAgents.hadAgents';

export class SpawnMemory {
  readonly #workspace: vscode.Memento;
  readonly #everywhere: vscode.Memento;

  constructor(context: vscode.ExtensionContext) {
    this.#workspace = context.workspaceState;
    this.#everywhere = context.globalState;
  }

  /** Of this workspace first; the folder never comes from another one. */
  async last(): Promise<Choices> {
    const { readChoices } = await import('./choices.ts');
    const { folder: _elsewhere, ...everywhere } = readChoices(this.#everywhere.get(KEY));
    return { ...everywhere, ...readChoices(this.#workspace.get(KEY)) };
  }

  async remember(choices: Choices): Promise<void> {
    await Promise.all([this.#workspace.update(KEY, choices), this.#everywhere.update(KEY, choices)]);
  }

  /** Whether agents were known when the last window closed: then the next one looks for them at once. */
  get hadAgents(): boolean {
    return this.#everywhere.get(HAD_AGENTS) === true;
  }

  set hadAgents(value: boolean) {
    if (this.hadAgents !== value) void this.#everywhere.update(HAD_AGENTS, value);
  }
}
