// One's own password.
import { useState } from 'preact/hooks';
import { TextField } from '../kit/Field.tsx';
import { FaultNote } from '../kit/Notes.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';

export function PasswordSection() {
  const model = useModel();
  const act = useAct();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const [done, setDone] = useState(false);
  const change = async (): Promise<void> => {
    setDone(false);
    await model.api.changePassword({ password: old, new_password: next });
    setOld('');
    setNext('');
    setDone(true);
  };
  return (
    <section class="card" aria-labelledby="password-head">
      <h2 id="password-head">Password</h2>
      <form class="inline-form" onSubmit={(event) => (event.preventDefault(), void act.run(change))}>
        <TextField label="Present password" value={old} onValue={setOld} type="password" autocomplete="current-password" required />
        <TextField label="New password" value={next} onValue={setNext} type="password" autocomplete="new-password" required help="At least 10 characters." />
        <button type="submit" disabled={old === '' || next.length < 10} aria-busy={act.busy}>
          Change it
        </button>
      </form>
      <FaultNote fault={act.fault} />
      <div role="status">{done && <p class="muted">It is changed. Your other browsers are signed out.</p>}</div>
    </section>
  );
}
