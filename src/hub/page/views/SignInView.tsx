// Signing in, and the first admin's setting up.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { TextField } from '../kit/Field.tsx';
import { Icon } from '../kit/Icon.tsx';
import { FaultNote } from '../kit/Notes.tsx';
import { useAct, type Act } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import { parseRoute } from '../routes.ts';

export function SignInView({ next }: { readonly next: string }) {
  const model = useModel();
  const act = useAct();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = async (): Promise<void> => {
    const me = await model.api.login({ name: name.trim(), password });
    model.navigation.replace(parseRoute(new URL(next, location.origin)));
    model.signedIn(me);
  };
  return (
    <Door title="Sign in" act={act} onSubmit={signIn} word="Sign in">
      <TextField label="Name" value={name} onValue={setName} autocomplete="username" required autofocus />
      <TextField label="Password" value={password} onValue={setPassword} type="password" autocomplete="current-password" required />
    </Door>
  );
}

export function SetupView({ token }: { readonly token: string }) {
  const model = useModel();
  const act = useAct();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const setUp = async (): Promise<void> => {
    const me = await model.api.setup({ token, name: name.trim(), password });
    model.navigation.replace({ view: 'fleet' });
    model.signedIn(me);
  };
  if (token === '')
    return (
      <section class="door">
        <h1 tabindex={-1}>This link is not whole</h1>
        <p>The hub prints a link with a token when it starts without an admin: open that one. If somebody has used it already, sign in instead.</p>
        <p>
          <a href="/sign-in" role="button">
            Sign in
          </a>
        </p>
      </section>
    );
  return (
    <Door title="Welcome to your hub" act={act} onSubmit={setUp} word="Create the admin" about="This link works once. It makes you the hub's admin: you can add other people later.">
      <TextField label="Name" value={name} onValue={setName} autocomplete="username" required autofocus />
      <TextField label="Password" value={password} onValue={setPassword} type="password" autocomplete="new-password" required help="At least 10 characters." />
    </Door>
  );
}

function Door({ title, about, act, onSubmit, word, children }: { readonly title: string; readonly about?: string; readonly act: Act; readonly onSubmit: () => Promise<void>; readonly word: string; readonly children: ComponentChildren }) {
  return (
    <section class="door">
      <p class="door-brand">
        <Icon name="logo" /> tmux-agents hub
      </p>
      <h1 tabindex={-1}>{title}</h1>
      {about !== undefined && <p class="muted">{about}</p>}
      <form onSubmit={(event) => (event.preventDefault(), void act.run(onSubmit))}>
        {children}
        <FaultNote fault={act.fault} />
        <button type="submit" class="primary" aria-busy={act.busy}>
          {word}
        </button>
      </form>
    </section>
  );
}
