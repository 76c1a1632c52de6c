// What this browser's user likes: kept in the browser, and nowhere else.
import { effect, signal, type Signal } from '@preact/signals';
import * as z from 'zod';

const Kept = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  /** Single keys, such as `?` and `g t`. */
  shortcuts: z.boolean().catch(true),
  /** The terminal tells a screen reader what it prints. */
  screenReader: z.boolean().catch(false),
});
export type Theme = z.infer<typeof Kept>['theme'];

const KEY = 'tmux-agents';

export class Preferences {
  readonly theme: Signal<Theme>;
  readonly shortcuts: Signal<boolean>;
  readonly screenReader: Signal<boolean>;
  /** Which of both is shown. */
  readonly dark: Signal<boolean>;

  constructor() {
    const kept = Kept.parse(read());
    this.theme = signal(kept.theme);
    this.shortcuts = signal(kept.shortcuts);
    this.screenReader = signal(kept.screenReader);
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    const systemDark = signal(system.matches);
    system.addEventListener('change', ({ matches }) => (systemDark.value = matches));
    this.dark = signal(false);
    effect(() => {
      this.dark.value = this.theme.value === 'system' ? systemDark.value : this.theme.value === 'dark';
      document.documentElement.dataset['theme'] = this.dark.value ? 'dark' : 'light';
    });
    effect(() => write({ theme: this.theme.value, shortcuts: this.shortcuts.value, screenReader: this.screenReader.value }));
  }
}

function read(): unknown {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null ? kept : {};
  } catch {
    return {};
  }
}

/** A browser that keeps nothing (a private window, say) is no reason to stop. */
function write(kept: z.infer<typeof Kept>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    return;
  }
}
