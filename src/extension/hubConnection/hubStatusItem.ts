// The hub in the status bar: connected, on the way there, waiting, refused, and why; a click shows what can be done.
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposable.ts';
import type { HubLinkState } from '../../runner/hubLink/ports.ts';
import { Commands } from '../ids.ts';
import type { ShareState } from './hubShare.ts';

export class HubStatusItem implements Disposable {
  readonly #item: vscode.StatusBarItem;

  constructor() {
    this.#item = vscode.window.createStatusBarItem('tmuxAgents.hub', vscode.StatusBarAlignment.Left, 49);
    this.#item.name = 'Agents: Hub';
    this.#item.command = Commands.showHub;
    this.#item.show();
  }

  get text(): string {
    return this.#item.text;
  }

  show(host: string, state: HubLinkState, share: ShareState | undefined): void {
    const words = stateWords(state);
    this.#item.text = `$(${icon(state)}) Hub`;
    this.#item.backgroundColor = state.state === 'refused' ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.#item.accessibilityInformation = { label: `Hub ${host}: ${words}`, role: 'button' };
    this.#item.tooltip = [`${host}: ${words}`, shareWords(share)].join('\n');
  }

  dispose(): void {
    this.#item.dispose();
  }
}

function icon({ state }: HubLinkState): string {
  return { connecting: 'sync~spin', connected: 'cloud', waiting: 'debug-disconnect', refused: 'error' }[state];
}

export function stateWords(state: HubLinkState): string {
  switch (state.state) {
    case 'connecting':
      return 'connecting';
    case 'connected':
      return 'connected';
    case 'waiting':
      return `${state.reason} The next attempt is at ${new Date(state.retryAt).toLocaleTimeString()}.`;
    case 'refused':
      return state.reason;
  }
}

function shareWords(share: ShareState | undefined): string {
  if (share === undefined) return 'Nothing of this machine is shared.';
  switch (share.state) {
    case 'elsewhere':
      return "This machine's agents are shared by another window.";
    case 'connected':
      return "This machine's agents are shared.";
    case 'connecting':
    case 'waiting':
      return "This machine's agents are shared once the hub is there.";
    case 'refused':
      return `This machine's agents are not shared: ${share.reason}`;
  }
}
