// The first view: what waits for a person, the agents by state, the runners.
import { useState } from 'preact/hooks';
import { Icon } from '../kit/Icon.tsx';
import { Empty, Loading } from '../kit/Notes.tsx';
import { useModel } from '../model.ts';
import { groupAgents } from '../state/fleet.ts';
import { agentGroups, groupHeadings, matches, type AgentGroup } from '../words/agentWords.ts';
import { plural } from '../words/timeWords.ts';
import { taskGroupOf } from '../words/taskWords.ts';
import { freeSlots, healthOf } from '../words/runnerWords.ts';
import { AgentList } from './AgentList.tsx';
import { AskCard } from './AskCard.tsx';
import { RunnerStrip } from './RunnerStrip.tsx';

/** Requests that are drawn at once. */
const ASKS = 20;

export function FleetView() {
  const model = useModel();
  const { known, agents, runners } = model.fleet.value;
  if (!known) return <Loading what="Loading the fleet…" />;
  return (
    <>
      <div class="head">
        <h1 tabindex={-1}>Fleet</h1>
        <Numbers />
        {model.mayAct && (
          <a href="/tasks/new" role="button" class="primary head-end">
            <Icon name="plus" />
            New task
          </a>
        )}
      </div>
      <div class="fleet-columns">
        <div>
          <Inbox />
          {agents.size === 0 ? (
            <section aria-label="Agents">
              <Empty icon="fleet" title="No agents yet">
                {runners.size === 0 ? <p>Connect a runner first: its agents are listed here as soon as it is there.</p> : <p>Agents that your runners start are listed here. Give them a task to begin.</p>}
              </Empty>
            </section>
          ) : (
            <Agents />
          )}
        </div>
        <RunnerStrip />
      </div>
    </>
  );
}

function Numbers() {
  const model = useModel();
  const { runners, tasks } = model.fleet.value;
  const now = model.now.value;
  const online = [...runners.values()].filter((runner) => healthOf(runner, now) !== 'offline');
  const free = online.reduce((sum, runner) => sum + freeSlots(runner), 0);
  const queued = [...tasks.values()].filter((task) => taskGroupOf(task) === 'queued').length;
  return (
    <p class="muted numbers">
      {online.length} of {plural(runners.size, 'runner')} online · {plural(free, 'free slot')} · {queued === 0 ? 'no task' : plural(queued, 'task')} queued
    </p>
  );
}

function Inbox() {
  const model = useModel();
  const items = model.inbox.value;
  const [shown, setShown] = useState(ASKS);
  return (
    <section aria-labelledby="inbox-head" class="inbox">
      <h2 id="inbox-head">
        Needs attention
        {items.length > 0 && <span class="count">{items.length}</span>}
      </h2>
      {items.length === 0 ? (
        <p class="all-clear">
          <Icon name="check" />
          Nothing waits for you.
        </p>
      ) : (
        <div class="asks">
          {items.slice(0, shown).map(({ agent, ask }) => (
            <AskCard key={`${agent.id}/${ask.id}`} agent={agent} ask={ask} />
          ))}
        </div>
      )}
      {items.length > shown && (
        <button type="button" onClick={() => setShown(shown + ASKS)}>
          Show more ({items.length - shown})
        </button>
      )}
    </section>
  );
}

function Agents() {
  const model = useModel();
  const { agents } = model.fleet.value;
  const typed = model.filter.value;
  const groups = groupAgents([...agents.values()].filter((agent) => matches(agent, typed)));
  const found = [...groups.values()].reduce((sum, list) => sum + list.length, 0);
  // Who waits is above with what it asks, and who has ended is of less interest: those stay closed until they are wished.
  const [open, setOpen] = useState<ReadonlySet<AgentGroup>>(new Set(agentGroups.filter((group) => group !== 'ended' && (group !== 'waiting' || groups.get(group)?.some(({ asks }) => asks.length === 0)))));
  const toggle = (group: AgentGroup, now: boolean): void => {
    if (open.has(group) === now) return;
    const next = new Set(open);
    if (now) next.add(group);
    else next.delete(group);
    setOpen(next);
  };
  return (
    <section aria-labelledby="agents-head">
      <div class="head">
        <h2 id="agents-head">Agents</h2>
        <label class="filter">
          <Icon name="search" />
          <span class="said">Search the agents</span>
          <input id="agent-filter" type="search" placeholder="Search" value={typed} onInput={(event) => (model.filter.value = event.currentTarget.value)} />
        </label>
      </div>
      <p class="said" role="status">
        {typed === '' ? '' : `${plural(found, 'agent')} found`}
      </p>
      {found === 0 && <p class="muted">No agent matches “{typed}”.</p>}
      {agentGroups.map((group) => {
        const list = groups.get(group) ?? [];
        return list.length === 0 ? null : (
          <details key={group} class="group" data-group={group} open={open.has(group) || typed !== ''} onToggle={(event) => typed === '' && toggle(group, event.currentTarget.open)}>
            <summary>
              <h3>{groupHeadings[group]}</h3>
              <span class="count-plain">{list.length}</span>
            </summary>
            {(open.has(group) || typed !== '') && <AgentList agents={list} label={groupHeadings[group]} />}
          </details>
        );
      })}
    </section>
  );
}
