// What a part says when something failed, when there is nothing, or nothing yet.
import type { ComponentChildren } from 'preact';
import type { PageFault } from '../api/client.ts';
import { Icon, type IconName } from './Icon.tsx';

export function FaultNote({ fault, onRetry }: { readonly fault: PageFault | undefined; readonly onRetry?: (() => void) | undefined }) {
  return (
    <div class="fault-place" role="alert">
      {fault !== undefined && (
        <p class="note" data-tone="bad">
          <Icon name="failed" />
          <span>
            {fault.message}
            {fault.hint !== undefined && <span class="hint"> {fault.hint}</span>}
          </span>
          {onRetry !== undefined && (
            <button type="button" class="small" onClick={onRetry}>
              Try again
            </button>
          )}
        </p>
      )}
    </div>
  );
}

export function Empty({ icon, title, children }: { readonly icon: IconName; readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children !== undefined && <div class="muted">{children}</div>}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="loading" role="status" aria-busy="true">
      {what}
    </p>
  );
}
