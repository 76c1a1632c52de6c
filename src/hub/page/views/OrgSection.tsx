// Further organizations, which the admins of the first one make: each sees only its own.
import { useState } from 'preact/hooks';
import { TextField } from '../kit/Field.tsx';
import { FaultNote } from '../kit/Notes.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';

export function OrgSection() {
  const model = useModel();
  const act = useAct();
  const [name, setName] = useState('');
  const [admin, setAdmin] = useState('');
  const [password, setPassword] = useState('');
  const [made, setMade] = useState<string | undefined>(undefined);
  const add = async (): Promise<void> => {
    await model.api.addOrg({ name: name.trim(), admin: { name: admin.trim(), password } });
    setMade(name.trim());
    setName('');
    setAdmin('');
    setPassword('');
  };
  return (
    <section class="card" aria-labelledby="orgs-head">
      <h2 id="orgs-head">Another organization</h2>
      <p class="muted">Its people, runners and agents are its own: neither sees the other’s. Admins of the hub’s first organization may make one.</p>
      <form class="inline-form" onSubmit={(event) => (event.preventDefault(), void act.run(add))}>
        <TextField label="Name of the organization" value={name} onValue={setName} required />
        <TextField label="Its admin" value={admin} onValue={setAdmin} required />
        <TextField label="The admin’s password" type="password" autocomplete="new-password" value={password} onValue={setPassword} required help="At least 10 characters." />
        <button type="submit" class="primary" aria-busy={act.busy}>
          Make it
        </button>
      </form>
      <FaultNote fault={act.fault} />
      <p role="status" class="muted">
        {made !== undefined && `${made} is made: its admin can sign in.`}
      </p>
    </section>
  );
}
