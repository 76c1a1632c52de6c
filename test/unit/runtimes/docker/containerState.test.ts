// What a listing of containers says of agents, and what it does not guess.
import assert from 'node:assert/strict';
import type { AgentState } from '../../../../src/runtimes/types.ts';
import { agentState, parseContainers, type AgentContainer, type PaneView } from '../../../../src/runtimes/docker/containerState.ts';

const labels = {
  'tmux-agents': 'true',
  'tmux-agents.agent-id': 'agent-1',
  'tmux-agents.session-name': 'agent',
  'tmux-agents.ai-provider': 'claude',
  'tmux-agents.created-at': '2026-11-20T10:00:00.000Z',
};
const entry = { Id: 'c1', State: 'running', Status: 'Up 2 seconds', Created: 1_000, Labels: labels };

function container(state: string, status = ''): AgentContainer {
  const [parsed] = parseContainers([{ ...entry, State: state, Status: status }], assert.fail);
  assert.ok(parsed);
  return parsed;
}

const { record } = container('running');
const longAfter = { nowMs: 10_000_000, launching: false };
const soonAfter = { nowMs: 1_000_500, launching: false };

function state(state: string, status: string, view?: PaneView, when = longAfter): AgentState {
  return agentState(container(state, status), view, when);
}

describe('a listing of containers', () => {
  it("takes the record from the five labels alone that every agent's container has", () => {
    assert.deepEqual(record, {
      v: 1,
      agentId: 'agent-1',
      name: 'agent-1',
      aiProvider: 'claude',
      taskTitle: '',
      workingDirectory: '',
      sessionName: 'agent',
      runtimeId: '',
      owner: '',
      createdAt: '2026-11-20T10:00:00.000Z',
    });
  });

  it('skips a container with broken labels, and says which and why', () => {
    const faults: string[] = [];
    const broken = { ...entry, Id: 'c2', Labels: { ...labels, 'tmux-agents.agent-id': 'a b', 'tmux-agents.created-at': 'yesterday' } };
    const found = parseContainers([broken, entry, { Id: 'c3', State: 'running', Created: 1, Labels: null }, 'nonsense'], (id, fault) => faults.push(`${id}: ${fault}`));
    assert.deepEqual(found.map(({ id }) => id), ['c1']);
    assert.equal(faults.length, 3);
    assert.match(faults[0] ?? '', /^c2: .*agent-id.*created-at/);
  });
});

describe("an agent's state", () => {
  it('is what its pane says while the container runs', () => {
    assert.deepEqual(state('running', 'Up', { found: true, record, state: { status: 'exited', exitCode: 3 } }), { status: 'exited', exitCode: 3 });
  });

  it('is unknown while its tmux cannot be reached', () => {
    assert.deepEqual(state('running', 'Up', { found: 'unknown', reason: 'no answer' }), { status: 'unknown', reason: 'no answer' });
  });

  it('is starting while the session may still come, and exited when it did not', () => {
    assert.deepEqual(state('running', 'Up', { found: false }, soonAfter), { status: 'starting' });
    assert.deepEqual(state('running', 'Up', { found: false }, { ...longAfter, launching: true }), { status: 'starting' });
    assert.deepEqual(state('running', 'Up', { found: false }), { status: 'exited', exitCode: null, reason: 'its tmux session is gone' });
  });

  it("is exited with the container's code once that stopped", () => {
    assert.deepEqual(state('exited', 'Exited (137) 3 minutes ago'), { status: 'exited', exitCode: 137, reason: 'container stopped' });
    assert.deepEqual(state('dead', 'Dead'), { status: 'exited', exitCode: null, reason: 'container stopped' });
  });

  it('is unknown in a paused container', () => {
    assert.deepEqual(state('paused', 'Up 2 minutes (Paused)'), { status: 'unknown', reason: 'container paused' });
  });

  it('is starting in a container just made, failed in one that was never started', () => {
    assert.deepEqual(state('created', 'Created', undefined, soonAfter), { status: 'starting' });
    assert.deepEqual(state('created', 'Created'), { status: 'failed', reason: 'the container was never started' });
  });

  it('is unknown in a state that no engine had when this was written', () => {
    assert.deepEqual(state('hibernating', ''), { status: 'unknown', reason: 'container hibernating' });
  });
});
