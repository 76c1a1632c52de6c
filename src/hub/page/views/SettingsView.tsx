// Settings: how the page looks, one's own password and tokens, and for admins the people.
import { SelectField, SwitchField } from '../kit/Field.tsx';
import { useModel } from '../model.ts';
import type { Theme } from '../state/preferences.ts';
import { OrgSection } from './OrgSection.tsx';
import { PasswordSection } from './PasswordSection.tsx';
import { TokenSection } from './TokenSection.tsx';
import { UserSection } from './UserSection.tsx';

export function SettingsView() {
  const model = useModel();
  const { theme, shortcuts, screenReader } = model.preferences;
  return (
    <>
      <div class="head">
        <h1 tabindex={-1}>Settings</h1>
      </div>
      <section class="card" aria-labelledby="looks-head">
        <h2 id="looks-head">This browser</h2>
        <SelectField
          label="Appearance"
          value={theme.value}
          onValue={(value) => (theme.value = value as Theme)}
          choices={[
            { value: 'system', text: 'As the system' },
            { value: 'light', text: 'Light' },
            { value: 'dark', text: 'Dark' },
          ]}
        />
        <SwitchField label="Keyboard shortcuts of single keys" value={shortcuts.value} onValue={(value) => (shortcuts.value = value)} help="Press ? to see them." />
        <SwitchField label="Terminals speak to screen readers" value={screenReader.value} onValue={(value) => (screenReader.value = value)} help="What a terminal prints is told as text." />
      </section>
      <PasswordSection />
      <TokenSection />
      {model.isAdmin && <UserSection />}
      {model.isAdmin && <OrgSection />}
    </>
  );
}
