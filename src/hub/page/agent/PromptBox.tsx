// What one says to the agent: a prompt, and those that wait for it.
import { useState } from 'preact/hooks';
import type { QueuedPrompt } from '../../../protocol/hubWire/extension.ts';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { FaultNote } from '../kit/Notes.tsx';
import { Ago } from '../kit/Times.tsx';
import { useAct } from '../kit/useAct.ts';
import { useLoaded } from '../kit/useLoaded.ts';
import { useModel } from '../model.ts';

export function PromptBox({ agent }: { readonly agent: HubAgent }) {
  const model = useModel();
  const act = useAct();
  const [text, setText] = useState('');
  const [sent, setSent] = useState(0);
  if (!model.mayAct) return null;
  const send = async (): Promise<void> => {
    await model.api.prompt(agent.id, text);
    setText('');
    setSent((count) => count + 1);
    model.say('The prompt is sent.');
  };
  const submit = (): void => void (text.trim() !== '' && act.run(send));
  return (
    <section class="prompt-box" aria-labelledby="prompt-head">
      <h2 id="prompt-head">Prompt</h2>
      <form onSubmit={(event) => (event.preventDefault(), submit())}>
        <textarea
          aria-label={`Prompt for ${agent.name}`}
          rows={3}
          value={text}
          placeholder={agent.status.state === 'working' ? 'It gets this once its turn is over' : 'What is to be done next?'}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            submit();
          }}
        />
        <div class="row">
          <button type="submit" class="primary" aria-busy={act.busy} disabled={text.trim() === '' || !agent.connected}>
            Send
          </button>
          <span class="muted wide-only">Ctrl+Enter sends</span>
        </div>
      </form>
      <FaultNote fault={act.fault} />
      {!agent.connected && <p class="muted">{agent.runner_name} is not connected: nothing can be sent now.</p>}
      {agent.connected && agent.queued_prompts > 0 && <Queue agent={agent} key={agent.id} version={`${agent.queued_prompts}/${sent}`} />}
    </section>
  );
}

function Queue({ agent, version }: { readonly agent: HubAgent; readonly version: string }) {
  const model = useModel();
  const { value, fault, reload } = useLoaded(() => model.api.queue(agent.id), version);
  return (
    <>
      <h3>
        Waiting for it <span class="count-plain">{agent.queued_prompts}</span>
      </h3>
      <FaultNote fault={fault} onRetry={reload} />
      <ol class="queue" aria-label="Prompts that wait">
        {(value ?? []).map((prompt) => (
          <Queued key={prompt.id} agent={agent} prompt={prompt} onGone={reload} />
        ))}
      </ol>
    </>
  );
}

function Queued({ agent, prompt, onGone }: { readonly agent: HubAgent; readonly prompt: QueuedPrompt; readonly onGone: () => void }) {
  const model = useModel();
  const act = useAct();
  const remove = async (): Promise<void> => {
    await model.api.unqueue(agent.id, prompt.id);
    model.say('The prompt is taken back.');
    onGone();
  };
  return (
    <li>
      <p class="queued-text">{prompt.text}</p>
      <div class="row">
        <span class="muted">
          <Ago then={prompt.at} />
        </span>
        <ActButton act={act} kind="danger" small icon="trash" onAct={remove} label={`Take back: ${prompt.text.slice(0, 60)}`}>
          Take back
        </ActButton>
      </div>
      <FaultNote fault={act.fault} />
    </li>
  );
}
