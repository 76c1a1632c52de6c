// Where one is and can go; on a phone the same at the bottom of the screen.
import { Icon, type IconName } from '../kit/Icon.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import type { Me } from '../../../protocol/hubWire/hubRest.ts';
import type { Theme } from '../state/preferences.ts';

const places: readonly { readonly view: string; readonly also?: string; readonly href: string; readonly word: string; readonly icon: IconName; readonly admin?: true }[] = [
  { view: 'fleet', also: 'agent', href: '/', word: 'Fleet', icon: 'fleet' },
  { view: 'tasks', also: 'new-task', href: '/tasks', word: 'Tasks', icon: 'tasks' },
  { view: 'runners', href: '/runners', word: 'Runners', icon: 'runners' },
  { view: 'audit', href: '/audit', word: 'Audit', icon: 'audit', admin: true },
  { view: 'settings', href: '/settings', word: 'Settings', icon: 'settings' },
];

const themes: Readonly<Record<Theme, { readonly next: Theme; readonly icon: IconName; readonly word: string }>> = {
  system: { next: 'light', icon: 'system', word: 'as the system' },
  light: { next: 'dark', icon: 'sun', word: 'light' },
  dark: { next: 'system', icon: 'moon', word: 'dark' },
};

export function Sidebar({ me }: { readonly me: Me }) {
  const model = useModel();
  const leaving = useAct();
  const { view } = model.navigation.route.value;
  const waiting = model.inbox.value.length;
  const { theme } = model.preferences;
  const { next, icon, word } = themes[theme.value];
  return (
    <header class="sidebar">
      <a class="brand" href="/">
        <Icon name="logo" />
        <span>
          tmux-agents
          <small>{me.org_name}</small>
        </span>
      </a>
      <nav aria-label="Main">
        <ul>
          {places
            .filter(({ admin }) => admin !== true || model.isAdmin)
            .map((place) => (
              <li key={place.view}>
                <a href={place.href} {...(place.view === view || place.also === view ? { 'aria-current': place.view === view ? ('page' as const) : ('true' as const) } : {})}>
                  <Icon name={place.icon} />
                  <span>{place.word}</span>
                  {place.view === 'fleet' && waiting > 0 && (
                    <span class="count" title={`${waiting} waiting for you`}>
                      {waiting}
                      <span class="said"> waiting for you</span>
                    </span>
                  )}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <div class="sidebar-end">
        <button type="button" class="quiet" onClick={() => (theme.value = next)} aria-label={`Appearance: ${word}. Change it.`} title={`Appearance: ${word}`}>
          <Icon name={icon} />
        </button>
        <button type="button" class="quiet wide-only" onClick={() => document.dispatchEvent(new Event('show-shortcuts'))} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
          <Icon name="keyboard" />
        </button>
        <span class="who" title={`${me.name}, ${me.role}`}>
          <strong>{me.name}</strong>
          <small>{me.role}</small>
        </span>
        <button type="button" class="quiet" aria-label="Sign out" title={leaving.fault?.message ?? 'Sign out'} onClick={() => void leaving.run(() => model.signOut())}>
          <Icon name="out" />
        </button>
      </div>
    </header>
  );
}
