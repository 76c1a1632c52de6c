// One agent: its terminal, what it did, what it changed, what it used, and what one can say to it.
import { useState } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { ActButton } from '../kit/ActButton.tsx';
import { AgentBadge } from '../kit/Badge.tsx';
import { Dialog } from '../kit/Dialog.tsx';
import { Icon } from '../kit/Icon.tsx';
import { FaultNote, Loading } from '../kit/Notes.tsx';
import { Tabs, type Tab } from '../kit/Tabs.tsx';
import { Lasting } from '../kit/Times.tsx';
import { useAct } from '../kit/useAct.ts';
import { useModel } from '../model.ts';
import type { AgentTab } from '../routes.ts';
import { isEnded } from '../words/agentWords.ts';
import { AskCard } from '../views/AskCard.tsx';
import { ChangesTab } from './ChangesTab.tsx';
import { PromptBox } from './PromptBox.tsx';
import { TerminalTab } from './TerminalTab.tsx';
import { TimelineTab } from './TimelineTab.tsx';
import { UsageTab } from './UsageTab.tsx';
import { useStory } from './useStory.ts';

const tabs: readonly Tab<AgentTab>[] = [
  { name: 'terminal', word: 'Terminal', icon: 'command' },
  { name: 'timeline', word: 'Timeline', icon: 'status' },
  { name: 'changes', word: 'Changes', icon: 'file' },
  { name: 'usage', word: 'Usage', icon: 'queued' },
];

export function AgentView({ id, tab }: { readonly id: string; readonly tab: AgentTab }) {
  const model = useModel();
  const { known, agents } = model.fleet.value;
  const agent = agents.get(id);
  if (!known) return <Loading what="Loading the agent…" />;
  if (agent === undefined)
    return (
      <>
        <h1 tabindex={-1}>No such agent</h1>
        <p>
          It is gone, or it never was. <a href="/">Back to the fleet</a>.
        </p>
      </>
    );
  return <Shown agent={agent} tab={tab} />;
}

function Shown({ agent, tab }: { readonly agent: HubAgent; readonly tab: AgentTab }) {
  const model = useModel();
  const story = useStory(agent);
  const ended = isEnded(agent);
  return (
    <div class="agent-page">
      <div class="agent-head">
        <a href="/" class="back" aria-label="Back to the fleet">
          <Icon name="back" />
        </a>
        <h1 tabindex={-1}>{agent.name}</h1>
        <AgentBadge agent={agent} />
        <span class="muted">
          <Lasting since={agent.status_since} />
        </span>
        <Acts agent={agent} ended={ended} />
      </div>
      {agent.title !== '' && agent.title !== agent.name && <p class="agent-task">{agent.title}</p>}
      <Facts agent={agent} />
      <div class="agent-columns">
        <Tabs label={`About ${agent.name}`} tabs={tabs} chosen={tab} onChoose={(chosen) => model.navigation.replace({ view: 'agent', id: agent.id, tab: chosen })}>
          {tab === 'terminal' && <TerminalTab agent={agent} />}
          {tab === 'timeline' && <TimelineTab agent={agent} story={story} />}
          {tab === 'changes' && <ChangesTab agent={agent} />}
          {tab === 'usage' && <UsageTab story={story} />}
        </Tabs>
        <aside class="agent-side" aria-label={`What ${agent.name} waits for, and prompts`}>
          {agent.asks.map((ask) => (
            <AskCard key={ask.id} agent={agent} ask={ask} alone />
          ))}
          {!ended && <PromptBox agent={agent} />}
        </aside>
      </div>
    </div>
  );
}

function Facts({ agent }: { readonly agent: HubAgent }) {
  return (
    <ul class="agent-facts-line muted" aria-label="Facts">
      <li>
        <Icon name="command" />
        {agent.provider_id}
      </li>
      <li>
        <Icon name="runners" />
        {agent.runner_name}
        {!agent.connected && ' (not connected)'}
      </li>
      {agent.runtime_id !== undefined && <li>in {agent.runtime_id}</li>}
      {agent.branch !== undefined && (
        <li>
          <Icon name="branch" />
          <span class="mono">{agent.branch}</span>
        </li>
      )}
      {agent.workspace !== undefined && (
        <li class="mono agent-folder" title={agent.workspace}>
          {agent.workspace}
        </li>
      )}
    </ul>
  );
}

function Acts({ agent, ended }: { readonly agent: HubAgent; readonly ended: boolean }) {
  const model = useModel();
  const interrupting = useAct();
  const ending = useAct();
  const [asking, setAsking] = useState(false);
  if (ended || !model.mayAct) return null;
  const interrupt = async (): Promise<void> => {
    await model.api.interrupt(agent.id);
    model.say(`${agent.name} is interrupted.`);
  };
  const end = async (): Promise<void> => {
    await model.api.kill(agent.id);
    setAsking(false);
    model.say(`${agent.name} is ended.`);
  };
  return (
    <div class="row head-end">
      <ActButton act={interrupting} small icon="paused" onAct={interrupt} disabled={!agent.connected} title="Its turn ends, it stays">
        Interrupt
      </ActButton>
      <button type="button" class="small danger" onClick={() => setAsking(true)} disabled={!agent.connected}>
        <Icon name="stop" />
        End
      </button>
      <FaultNote fault={interrupting.fault} />
      {asking && (
        <Dialog title={`End ${agent.name}?`} onClose={() => setAsking(false)}>
          <p>It and everything that it started are ended. What it has written stays.</p>
          <FaultNote fault={ending.fault} />
          <div class="row end">
            <button type="button" onClick={() => setAsking(false)}>
              Cancel
            </button>
            <ActButton act={ending} kind="danger" icon="stop" onAct={end}>
              End it
            </ActButton>
          </div>
        </Dialog>
      )}
    </div>
  );
}
