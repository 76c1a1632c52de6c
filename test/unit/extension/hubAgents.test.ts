import assert from 'node:assert/strict';
import { HubAgents, shownHubAgent } from '../../../src/extension/hubConnection/hubAgents.ts';
import type { HubAgent } from '../../../src/protocol/hubWire/hubRest.ts';

const agent = (id: string, more: Partial<HubAgent> = {}): HubAgent => ({ id, session_id: id, name: id, provider_id: 'p', title: '', state: 'RUNNING', status: { state: 'working' }, status_since: 5, asks: [], queued_prompts: 0, created_at: 1, last_seq: 0, terminal: false, runner_id: 'r', runner_name: 'far', connected: true, user_id: 'u', stored_seq: 0, ...more });
const ask = { id: 'q', kind: 'permission', text: 'May I\n\u202erun it?', since: 1, answerable: true } as const;

describe("a hub's agents in a window", () => {
  it("leave this machine's out; those that wait come first, those that ended last", () => {
    const agents = new HubAgents((runnerId) => runnerId === 'own');
    agents.take({ type: 'fleet', agents: [agent('ended', { ended_at: 9, created_at: 9 }), agent('away', { connected: false }), agent('old'), agent('new', { created_at: 3 }), agent('asks', { asks: [ask] }), agent('mine', { runner_id: 'own' })], runners: [], tasks: [] });
    assert.deepEqual(agents.list().map(({ id }) => id), ['asks', 'new', 'old', 'away', 'ended']);
  });

  it('change, go, and are forgotten with the connection; each time it is told', () => {
    const agents = new HubAgents(() => false);
    let told = 0;
    agents.onDidChange(() => told++);
    agents.take({ type: 'fleet', agents: [agent('a')], runners: [], tasks: [] });
    agents.take({ type: 'agent', agent: agent('a', { title: 'new' }) });
    agents.take({ type: 'agent', agent: agent('b') });
    agents.take({ type: 'pong' });
    agents.take({ type: 'agent_gone', session_id: 'nobody' });
    assert.deepEqual([agents.find('a')?.title, agents.list().length, told], ['new', 2, 3]);
    agents.take({ type: 'agent_gone', session_id: 'a' });
    agents.clear();
    agents.clear();
    assert.deepEqual([agents.list().length, told], [0, 5]);
  });

  it('are shown as the view shows any agent, in one line without hidden characters', () => {
    assert.deepEqual(shownHubAgent(agent('a', { status: { state: 'waiting', kind: 'permission', text: 'x' }, asks: [ask] })), { state: 'waiting', kind: 'permission', text: 'May I run it?', since: 5 });
    assert.deepEqual(shownHubAgent(agent('a', { connected: false })), { state: 'unreachable', text: 'far is not connected' });
    assert.deepEqual(shownHubAgent(agent('a', { connected: false, ended_at: 7, status: { state: 'exited', exitCode: 2 } })), { state: 'exited', text: 'ended with exit code 2', inOrder: false, since: 5 });
    assert.deepEqual(shownHubAgent(agent('a', { status: { state: 'error', message: 'too\nbad' } })), { state: 'error', text: 'too bad', since: 5 });
  });
});
