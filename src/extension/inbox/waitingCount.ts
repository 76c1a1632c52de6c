// How many agents wait, in the status bar; a click opens the inbox. Hidden while none does.
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import type { Fleet } from '../fleet.ts';
import { Commands } from '../ids.ts';
import { countWords, headline, riskWords } from './inboxWords.ts';

/** Requests that the tooltip lists. */
const LISTED = 10;

export class WaitingCount implements Disposable {
  readonly #fleet: Fleet;
  readonly #owned = new DisposableStore();
  #item: vscode.StatusBarItem | undefined;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#owned.add(fleet.onDidChange(() => this.#update()));
  }

  /** What the status bar says; empty when it says nothing. */
  get text(): string {
    return this.#item?.text ?? '';
  }

  dispose(): void {
    this.#owned.dispose();
    this.#item?.dispose();
  }

  #update(): void {
    const { pending } = this.#fleet;
    if (pending.length === 0) {
      this.#item?.dispose();
      this.#item = undefined;
      return;
    }
    const item = (this.#item ??= makeItem());
    item.text = `$(bell-dot) ${pending.length} waiting`;
    item.accessibilityInformation = { label: `${countWords(pending.length)}: open the inbox`, role: 'button' };
    item.tooltip = new vscode.MarkdownString();
    for (const approval of pending.slice(0, LISTED)) item.tooltip.appendText([headline(approval), riskWords(approval)].filter((part) => part !== '').join(' (') + (riskWords(approval) === '' ? '' : ')')).appendMarkdown('  \n');
    if (pending.length > LISTED) item.tooltip.appendText(`and ${pending.length - LISTED} more`);
    item.show();
  }
}

function makeItem(): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem('tmuxAgents.waiting', vscode.StatusBarAlignment.Left, 50);
  item.name = 'Agents: Waiting';
  item.command = Commands.inbox;
  item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
  return item;
}
