// One's own access tokens: made, shown once, ended.
import { useState } from 'preact/hooks';
import type { IssuedToken, TokenInfo } from '../../../protocol/hubWire/hubRest.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { Copyable } from '../kit/Copyable.tsx';
import { SelectField, TextField } from '../kit/Field.tsx';
import { FaultNote, Loading } from '../kit/Notes.tsx';
import { Ago } from '../kit/Times.tsx';
import { useAct } from '../kit/useAct.ts';
import { useLoaded } from '../kit/useLoaded.ts';
import { useModel } from '../model.ts';
import { timeOf } from '../words/timeWords.ts';

export function TokenSection() {
  const model = useModel();
  const { value, fault, reload } = useLoaded(() => model.api.tokens());
  const act = useAct();
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<IssuedToken | undefined>(undefined);
  const make = async (): Promise<void> => {
    setMade(await model.api.addToken({ name: name.trim(), expires_in_days: Number(days) }));
    setName('');
    reload();
  };
  return (
    <section class="card" aria-labelledby="tokens-head">
      <h2 id="tokens-head">Access tokens</h2>
      <p class="muted">For editors, scripts and machines that act in your name. They may do whatever you may.</p>
      <form class="inline-form" onSubmit={(event) => (event.preventDefault(), name.trim() !== '' && void act.run(make))}>
        <TextField label="Name of the token" value={name} onValue={setName} placeholder="laptop" />
        <SelectField
          label="Lasts"
          value={days}
          onValue={setDays}
          choices={[
            { value: '7', text: '7 days' },
            { value: '30', text: '30 days' },
            { value: '90', text: '90 days' },
            { value: '365', text: 'a year' },
          ]}
        />
        <button type="submit" class="primary" disabled={name.trim() === ''} aria-busy={act.busy}>
          Make a token
        </button>
      </form>
      <FaultNote fault={act.fault} />
      <div role="status">
        {made !== undefined && (
          <div class="note" data-tone="good">
            <div>
              <p>
                Copy “{made.name}” now: it is not shown again.
              </p>
              <Copyable text={made.token} label={`Token ${made.name}`} secret />
            </div>
          </div>
        )}
      </div>
      <FaultNote fault={fault} onRetry={reload} />
      {value === undefined ? (
        fault === undefined && <Loading what="Loading your tokens…" />
      ) : value.length === 0 ? (
        <p class="muted">You have no tokens.</p>
      ) : (
        <ul class="rows" aria-label="Your tokens">
          {value.map((token) => (
            <TokenRow key={token.id} token={token} onEnded={() => (made?.id === token.id && setMade(undefined), reload())} />
          ))}
        </ul>
      )}
    </section>
  );
}

function TokenRow({ token, onEnded }: { readonly token: TokenInfo; readonly onEnded: () => void }) {
  const model = useModel();
  const act = useAct();
  const end = async (): Promise<void> => {
    await model.api.endToken(token.id);
    model.say(`The token ${token.name} has ended.`);
    onEnded();
  };
  return (
    <li>
      <span class="rows-main">
        <strong>{token.name}</strong>
        <span class="muted">
          made <Ago then={timeOf(token.created_at)} />
          {token.last_used_at === null ? ', never used' : (
            <>
              , used <Ago then={timeOf(token.last_used_at)} />
            </>
          )}
          {token.expires_at !== null && `, until ${new Date(token.expires_at).toLocaleDateString()}`}
        </span>
        <FaultNote fault={act.fault} />
      </span>
      <ActButton act={act} kind="danger" small icon="trash" onAct={end} label={`End the token ${token.name}`}>
        End
      </ActButton>
    </li>
  );
}
