// The rows of an agent's changes in the tree: how many there are, against what, and one for each file.
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { AgentKey } from '../agentKey.ts';
import { Commands } from '../ids.ts';
import type { PartRow } from '../tree/agentParts.ts';
import { changesSummary, statusLetter, type ChangedFile, type ChangeStatus } from '../../workspaces/review/changedFiles.ts';
import type { Reviewed } from '../../workspaces/review/reviewBase.ts';
import type { Changes } from './liveChanges.ts';

/** Files that get a row; of more, the last row says how many there are. */
const SHOWN_FILES = 500;

const words: Readonly<Record<ChangeStatus, string>> = { added: 'added', modified: 'modified', deleted: 'deleted', renamed: 'renamed', retyped: 'of another kind', conflicted: 'in conflict' };
const colors: Readonly<Record<ChangeStatus, string>> = {
  added: 'gitDecoration.addedResourceForeground',
  modified: 'gitDecoration.modifiedResourceForeground',
  deleted: 'gitDecoration.deletedResourceForeground',
  renamed: 'gitDecoration.renamedResourceForeground',
  retyped: 'gitDecoration.modifiedResourceForeground',
  conflicted: 'gitDecoration.conflictingResourceForeground',
};
const icons: Readonly<Record<ChangeStatus, string>> = { added: 'diff-added', modified: 'diff-modified', deleted: 'diff-removed', renamed: 'diff-renamed', retyped: 'diff-modified', conflicted: 'warning' };

export function changeRows(key: AgentKey, changes: Changes): PartRow[] {
  // A row that gets children keeps how it was drawn without: one with files is another row, which opens by itself.
  const id = `${key}#${'error' in changes || changes.files.length === 0 ? 'unchanged' : 'changes'}`;
  if ('error' in changes) {
    const { message, hint } = changes.error;
    return [{ kind: 'changes', id, children: [], item: () => labelled(new vscode.TreeItem('Changes'), { id, description: message, tooltip: [message, hint].filter((line) => line !== undefined).join('\n\n'), icon: 'info', context: 'changes;none' }) }];
  }
  const { reviewed, files } = changes;
  const children = files.slice(0, SHOWN_FILES).map((file): PartRow => ({ kind: 'change', id: `${key}#change:${file.path}`, children: [], item: () => fileItem(`${key}#change:${file.path}`, reviewed, file) }));
  if (files.length > SHOWN_FILES) {
    const more = `${key}#more`;
    children.push({ kind: 'change', id: more, children: [], item: () => labelled(new vscode.TreeItem(`and ${files.length - SHOWN_FILES} more files`), { id: more, description: '', tooltip: 'Show Changes has all of them.', icon: 'ellipsis', context: 'changes;more' }) });
  }
  return [{ kind: 'changes', id, children, item: () => changesItem(id, reviewed, files) }];
}

function changesItem(id: string, reviewed: Reviewed, files: readonly ChangedFile[]): vscode.TreeItem {
  const item = new vscode.TreeItem('Changes', files.length === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Expanded);
  const summary = changesSummary(files);
  const against = baseWords(reviewed);
  const branch = reviewed.branch === undefined ? 'no branch' : `branch ${reviewed.branch}`;
  labelled(item, { id, description: `${summary} · against ${against}`, tooltip: `${summary}, against ${against} (${reviewed.base.slice(0, 10)}), on ${branch}\n${reviewed.folder}`, icon: 'git-compare', context: `changes;${files.length === 0 ? 'none' : 'some'}` });
  item.accessibilityInformation = { label: `Changes: ${summary.replace('\u2212', 'minus ').replace('+', 'plus ')}, against ${against}` };
  if (files.length > 0) item.command = { command: Commands.showChanges, title: 'Show Changes', arguments: [{ kind: 'changes', key: id }] };
  return item;
}

/** What people call the base. */
export function baseWords({ baseRef, base, head }: Reviewed): string {
  if (head === undefined) return 'nothing';
  return baseRef ?? (base === head ? 'the last commit' : base.slice(0, 10));
}

function fileItem(id: string, { folder }: Reviewed, file: ChangedFile): vscode.TreeItem {
  const item = new vscode.TreeItem(basename(file.path));
  const counts = file.binary ? 'binary' : file.submodule ? 'submodule' : `+${file.additions ?? 0} \u2212${file.deletions ?? 0}`;
  const place = dirname(file.path);
  const mode = file.modes === undefined || file.status === 'retyped' ? '' : `mode ${file.modes.from} → ${file.modes.to}`;
  const from = file.oldPath === undefined ? '' : `from ${file.oldPath}`;
  const parts = [`${statusLetter(file.status)} ${counts}`, place === '.' ? '' : place, from, mode].filter((part) => part !== '');
  labelled(item, { id, description: parts.join(' · '), tooltip: `${join(folder, file.path)}\n${words[file.status]}, ${counts}${from === '' ? '' : `, ${from}`}${mode === '' ? '' : `, ${mode}`}`, icon: icons[file.status], context: `change;${file.status}${file.submodule ? ';submodule' : ''}` });
  item.iconPath = new vscode.ThemeIcon(icons[file.status], new vscode.ThemeColor(colors[file.status]));
  const spoken = file.binary ? 'binary' : file.submodule ? 'submodule' : `${file.additions ?? 0} ${file.additions === 1 ? 'line' : 'lines'} added, ${file.deletions ?? 0} removed`;
  item.accessibilityInformation = { label: [file.path, words[file.status], spoken, from, mode].filter((part) => part !== '').join(', ') };
  item.command = { command: Commands.openChange, title: 'Open Change', arguments: [{ kind: 'change', key: id }] };
  return item;
}

function labelled(item: vscode.TreeItem, { id, description, tooltip, icon, context }: { readonly id: string; readonly description: string; readonly tooltip: string; readonly icon: string; readonly context: string }): vscode.TreeItem {
  item.id = id;
  item.description = description;
  item.tooltip = tooltip;
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = context;
  return item;
}
