// The organization's people, for its admins.
import { useState } from 'preact/hooks';
import { Role, type User } from '../../../protocol/hubWire/hubRest.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { Dialog } from '../kit/Dialog.tsx';
import { SelectField, TextField } from '../kit/Field.tsx';
import { FaultNote, Loading } from '../kit/Notes.tsx';
import { useAct } from '../kit/useAct.ts';
import { useLoaded } from '../kit/useLoaded.ts';
import { useModel } from '../model.ts';

const roles: readonly { readonly value: Role; readonly text: string }[] = [
  { value: 'viewer', text: 'Viewer: looks' },
  { value: 'member', text: 'Member: looks and works' },
  { value: 'admin', text: 'Admin: everything' },
];

export function UserSection() {
  const model = useModel();
  const { value, fault, reload } = useLoaded(() => model.api.users());
  const act = useAct();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('member');
  const add = async (): Promise<void> => {
    const user = await model.api.addUser({ name: name.trim(), password, role });
    model.say(`${user.name} is added.`);
    setName('');
    setPassword('');
    reload();
  };
  return (
    <section class="card" aria-labelledby="users-head">
      <h2 id="users-head">People</h2>
      <FaultNote fault={fault} onRetry={reload} />
      {value === undefined ? (
        fault === undefined && <Loading what="Loading the people…" />
      ) : (
        <ul class="rows" aria-label="People">
          {value.map((user) => (
            <UserRow key={user.id} user={user} onChanged={reload} />
          ))}
        </ul>
      )}
      <h3>Add somebody</h3>
      <form class="inline-form" onSubmit={(event) => (event.preventDefault(), void act.run(add))}>
        <TextField label="New name" value={name} onValue={setName} required />
        <TextField label="First password" type="password" autocomplete="new-password" value={password} onValue={setPassword} required help="At least 10 characters." />
        <SelectField label="Role" value={role} onValue={(chosen) => setRole(Role.parse(chosen))} choices={roles} />
        <button type="submit" class="primary" aria-busy={act.busy}>
          Add
        </button>
      </form>
      <FaultNote fault={act.fault} />
    </section>
  );
}

function UserRow({ user, onChanged }: { readonly user: User; readonly onChanged: () => void }) {
  const model = useModel();
  const act = useAct();
  const [resetting, setResetting] = useState(false);
  const me = model.me.value;
  const own = typeof me === 'object' && me.user_id === user.id;
  const change = async (patch: Parameters<typeof model.api.changeUser>[1], words: string): Promise<void> => {
    await model.api.changeUser(user.id, patch);
    model.say(words);
    onChanged();
  };
  return (
    <li>
      <span class="rows-main">
        <strong>{user.name}</strong>
        <span class="muted">
          {own && 'you'}
          {user.disabled && 'may not sign in'}
        </span>
        <FaultNote fault={act.fault} />
      </span>
      <SelectField label={`Role of ${user.name}`} value={user.role} disabled={own} onValue={(role) => void act.run(() => change({ role: Role.parse(role) }, `${user.name}: the role is changed.`))} choices={roles} />
      <div class="row">
        <button type="button" class="small" onClick={() => setResetting(true)} aria-label={`New password for ${user.name}`}>
          New password
        </button>
        {!own && (
          <ActButton act={act} small kind={user.disabled ? 'plain' : 'danger'} onAct={() => change({ disabled: !user.disabled }, user.disabled ? `${user.name} may sign in again.` : `${user.name} may not sign in any more.`)} label={user.disabled ? `Let ${user.name} in again` : `Shut ${user.name} out`}>
            {user.disabled ? 'Let in' : 'Shut out'}
          </ActButton>
        )}
      </div>
      {resetting && <NewPassword user={user} onClose={() => setResetting(false)} onSave={(password) => change({ password }, `${user.name} has a new password.`)} />}
    </li>
  );
}

function NewPassword({ user, onClose, onSave }: { readonly user: User; readonly onClose: () => void; readonly onSave: (password: string) => Promise<void> }) {
  const act = useAct();
  const [password, setPassword] = useState('');
  const save = async (): Promise<void> => {
    if (await act.run(() => onSave(password))) onClose();
  };
  return (
    <Dialog title={`New password for ${user.name}`} onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), void save())}>
        <TextField label="New password" type="password" autocomplete="new-password" value={password} onValue={setPassword} required help="At least 10 characters. Whoever is signed in with the old one is signed out." />
        <FaultNote fault={act.fault} />
        <div class="row end">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" aria-busy={act.busy}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
