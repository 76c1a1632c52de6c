// A button that acts: busy while it does, and not to be pressed twice.
import type { ComponentChildren } from 'preact';
import type { Act } from './useAct.ts';
import { Icon, type IconName } from './Icon.tsx';

export interface ActButtonProps {
  readonly act: Act;
  readonly onAct: () => Promise<void>;
  readonly children: ComponentChildren;
  readonly icon?: IconName;
  readonly kind?: 'primary' | 'plain' | 'danger' | 'good';
  readonly small?: boolean;
  readonly disabled?: boolean;
  /** For screen readers, where the words alone do not tell what is meant. */
  readonly label?: string;
  readonly title?: string;
}

/** It keeps the focus while it is busy: a disabled button would lose it. */
export function ActButton({ act, onAct, children, icon, kind = 'plain', small = false, disabled = false, label, title }: ActButtonProps) {
  return (
    <button type="button" class={`${kind}${small ? ' small' : ''}`} disabled={disabled} aria-disabled={act.busy} aria-busy={act.busy} onClick={() => void act.run(onAct)} {...(label === undefined ? {} : { 'aria-label': label })} {...(title === undefined ? {} : { title })}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}
