// The tree as data: what is grouped how, what a newcomer sees, and what is drawn anew when something changes.
import assert from 'node:assert/strict';
import { AgentsError } from '../../../src/base/errors.ts';
import { buildTree, changedNodes, type FleetSnapshot, type GroupBy, type TreeNode } from '../../../src/extension/tree/model.ts';
import { shownState, spokenState } from '../../../src/extension/tree/shownState.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';
import { exampleStatus } from '../../support/exampleApproval.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const runtimes = [{ runtimeId: 'local', type: 'local' }, { runtimeId: 'docker', type: 'docker' }];
const dockerDown = new AgentsError('docker-unavailable', 'Docker daemon is not reachable.', { hint: 'Start Docker.' });

const fleet: FleetSnapshot = {
  runtimes,
  agents: [
    exampleAgent({ agentId: 'old', name: 'claude-1', aiProvider: 'claude', task: 'Fix the tests', createdAt: '2026-01-01T09:00:00Z', workingDirectory: '/home/ada/tea' }),
    exampleAgent({ agentId: 'new', name: 'demo-1', aiProvider: 'demo', createdAt: '2026-01-01T11:57:00Z', workingDirectory: '/home/ada/coffee' }),
    exampleAgent({ agentId: 'ended', name: 'codex-1', aiProvider: 'codex', runtimeId: 'docker', runtimeType: 'docker', createdAt: '2026-01-01T11:59:50Z', workingDirectory: '/home/ada/tea', status: 'exited', exitCode: 3 }),
  ],
};

/** The tree as indented lines. */
function lines(nodes: readonly TreeNode[], indent = ''): string[] {
  return nodes.flatMap((node) => {
    switch (node.kind) {
      case 'group':
        return [`${indent}${node.label} (${node.description})`, ...lines(node.children, `${indent}  `)];
      case 'agent':
        return [`${indent}${node.agent.name}: ${node.description}`];
      case 'problem':
        return [`${indent}! ${node.label}`];
    }
  });
}

const drawn = (snapshot: FleetSnapshot, by: GroupBy): string[] => lines(buildTree(snapshot, by, now));

describe('the tree of agents', () => {
  it('groups by runtime, the newest agent first', () => {
    assert.deepEqual(drawn(fleet, 'runtime'), [
      'This machine (2 running)',
      '  demo-1: 3m',
      '  claude-1: 3h · Fix the tests',
      'Docker (1 ended)',
      '  codex-1: exit 3 · now',
    ]);
  });

  it('names the provider where the agent\'s name does not', () => {
    const agents = ['claude', 'claude-12', 'claude-x', 'tidy up'].map((name) => exampleAgent({ agentId: name, name, aiProvider: 'claude', createdAt: '2026-01-01T11:59:59Z' }));
    assert.deepEqual(drawn({ agents, runtimes: [] }, 'runtime').slice(1), ['  claude: now', '  claude-12: now', '  claude-x: claude · now', '  tidy up: claude · now']);
  });

  it('groups by status, the running first, and says where each one is', () => {
    assert.deepEqual(drawn(fleet, 'status'), [
      'Running (2)',
      '  demo-1: This machine · 3m',
      '  claude-1: This machine · 3h · Fix the tests',
      'Exited (1)',
      '  codex-1: exit 3 · Docker · now',
    ]);
  });

  it('groups by folder, in the order of the folders\' names', () => {
    assert.deepEqual(drawn(fleet, 'folder'), [
      'coffee (1 running)',
      '  demo-1: This machine · 3m',
      'tea (1 running, 1 ended)',
      '  codex-1: exit 3 · Docker · now',
      '  claude-1: This machine · 3h · Fix the tests',
    ]);
  });

  it('says on the runtime\'s own node why it cannot be used, and keeps its agents', () => {
    const troubled = { ...fleet, runtimes: [runtimes[0], { runtimeId: 'docker', type: 'docker', error: dockerDown }].filter((runtime) => runtime !== undefined) };
    assert.deepEqual(drawn(troubled, 'runtime').slice(3), ['Docker (unavailable)', '  ! Docker daemon is not reachable.', '  codex-1: exit 3 · now']);
    assert.deepEqual(drawn(troubled, 'status').at(-1), '! Docker: Docker daemon is not reachable.');
  });

  it('counts an agent that cannot be reached as neither running nor ended', () => {
    const lost = exampleAgent({ agentId: 'lost', status: 'unknown', reason: 'no answer' });
    assert.equal(drawn({ ...fleet, agents: [...fleet.agents, lost] }, 'runtime')[0], 'This machine (2 running, 1 unreachable)');
  });

  it('is empty for a newcomer, so that the welcome shows, Docker or not', () => {
    assert.deepEqual(drawn({ agents: [], runtimes }, 'runtime'), []);
    assert.deepEqual(drawn({ agents: [], runtimes: [{ runtimeId: 'docker', type: 'docker', error: dockerDown }] }, 'runtime'), []);
  });

  it('shows a trouble that no welcome explains, even without agents', () => {
    const hanging = new AgentsError('timeout', 'Timed out waiting for big-box.');
    assert.deepEqual(drawn({ agents: [], runtimes: [{ runtimeId: 'big-box', type: 'docker', error: hanging }] }, 'runtime'), ['big-box (unavailable)', '  ! Timed out waiting for big-box.']);
  });

  it('finds agents under the runtime that reaches them, whoever made them', () => {
    const agent = exampleAgent({ agentId: 'a', runtimeId: 'elsewhere', handle: { runtimeType: 'docker', runtimeId: 'docker', agentId: 'a', data: {} } });
    assert.deepEqual(drawn({ agents: [agent], runtimes }, 'runtime').slice(0, 2), ['This machine (no agents)', 'Docker (1 running)']);
  });
});

describe('what agents are doing, in the tree', () => {
  const statuses = new Map([
    ['local/old', exampleStatus({ state: 'waiting', kind: 'permission', text: 'run it?' }, { request: { id: 'r', tool: 'Bash', command: 'rm -rf\nbuild' } })],
    ['local/new', exampleStatus({ state: 'working' }, { since: now })],
    ['local/asks', exampleStatus({ state: 'waiting', kind: 'question', text: 'Which colour?' }, { since: now - 300_000 })],
    ['local/idle', exampleStatus({ state: 'idle' })],
    ['local/broken', exampleStatus({ state: 'error', message: 'API Error: 500' })],
    ['docker/ended', exampleStatus({ state: 'exited', exitCode: 3 })],
  ]);
  const more = ['asks', 'idle', 'broken', 'dark'].map((agentId) => exampleAgent({ agentId, name: agentId, aiProvider: agentId, createdAt: '2026-01-01T08:00:00Z' }));
  const busy: FleetSnapshot = { runtimes, agents: [...fleet.agents, ...more], statuses };

  it('leads with those that wait, the longest first, and says what each one wants', () => {
    assert.deepEqual(drawn(busy, 'runtime'), [
      'This machine (2 waiting, 1 with an error, 1 idle, 1 working, 1 running)',
      '  asks: asks: Which colour? · 5m',
      '  claude-1: waits: Bash rm -rf build · 2m · Fix the tests',
      '  demo-1: working · now',
      '  broken: error: API Error: 500 · 2m',
      '  dark: 4h',
      '  idle: idle · 2m',
      'Docker (1 ended)',
      '  codex-1: exit 3 · 2m',
    ]);
  });

  it('groups by these states, in the order in which a person has to care', () => {
    assert.deepEqual(drawn(busy, 'status').filter((line) => !line.startsWith(' ')), ['Waiting for You (2)', 'Error (1)', 'Idle (1)', 'Working (1)', 'Running (1)', 'Exited (1)']);
    assert.ok(drawn(busy, 'status').includes('  demo-1: now · This machine'));
  });

  it('believes the process before the status: an end is an end', () => {
    const ended = exampleAgent({ agentId: 'old', status: 'exited', exitCode: 0 });
    assert.deepEqual(shownState(ended, statuses.get('local/old')), { state: 'exited', text: 'done', inOrder: true });
    assert.equal(shownState(exampleAgent({ status: 'unknown', reason: 'no answer' }), statuses.get('local/idle')).state, 'unreachable');
    assert.equal(shownState(exampleAgent({ status: 'failed', reason: 'not found' }), statuses.get('local/idle')).text, 'not found');
  });

  it('says to a screen reader that an agent waits, and what for', () => {
    assert.equal(spokenState(shownState(exampleAgent(), statuses.get('local/old'))), 'waits for your permission: Bash rm -rf build');
    assert.equal(spokenState(shownState(exampleAgent(), undefined)), 'running');
  });

  it('says how many prompts wait for an agent', () => {
    assert.ok(drawn({ ...busy, queued: new Map([['local/new', 2]]) }, 'runtime').includes('  demo-1: working · now · 2 queued'));
  });

  it('draws one row anew when one agent goes from working to idle', () => {
    const before = buildTree(busy, 'folder', now);
    const after = buildTree({ ...busy, statuses: new Map([...statuses, ['local/new', exampleStatus({ state: 'idle' }, { since: now })]]) }, 'folder', now);
    assert.deepEqual(changedNodes(before, after), ['folder:/home/ada/coffee']);
  });
});

describe('what is drawn anew', () => {
  const before = buildTree(fleet, 'runtime', now);
  const withFirst = (change: Parameters<typeof exampleAgent>[0]): FleetSnapshot => ({ ...fleet, agents: fleet.agents.map((agent, index) => (index === 0 ? exampleAgent({ ...agent, ...change }) : agent)) });

  it('is nothing when nothing changed', () => {
    assert.deepEqual(changedNodes(before, buildTree(fleet, 'runtime', now)), []);
  });

  it('is one row when one agent got a new name', () => {
    assert.deepEqual(changedNodes(before, buildTree(withFirst({ name: 'renamed' }), 'runtime', now)), ['local/old']);
  });

  it('is the group when an agent came, went or ended', () => {
    assert.deepEqual(changedNodes(before, buildTree({ ...fleet, agents: fleet.agents.slice(1) }, 'runtime', now)), ['runtime:local']);
    assert.deepEqual(changedNodes(before, buildTree(withFirst({ status: 'exited', exitCode: 0 }), 'runtime', now)), ['runtime:local']);
  });

  it('is only the rows whose age shows differently', () => {
    assert.deepEqual(changedNodes(before, buildTree(fleet, 'runtime', now + 60_000)), ['local/new', 'docker/ended']);
  });

  it('is everything when a group came or went', () => {
    assert.equal(changedNodes(before, buildTree(fleet, 'status', now)), 'all');
    assert.equal(changedNodes([], before), 'all');
  });
});
