// Which keys do what, and when they are somebody's typing. Pure.
import type { Route } from '../routes.ts';

export type Shortcut = { readonly keys: string; readonly words: string } & ({ readonly go: Route } | { readonly act: 'filter' | 'next' | 'previous' | 'help' });

export const shortcuts: readonly Shortcut[] = [
  { keys: 'g f', words: 'Go to the fleet', go: { view: 'fleet' } },
  { keys: 'g t', words: 'Go to the tasks', go: { view: 'tasks' } },
  { keys: 'g r', words: 'Go to the runners', go: { view: 'runners' } },
  { keys: 'g a', words: 'Go to the audit log', go: { view: 'audit' } },
  { keys: 'g s', words: 'Go to the settings', go: { view: 'settings' } },
  { keys: 'n', words: 'New task', go: { view: 'new-task' } },
  { keys: 'j', words: 'Next agent or request', act: 'next' },
  { keys: 'k', words: 'Previous agent or request', act: 'previous' },
  { keys: '/', words: 'Search the agents', act: 'filter' },
  { keys: '?', words: 'Show these keys', act: 'help' },
];

/** Keys of places of their own, told beside the others. */
export const placeKeys: readonly { readonly keys: string; readonly words: string }[] = [
  { keys: 'Ctrl+Enter', words: 'Send the prompt that is written' },
  { keys: 'F6', words: 'Leave the terminal' },
  { keys: 'Esc', words: 'Close a dialog' },
];

/** The shortcut that `key` ends, after `before` (the key pressed just before, or empty). */
export function shortcutOf(before: string, key: string): Shortcut | undefined {
  return shortcuts.find(({ keys }) => keys === `${before} ${key}`) ?? shortcuts.find(({ keys }) => keys === key);
}

/** Whether a key begins a shortcut of two. */
export function begins(key: string): boolean {
  return shortcuts.some(({ keys }) => keys.startsWith(`${key} `));
}
