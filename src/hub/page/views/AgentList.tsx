// Agents as rows. A thousand of them stay smooth: rows are drawn only when their agent changes, and the first ones only until more are wished.
import { useState } from 'preact/hooks';
import type { HubAgent } from '../../../protocol/hubWire/hubRest.ts';
import { AgentBadge } from '../kit/Badge.tsx';
import { Icon } from '../kit/Icon.tsx';
import { memo } from '../kit/memo.ts';
import { Lasting } from '../kit/Times.tsx';
import { pathOf } from '../routes.ts';
import { aboutLine } from '../words/agentWords.ts';
import { plural } from '../words/timeWords.ts';

const ROWS = 50;

export function AgentList({ agents, label }: { readonly agents: readonly HubAgent[]; readonly label: string }) {
  const [shown, setShown] = useState(ROWS);
  return (
    <>
      <ul class="agents" aria-label={label}>
        {agents.slice(0, shown).map((agent) => (
          <AgentRow key={agent.id} agent={agent} />
        ))}
      </ul>
      {agents.length > shown && (
        <button type="button" class="small" onClick={() => setShown(shown + 4 * ROWS)}>
          Show more ({agents.length - shown})
        </button>
      )}
    </>
  );
}

const AgentRow = memo(function AgentRow({ agent }: { readonly agent: HubAgent }) {
  return (
    <li>
      <a class="agent" href={pathOf({ view: 'agent', id: agent.id, tab: 'terminal' })} data-step data-agent={agent.id}>
        <AgentBadge agent={agent} />
        <span class="agent-main">
          <strong>{agent.name}</strong>
          <span class="agent-about">{aboutLine(agent)}</span>
        </span>
        <span class="agent-facts muted">
          <span>{agent.provider_id}</span>
          <span class="agent-runner">
            <Icon name="runners" />
            {agent.runner_name}
          </span>
          {agent.queued_prompts > 0 && (
            <span title={`${plural(agent.queued_prompts, 'prompt')} waiting for it`}>
              <Icon name="prompt" />
              {agent.queued_prompts}
            </span>
          )}
          <Lasting since={agent.status_since} />
        </span>
      </a>
    </li>
  );
});
