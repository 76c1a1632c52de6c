// What one agent did, out of its events: in any order of arrival that the wire allows, and with what was before.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AgentStory } from '../../../../src/hub/page/state/agentStory.ts';
import { Joins } from '../../../../src/hub/page/connection/joins.ts';
import type { RunnerEvent, RunnerEventBody } from '../../../../src/protocol/runnerEvent.ts';

function events(from: number, ...bodies: readonly RunnerEventBody[]): RunnerEvent[] {
  return bodies.map((body, index) => ({ ...body, sessionId: 's', orgId: 'o', ts: 1000 + from + index, seq: from + index }));
}

const write = (path: string): RunnerEventBody => ({ type: 'FILE_TOUCHED', path, reason: 'write' });
const commit = (subject: string): RunnerEventBody => ({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'commit', sha: 'abcdef0123456789', subject, action: 'commit' } });
const chunk: RunnerEventBody = { type: 'TERMINAL_CHUNK', data: 'x', stream: 'stdout' };
const tick = (cpuPercent: number): RunnerEventBody => ({ type: 'USAGE_TICK', providerId: 'demo', intervalMs: 1000, units: { agentSeconds: cpuPercent, terminalKb: 0, filesTouched: 0, commandsRun: 0, approvalsRequested: 0, cpuPercent, memoryBytes: 1000 } });

describe('the story of an agent', () => {
  it('tells its timeline, and leaves out what only machines care for', () => {
    const story = new AgentStory();
    assert.equal(story.take(events(1, commit('One'), chunk, chunk, commit('Two'))), true);
    assert.deepEqual(story.entries.map(({ title }) => title), ['Commit abcdef01: One', 'Commit abcdef01: Two']);
    assert.deepEqual([story.firstSeq, story.lastSeq], [1, 4]);
    assert.equal(story.take(events(5, chunk)), false);
    assert.equal(story.lastSeq, 5);
  });

  it('takes what is told twice once', () => {
    const story = new AgentStory();
    story.take(events(1, commit('One'), commit('Two')));
    assert.equal(story.take(events(1, commit('One'), commit('Two'))), false);
    assert.equal(story.entries.length, 2);
  });

  it('puts what was before in front, as if it had been there from the start', () => {
    const all = events(1, write('a'), write('b'), commit('One'), write('c'), commit('Two'));
    const whole = new AgentStory();
    whole.take(all);
    const late = new AgentStory();
    late.take(all.slice(3));
    late.takeEarlier(all.slice(0, 3));
    assert.deepEqual(late.entries, whole.entries);
    assert.deepEqual([late.firstSeq, late.lastSeq], [1, 5]);
    late.takeEarlier(all.slice(0, 4));
    assert.deepEqual(late.entries, whole.entries);
    late.take(events(6, commit('Three')));
    assert.equal(late.entries.length, whole.entries.length + 1);
  });

  it('knows the latest usage, and how that went', () => {
    const story = new AgentStory();
    story.take(events(1, ...Array.from({ length: 300 }, (_, index) => tick(index))));
    assert.equal(story.usage?.cpuPercent, 299);
    assert.equal(story.loads.length, 240);
    assert.equal(story.loads.at(-1)?.cpuPercent, 299);
    story.take(events(301, { type: 'SESSION_ENDED', finalState: 'COMPLETED', totalDurationMs: 5, totalUsage: { agentSeconds: 77, terminalKb: 0, filesTouched: 0, commandsRun: 0, approvalsRequested: 0 } }));
    assert.equal(story.usage?.agentSeconds, 77);
  });
});

describe('what the page listens to', () => {
  it('goes on where it was, after a lost connection', () => {
    const joins = new Joins();
    joins.joinEvents('a', 10);
    joins.joinTerminal('a');
    assert.deepEqual(joins.renewed(), [{ type: 'watch_fleet' }, { type: 'join', session_id: 'a', after: 10 }, { type: 'terminal_join', session_id: 'a' }]);
    assert.equal(joins.take({ type: 'events', session_id: 'a', events: events(11, chunk, chunk) }), true);
    assert.equal(joins.take({ type: 'terminal', session_id: 'a', seq: 7, data: '' }), true);
    assert.deepEqual(joins.renewed().slice(1), [{ type: 'join', session_id: 'a', after: 12 }, { type: 'terminal_join', session_id: 'a', after: 7 }]);
    joins.leaveEvents('a');
    joins.leaveTerminal('a');
    assert.deepEqual(joins.renewed(), [{ type: 'watch_fleet' }]);
  });

  it('hears nothing twice, and nothing that nobody listens to', () => {
    const joins = new Joins();
    assert.equal(joins.take({ type: 'events', session_id: 'a', events: events(1, chunk) }), false);
    joins.joinEvents('a', 5);
    assert.equal(joins.take({ type: 'events', session_id: 'a', events: events(4, chunk, chunk) }), false);
    assert.equal(joins.take({ type: 'terminal', session_id: 'a', seq: 1, data: 'x' }), false);
    joins.joinTerminal('a');
    assert.equal(joins.take({ type: 'terminal', session_id: 'a', seq: 9, data: 'x' }), true);
    assert.equal(joins.take({ type: 'terminal', session_id: 'a', seq: 9, data: 'x' }), false);
    // A hub that began anew counts from the start: what it draws is drawn.
    assert.equal(joins.take({ type: 'terminal', session_id: 'a', seq: 1, data: 'x', snapshot: true }), true);
    assert.equal(joins.take({ type: 'terminal', session_id: 'a', seq: 2, data: 'y' }), true);
  });
});
