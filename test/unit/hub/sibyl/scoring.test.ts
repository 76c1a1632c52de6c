// Which runner takes a task.
import assert from 'node:assert/strict';
import { choose, scoreAll, type Candidate, type Wish } from '../../../../src/hub/sibyl/scoring.ts';

const NOW = 1_000_000;
const runner = (id: string, more: Partial<Candidate> = {}): Candidate => ({ id, name: id, status: 'online', capabilities: [], maxAgents: 4, agents: 0, lastHeartbeat: NOW, lastAssignedAt: null, projects: new Set(), ...more });
const wish = (more: Partial<Wish> = {}): Wish => ({ requiredCapabilities: [], ...more });
const scored = (candidates: readonly Candidate[], wanted: Wish = wish()) => scoreAll(candidates, wanted, NOW, 60_000);
const best = (candidates: readonly Candidate[], wanted?: Wish): string | undefined => choose(scored(candidates, wanted)).best?.score.runner_id;

describe('scoring', () => {
  it('gives the points of the book', () => {
    const [one] = scored([runner('a', { projects: new Set(['p']), capabilities: ['gpu', 'docker'], agents: 1 })], wish({ projectId: 'p', preferredRunnerId: 'a', requiredCapabilities: ['gpu'] }));
    assert.deepEqual(one?.score, { runner_id: 'a', runner_name: 'a', total_score: 120, affinity_score: 75, capability_score: 30, load_score: 15, health_penalty: 0, available_slots: 3, has_warm_worktree: true, missing_capabilities: [] });
  });

  it('prefers a warm worktree to a free runner', () => {
    assert.equal(best([runner('free'), runner('warm', { agents: 3, projects: new Set(['p']) })], wish({ projectId: 'p' })), 'warm');
  });

  for (const [what, more] of [['full', { agents: 4 }], ['stale', { lastHeartbeat: NOW - 60_001 }], ['never heard of', { lastHeartbeat: null }], ['offline', { status: 'offline' }], ['draining', { status: 'draining' }]] as const) {
    it(`never takes one that is ${what}, whatever its other points`, () => {
      const all = scored([runner('a', { projects: new Set(['p']), capabilities: ['gpu'], ...more })], wish({ projectId: 'p', preferredRunnerId: 'a', requiredCapabilities: ['gpu'] }));
      assert.equal(all[0]?.viable, false);
      assert.match(choose(all).reason, /No runner can take it/);
    });
  }

  it('never takes one that lacks something, is excluded, or refused it', () => {
    assert.equal(best([runner('a', { capabilities: ['x'] })], wish({ requiredCapabilities: ['x', 'y'] })), undefined);
    assert.equal(best([runner('a'), runner('b')], wish({ excludeRunners: ['a'] })), 'b');
    assert.equal(best([runner('a'), runner('b')], wish({ refusals: { b: 'unknown project' } })), 'a');
  });

  it('breaks ties by free slots, then by who was assigned last', () => {
    assert.equal(best([runner('small', { maxAgents: 2 }), runner('large', { maxAgents: 8 })]), 'large');
    assert.equal(best([runner('a', { lastAssignedAt: 5 }), runner('b', { lastAssignedAt: 3 })]), 'b');
    assert.equal(best([runner('a', { lastAssignedAt: 5 }), runner('b')]), 'b');
  });

  it('takes a busy one that still has a slot', () => {
    assert.equal(best([runner('a', { status: 'busy', agents: 3 })]), 'a');
  });
});
