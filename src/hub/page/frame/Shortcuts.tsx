// Listens to the page's keys, and lists them.
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../kit/Dialog.tsx';
import { useModel } from '../model.ts';
import { begins, placeKeys, shortcutOf, shortcuts, type Shortcut } from './keys.ts';

/** Milliseconds in which the second key of a pair is to come. */
const PAIR_MS = 1500;

export function Shortcuts() {
  const model = useModel();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    let before = { key: '', at: 0 };
    const run = (shortcut: Shortcut): void => {
      if ('go' in shortcut) return model.navigation.go(shortcut.go);
      switch (shortcut.act) {
        case 'help':
          return setShown(true);
        case 'next':
          return step(1);
        case 'previous':
          return step(-1);
        case 'filter':
          return document.querySelector<HTMLElement>('#agent-filter')?.focus();
      }
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!model.preferences.shortcuts.peek() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      const shortcut = shortcutOf(event.timeStamp - before.at < PAIR_MS ? before.key : '', event.key);
      before = shortcut === undefined && begins(event.key) ? { key: event.key, at: event.timeStamp } : { key: '', at: 0 };
      if (shortcut === undefined) return;
      event.preventDefault();
      run(shortcut);
    };
    const onShow = (): void => setShown(true);
    document.addEventListener('keydown', onKeyDown);
    document.addEventListener('show-shortcuts', onShow);
    return () => {
      document.removeEventListener('keydown', onKeyDown);
      document.removeEventListener('show-shortcuts', onShow);
    };
  }, [model]);
  if (!shown) return null;
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => setShown(false)}>
      <dl class="keys">
        {[...shortcuts, ...placeKeys].map(({ keys, words }) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">Single keys can be turned off in the settings.</p>
    </Dialog>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.closest('input, textarea, select, [contenteditable], dialog, .screen') !== null);
}

/** To the next or the previous of what `data-step` marks, from the one that has the focus or holds it. */
function step(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('main [data-step]')].filter((one) => one.offsetParent !== null);
  const at = all.findIndex((one) => one.contains(document.activeElement));
  const next = all[at === -1 ? (by === 1 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
