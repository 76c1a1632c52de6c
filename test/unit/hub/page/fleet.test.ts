// The fleet as the live socket tells it: what each frame changes, how agents are grouped, what waits for a person.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { HubAgent, type HubTask } from '../../../../src/protocol/hubWire/hubRest.ts';
import type { LiveFrame } from '../../../../src/protocol/hubWire/liveFrames.ts';
import { emptyFleet, groupAgents, inboxOf, reduceFleet } from '../../../../src/hub/page/state/fleet.ts';
import { aboutLine, answerWay, askHeading, groupOf, matches, stateWord } from '../../../../src/hub/page/words/agentWords.ts';

function agent(id: string, changes: Partial<HubAgent> = {}): HubAgent {
  return HubAgent.parse({ id, session_id: id, name: id, provider_id: 'demo', title: 'a task', state: 'RUNNING', status: { state: 'working' }, status_since: 1, created_at: 1, last_seq: 0, runner_id: 'r1', runner_name: 'forge', connected: true, user_id: 'u1', stored_seq: 0, ...changes });
}

const runner = { id: 'r1', name: 'forge', hostname: 'forge', graph_runner_id: 'runner_1', capabilities: [], max_concurrent_agents: 3, current_agent_count: 1, status: 'online' as const, last_heartbeat: null, client_version: null, created_at: '', updated_at: '' };
const task: HubTask = { id: 't1', title: 'A task', prompt: 'Do it', project_id: null, agent_type: null, required_capabilities: [], preferred_runner_id: null, state: 'queued', attempts: 0, max_attempts: 3, runner_id: null, runner_name: null, agent_id: null, progress: null, activity: null, reason: null, result: null, created_by: 'ada', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' };
const snapshot: LiveFrame = { type: 'fleet', agents: [agent('a'), agent('b')], runners: [runner], tasks: [task] };

describe('the fleet of the page', () => {
  it('is known with the snapshot, then follows the changes', () => {
    assert.equal(emptyFleet.known, false);
    const fleet = reduceFleet(emptyFleet, [snapshot, { type: 'agent', agent: agent('c') }, { type: 'agent_gone', session_id: 'a' }, { type: 'runner', runner: { ...runner, id: 'r2' } }, { type: 'runner_gone', runner_id: 'r1' }, { type: 'task', task: { ...task, state: 'running' } }]);
    assert.equal(fleet.known, true);
    assert.deepEqual([...fleet.agents.keys()], ['b', 'c']);
    assert.deepEqual([...fleet.runners.keys()], ['r2']);
    assert.equal(fleet.tasks.get('t1')?.state, 'running');
  });

  it('forgets what a new snapshot does not tell', () => {
    const fleet = reduceFleet(reduceFleet(emptyFleet, [snapshot]), [{ type: 'fleet', agents: [agent('z')], runners: [], tasks: [] }]);
    assert.deepEqual([...fleet.agents.keys(), ...fleet.runners.keys(), ...fleet.tasks.keys()], ['z']);
  });

  it('stays the very same for frames that are not about it, and keeps the maps that did not change', () => {
    const fleet = reduceFleet(emptyFleet, [snapshot]);
    assert.equal(reduceFleet(fleet, [{ type: 'pong' }, { type: 'caught_up', session_id: 'a', seq: 3 }, { type: 'agent_gone', session_id: 'nobody' }]), fleet);
    const next = reduceFleet(fleet, [{ type: 'agent', agent: agent('a', { name: 'other' }) }]);
    assert.equal(next.runners, fleet.runners);
    assert.equal(fleet.agents.get('a')?.name, 'a');
  });

  it('takes a thousand changes of a thousand agents at once without a noticeable wait', () => {
    const agents = Array.from({ length: 1000 }, (_, index) => agent(`agent-${index}`));
    const fleet = reduceFleet(emptyFleet, [{ type: 'fleet', agents, runners: [], tasks: [] }]);
    const started = performance.now();
    const next = reduceFleet(fleet, agents.map((one): LiveFrame => ({ type: 'agent', agent: { ...one, status: { state: 'idle' } } })));
    assert.equal(groupAgents(next.agents.values()).get('rest')?.length, 1000);
    assert.ok(performance.now() - started < 500);
  });
});

describe('agents in groups', () => {
  const ask = { id: 'x', kind: 'permission' as const, text: 'Run it?', since: 5, answerable: true };
  const cases: readonly (readonly [string, HubAgent, string])[] = [
    ['waiting', agent('w', { asks: [ask] }), 'Waiting'],
    ['waiting', agent('w', { status: { state: 'waiting', kind: 'question', text: 'Which?' } }), 'Waiting'],
    ['failed', agent('f', { status: { state: 'error', message: 'overloaded' } }), 'Turn failed'],
    ['working', agent('r'), 'Working'],
    ['working', agent('s', { state: 'STARTING_PROVIDER', status: { state: 'starting' } }), 'Starting'],
    ['working', agent('t', { state: 'STOPPING', status: { state: 'idle' } }), 'Stopping'],
    ['paused', agent('p', { state: 'PAUSED_BY_HUMAN' }), 'Paused'],
    ['rest', agent('i', { status: { state: 'idle' } }), 'At rest'],
    ['away', agent('u', { status: { state: 'unknown', reason: 'lost' } }), 'Out of reach'],
    ['away', agent('d', { connected: false, asks: [ask] }), 'Out of reach'],
    ['ended', agent('c', { state: 'COMPLETED', status: { state: 'exited', exitCode: 0 } }), 'Completed'],
    ['ended', agent('e', { state: 'FAILED', status: { state: 'exited', exitCode: 1 }, connected: false }), 'Failed'],
  ];
  for (const [group, one, word] of cases) it(`puts ${word} (${one.id}) into ${group}`, () => assert.deepEqual([groupOf(one), stateWord(one)], [group, word]));

  it('begins with who has waited longest, and with what changed last elsewhere', () => {
    const groups = groupAgents([agent('w2', { asks: [ask], status_since: 20 }), agent('w1', { asks: [ask], status_since: 10 }), agent('r1', { status_since: 10 }), agent('r2', { status_since: 20 })]);
    assert.deepEqual(groups.get('waiting')?.map(({ id }) => id), ['w1', 'w2']);
    assert.deepEqual(groups.get('working')?.map(({ id }) => id), ['r2', 'r1']);
  });

  it('lists every request in the inbox, the oldest first, but not those of a runner that is away', () => {
    const items = inboxOf([agent('b', { asks: [{ ...ask, since: 9 }] }), agent('a', { asks: [ask, { ...ask, id: 'y', since: 7 }] }), agent('gone', { asks: [ask], connected: false })]);
    assert.deepEqual(items.map(({ agent: { id }, ask: { since } }) => [id, since]), [['a', 5], ['a', 7], ['b', 9]]);
  });

  it('says what it is about in one line, of whatever was written', () => {
    assert.equal(aboutLine(agent('a', { asks: [{ ...ask, text: '\n\n  First line\nsecond' }] })), 'First line');
    assert.equal(aboutLine(agent('a', { status: { state: 'error', message: 'No\u001b[31m way' } })), 'No [31m way');
    assert.equal(aboutLine(agent('a')), 'a task');
    assert.match(aboutLine(agent('a', { connected: false })), /forge is not connected/);
  });

  it('offers what can be answered from afar, and the terminal for the rest', () => {
    assert.equal(answerWay(ask), 'decision');
    assert.equal(answerWay({ ...ask, kind: 'question' }), 'words');
    assert.equal(answerWay({ ...ask, kind: 'trust' }), 'decision');
    assert.equal(answerWay({ ...ask, kind: 'login' }), 'terminal');
    assert.equal(answerWay({ ...ask, answerable: false }), 'terminal');
    assert.equal(askHeading({ ...ask, command: 'ls' }), 'Wants to run a command');
    assert.equal(askHeading({ ...ask, path: '/x' }), 'Wants to touch a file');
  });

  it('is found by every word that was typed, wherever it stands', () => {
    const one = agent('fix-login', { title: 'Repair the sign-in', branch: 'agents/login' });
    for (const typed of ['', 'LOGIN', 'repair forge', 'working demo']) assert.equal(matches(one, typed), true, typed);
    assert.equal(matches(one, 'repair attic'), false);
  });
});
