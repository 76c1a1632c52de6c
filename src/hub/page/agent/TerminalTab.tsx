// The agent's terminal: everybody looks, one writes.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { Icon } from '../kit/Icon.tsx';
import { PageFault } from '../api/client.ts';
import { Empty, FaultNote } from '../kit/Notes.tsx';
import { useModel } from '../model.ts';
import type { TerminalPane } from './terminalPane.ts';
import { useTerminalPane } from './useTerminalPane.ts';

type Writer = { readonly name: string | null; readonly you: boolean };

/** Keys that a phone's keyboard does not have, and what they send. */
const touchKeys: readonly (readonly [string, string])[] = [
  ['Esc', '\u001b'],
  ['Tab', '\t'],
  ['Ctrl+C', '\u0003'],
  ['↑', '\u001b[A'],
  ['↓', '\u001b[B'],
  ['Enter', '\r'],
];

export function TerminalTab({ agent }: { readonly agent: HubAgent }) {
  if (!agent.terminal)
    return (
      <Empty icon="command" title="No terminal to be seen">
        <p>{agent.connected ? `${agent.runner_name} does not share this agent’s terminal.` : `${agent.runner_name} is not connected.`}</p>
      </Empty>
    );
  return <Shared agent={agent} />;
}

function Shared({ agent }: { readonly agent: HubAgent }) {
  const model = useModel();
  const place = useRef<HTMLDivElement>(null);
  const take = useRef<HTMLButtonElement>(null);
  const pane = useRef<TerminalPane | undefined>(undefined);
  const [writer, setWriter] = useState<Writer>({ name: null, you: false });
  const [drawn, setDrawn] = useState(false);
  const [ended, setEnded] = useState<string | undefined>(undefined);
  const [fault, setFault] = useState<string | undefined>(undefined);
  const [run, setRun] = useState(0);
  const linked = model.live.state.value === 'open';
  const Pane = useTerminalPane();

  useEffect(() => {
    const host = place.current;
    if (host === null || Pane === undefined || typeof Pane === 'string') return;
    const id = agent.id;
    const shown = new Pane(host, {
      onInput: (data) => model.live.send({ type: 'terminal_write', session_id: id, data }),
      onSize: (columns, rows) => model.live.send({ type: 'terminal_resize', session_id: id, columns, rows }),
      onLeave: () => take.current?.focus(),
    });
    pane.current = shown;
    const joined = model.live.joinTerminal(id, (frame) => {
      switch (frame.type) {
        case 'terminal':
          shown.draw(frame);
          setDrawn(true);
          setEnded(undefined);
          return;
        case 'terminal_writer':
          shown.setWriter(frame.you);
          setWriter({ name: frame.name, you: frame.you });
          if (frame.you) setFault(undefined);
          return;
        case 'terminal_ended':
          setEnded(frame.reason);
          return;
        case 'error':
          setFault(frame.message);
          return;
        case 'events':
        case 'caught_up':
        case 'agent_gone':
          return;
      }
    });
    return () => {
      joined.dispose();
      shown.dispose();
      pane.current = undefined;
    };
  }, [agent.id, run, model, Pane]);
  useEffect(() => pane.current?.setTheme(model.preferences.dark.value), [model.preferences.dark.value, run, Pane]);
  useEffect(() => pane.current?.setScreenReader(model.preferences.screenReader.value), [model.preferences.screenReader.value, run, Pane]);
  useEffect(() => {
    if (linked) return;
    // The hub knows the new socket as a viewer.
    pane.current?.setWriter(false);
    setWriter({ name: null, you: false });
  }, [linked]);
  useEffect(() => {
    if (writer.you) pane.current?.focus();
  }, [writer.you]);

  const control = (): void => {
    setFault(undefined);
    if (!writer.you) return void model.live.send({ type: 'terminal_take', session_id: agent.id });
    // Leaving gives it up; the terminal is joined anew as one who looks.
    setWriter({ name: null, you: false });
    setRun(run + 1);
  };
  const { screenReader } = model.preferences;
  return (
    <div class="terminal-tab">
      <div class="terminal-bar">
        {model.mayAct && (
          <button type="button" ref={take} class={`small ${writer.you ? '' : 'primary'}`} onClick={control} disabled={!linked || !agent.connected || ended !== undefined}>
            <Icon name={writer.you ? 'out' : 'keyboard'} />
            {writer.you ? 'Give up control' : 'Take control'}
          </button>
        )}
        <span class="muted terminal-state" role="status">
          {ended !== undefined ? `The terminal ended${ended === '' ? '' : `: ${ended}`}.` : !drawn ? 'Opening the terminal…' : writer.you ? 'You type here. F6 leaves the terminal.' : writer.name !== null ? `${writer.name} types. You look.` : 'You look. Nobody types from here.'}
        </span>
        <label class="terminal-reader">
          <input type="checkbox" role="switch" checked={screenReader.value} onChange={(event) => (screenReader.value = event.currentTarget.checked)} />
          Screen reader
        </label>
      </div>
      {typeof Pane === 'string' && <FaultNote fault={new PageFault(Pane, 0)} />}
      {fault !== undefined && (
        <p class="note" data-tone="bad" role="alert">
          <Icon name="failed" />
          {fault}
        </p>
      )}
      <div class={writer.you ? 'screen writing' : 'screen'} role="group" aria-label={`Terminal of ${agent.name}${writer.you ? '' : ', read only'}`}>
        <div class="terminal-place" ref={place} />
      </div>
      {writer.you && (
        <div class="touch-keys" role="group" aria-label="Keys">
          {touchKeys.map(([word, data]) => (
            <button key={word} type="button" class="small" onClick={() => (model.live.send({ type: 'terminal_write', session_id: agent.id, data }), pane.current?.focus())}>
              {word}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
