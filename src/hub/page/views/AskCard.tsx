// One request of an agent's, with all that deciding needs, and the decision.
import { useId, useState } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import type { SharedAsk } from '../../../protocol/hubWire/sharedSession.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { RiskBadge } from '../kit/Badge.tsx';
import { TextField } from '../kit/Field.tsx';
import { Icon } from '../kit/Icon.tsx';
import { FaultNote } from '../kit/Notes.tsx';
import { Lasting } from '../kit/Times.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import { pathOf } from '../routes.ts';
import { answerWay, askHeading } from '../words/agentWords.ts';

export interface AskCardProps {
  readonly agent: HubAgent;
  readonly ask: SharedAsk;
  /** Without the agent's name: on its own page. */
  readonly alone?: boolean;
}

export function AskCard({ agent, ask, alone = false }: AskCardProps) {
  const model = useModel();
  const act = useAct();
  const id = useId();
  const [done, setDone] = useState<string | undefined>(undefined);
  const [words, setWords] = useState('');
  const [note, setNote] = useState<string | undefined>(undefined);
  const way = answerWay(ask);
  const path = ask.path !== undefined && !ask.text.includes(ask.path) ? ask.path : undefined;
  const decide = (decision: 'allow' | 'deny') => async (): Promise<void> => {
    await model.api.answer(agent.id, { ask_id: ask.id, decision, ...(note === undefined || note.trim() === '' ? {} : { note: note.trim() }) });
    finished(decision === 'allow' ? 'Allowed.' : 'Denied.');
  };
  const answer = async (): Promise<void> => {
    await model.api.answer(agent.id, { ask_id: ask.id, words: words.trim() });
    finished('Answered.');
  };
  const finished = (word: string): void => {
    setDone(word);
    model.say(`${word} ${agent.name}`);
  };
  return (
    <article class="ask" aria-labelledby={`${id}-head`} tabindex={-1} data-step data-ask={ask.id}>
      <header>
        <h3 id={`${id}-head`}>
          {!alone && (
            <>
              <a href={pathOf({ view: 'agent', id: agent.id, tab: 'terminal' })}>{agent.name}</a>{' '}
            </>
          )}
          <span class="ask-what">{alone ? askHeading(ask) : askHeading(ask).toLowerCase()}</span>
        </h3>
        {ask.risk !== undefined && <RiskBadge risk={ask.risk} />}
      </header>
      {ask.command !== undefined && ask.text.trim() === ask.command.trim() ? null : <p class="ask-text">{ask.text}</p>}
      {ask.command !== undefined && (
        <pre class="command">
          <code>{ask.command}</code>
        </pre>
      )}
      <p class="muted ask-facts">
        {path !== undefined && (
          <span>
            <Icon name="file" />
            <span class="mono">{path}</span>
          </span>
        )}
        {!alone && (
          <span>
            <Icon name="runners" />
            {agent.runner_name}
          </span>
        )}
        {!alone && agent.branch !== undefined && (
          <span>
            <Icon name="branch" />
            <span class="mono">{agent.branch}</span>
          </span>
        )}
        <span>
          <Icon name="queued" />
          <Lasting since={ask.since} />
        </span>
      </p>
      {done !== undefined ? (
        <p class="ask-done">
          <Icon name="check" />
          {done}
        </p>
      ) : !model.mayAct ? (
        <p class="muted">You may look, and not answer: ask an admin for another role.</p>
      ) : way === 'decision' ? (
        <>
          {note !== undefined && <TextField label="Note to the agent" value={note} onValue={setNote} help="Goes along with your decision." />}
          <div class="row">
            <ActButton act={act} kind="good" icon="check" onAct={decide('allow')} label={`Allow: ${agent.name}`}>
              Allow
            </ActButton>
            <ActButton act={act} kind="danger" icon="cross" onAct={decide('deny')} label={`Deny: ${agent.name}`}>
              Deny
            </ActButton>
            {note === undefined && (
              <button type="button" class="quiet" onClick={() => setNote('')}>
                Add a note
              </button>
            )}
          </div>
        </>
      ) : way === 'words' ? (
        <form onSubmit={(event) => (event.preventDefault(), words.trim() !== '' && void act.run(answer))}>
          <TextField label={`Answer to ${agent.name}`} value={words} onValue={setWords} rows={2} />
          <div class="row">
            <button type="submit" class="primary" aria-busy={act.busy} disabled={words.trim() === ''}>
              Send the answer
            </button>
          </div>
        </form>
      ) : (
        <p class="muted">
          {agent.terminal ? (
            <>
              This is answered in its terminal.{' '}
              {!alone && <a href={pathOf({ view: 'agent', id: agent.id, tab: 'terminal' })}>Open the terminal</a>}
            </>
          ) : (
            `This is answered on ${agent.runner_name} itself.`
          )}
        </p>
      )}
      <FaultNote fault={act.fault} />
    </article>
  );
}
