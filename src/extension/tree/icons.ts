// The icons of runtimes and, with their colours, of the states an agent can be shown in: the same in the tree, in pickers and in the inbox.
import * as vscode from 'vscode';
import type { WaitingKind } from '../../protocol/agentStatus.ts';
import type { Shown, ShownState } from './shownState.ts';

const WARNING = 'list.warningForeground';

const waitingIcons: Readonly<Record<WaitingKind, string>> = { permission: 'bell-dot', question: 'question', trust: 'shield', login: 'key', other: 'bell-dot' };

const icons: Readonly<Record<Exclude<ShownState, 'waiting' | 'exited'>, readonly [icon: string, color: string]>> = {
  starting: ['loading~spin', 'descriptionForeground'],
  working: ['sync~spin', 'charts.blue'],
  idle: ['circle-filled', 'testing.iconPassed'],
  error: ['error', 'list.errorForeground'],
  unknown: ['circle-outline', 'testing.iconPassed'],
  failed: ['error', 'list.errorForeground'],
  unreachable: ['debug-disconnect', WARNING],
};

export function stateIcon({ state, kind, inOrder = true }: Pick<Shown, 'state' | 'kind' | 'inOrder'>): vscode.ThemeIcon {
  switch (state) {
    case 'waiting':
      return colored(waitingIcons[kind ?? 'other'], WARNING);
    case 'exited':
      // An end in order is nothing to look at.
      return inOrder ? colored('pass', 'descriptionForeground') : colored('circle-slash', WARNING);
    case 'starting':
    case 'working':
    case 'idle':
    case 'error':
    case 'unknown':
    case 'failed':
    case 'unreachable':
      return colored(...icons[state]);
  }
}

function colored(icon: string, color: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

/** A codicon for a kind of runtime. */
export function runtimeIcon(type: string): string {
  return { local: 'device-desktop', docker: 'package', ssh: 'remote', kubernetes: 'cloud' }[type] ?? 'server-environment';
}
