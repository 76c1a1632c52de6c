// Tabs with their panel, by the book: the arrow keys choose, Tab goes on into the panel.
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { Icon, type IconName } from './Icon.tsx';

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly word: string;
  readonly icon: IconName;
}

export function Tabs<Name extends string>({ label, tabs, chosen, onChoose, children }: { readonly label: string; readonly tabs: readonly Tab<Name>[]; readonly chosen: Name; readonly onChoose: (name: Name) => void; readonly children: ComponentChildren }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ name }) => name === chosen);
    const to = { ArrowRight: (at + 1) % tabs.length, ArrowLeft: (at - 1 + tabs.length) % tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[to];
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next.name);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.name}"]`)?.focus();
  };
  return (
    <div class="tabs">
      <div class="tablist" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ name, word, icon }) => (
          <button key={name} type="button" role="tab" id={`${id}-${name}`} data-tab={name} aria-selected={name === chosen} aria-controls={`${id}-panel`} tabindex={name === chosen ? 0 : -1} onClick={() => onChoose(name)}>
            <Icon name={icon} />
            {word}
          </button>
        ))}
      </div>
      <div class="tabpanel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} tabindex={-1}>
        {children}
      </div>
    </div>
  );
}
