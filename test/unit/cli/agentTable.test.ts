// The table that people read.
import assert from 'node:assert/strict';
import { agentTable } from '../../../src/cli/agentTable.ts';
import type { AgentStatus } from '../../../src/protocol/agentStatus.ts';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

const now = Date.parse('2026-01-01T12:10:00.000Z');

describe('the table of agents', () => {
  it('aligns its columns and leaves out those that are empty', () => {
    const lines = agentTable([exampleAgent({ agentId: 'a', task: 'Fix it' }), exampleAgent({ agentId: 'long-id', runtimeId: 'docker', task: 'Write docs', status: 'exited', exitCode: 3 })], { width: undefined, now });
    assert.deepEqual(lines, [
      'AGENT    STATUS   PROVIDER  RUNTIME  AGE  TASK',
      'a        running  demo      local    10m  Fix it',
      'long-id  exit 3   demo      docker   10m  Write docs',
    ]);
  });

  it('says what running agents are doing, and what they wait for', () => {
    const [one, two, three, four] = [exampleAgent({ agentId: 'a', task: 'Fix it' }), exampleAgent({ agentId: 'b' }), exampleAgent({ agentId: 'c', status: 'exited', exitCode: 3 }), exampleAgent({ agentId: 'd' })];
    const about = { since: 0, source: 'screen' as const, evidence: '' };
    const statuses = new Map<AgentInfo, AgentStatus>([
      [one, { ...about, state: 'waiting', kind: 'permission', text: 'Run it?', request: { id: 'x', command: 'rm -rf build' } }],
      [two, { ...about, state: 'error', message: 'API Error: 500' }],
      [three, { ...about, state: 'working' }],
      [four, { ...about, state: 'unknown', reason: 'No source tells.' }],
    ]);
    assert.deepEqual(agentTable([one, two, three, four], { width: undefined, now, statuses }), [
      'AGENT  STATUS             PROVIDER  RUNTIME  AGE  TASK',
      'a      waits: permission  demo      local    10m  Fix it (rm -rf build)',
      'b      error              demo      local    10m  (API Error: 500)',
      'c      exit 3             demo      local    10m',
      'd      running            demo      local    10m',
    ]);
  });

  it('shows a name that is not the id', () => assert.match(agentTable([exampleAgent({ name: 'Mine' })], { width: undefined, now })[0] ?? '', /^AGENT +NAME/));

  it('says why an agent failed', () => assert.match(agentTable([exampleAgent({ task: 'T', status: 'failed', reason: 'nope: command not found' })], { width: undefined, now })[1] ?? '', /failed.*T \(nope: command not found\)/));

  it('is cut to the terminal, between characters', () => {
    for (const line of agentTable([exampleAgent({ task: '🙂'.repeat(100) })], { width: 60, now })) {
      assert.ok([...line].length <= 60);
      assert.ok(!line.includes('\uFFFD'));
    }
  });

  it('cannot be broken by what agents are called', () => {
    const lines = agentTable([exampleAgent({ name: 'evil\n\u001b[2Jname', task: 'a\tb\u009b31m' })], { width: undefined, now });
    assert.equal(lines.length, 2);
    assert.doesNotMatch(lines.join(''), /[\u0000-\u001f\u007f-\u009f]/);
  });

  it('leaves every column its place beside a name and a task of any length, and does not grow without end in a pipe', () => {
    const agent = exampleAgent({ name: 'n'.repeat(5_000), task: 't'.repeat(5_000), status: 'failed', reason: 'nope: command not found' });
    const [, inTerminal = ''] = agentTable([agent], { width: 80, now });
    assert.match(inTerminal, /^a1 +n{19}… +failed +demo +local +10m +t+…$/);
    assert.equal(inTerminal.length, 80);
    const [, piped = ''] = agentTable([agent], { width: undefined, now });
    assert.match(piped, /^a1 +n{59}… +failed +demo +local +10m +t{29}… \(nope: command not found\)$/);
  });

  it('cannot be turned around by marks of direction', () => {
    const marks = '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f';
    assert.match(agentTable([exampleAgent({ name: `a${marks}b`, task: `c${marks}d` })], { width: undefined, now })[1] ?? '', / ab +running .* cd$/);
  });

  it('stays aligned beside characters of two columns', () => {
    const lines = agentTable([exampleAgent({ name: '日本語' }), exampleAgent({ name: 'abcdef' })], { width: undefined, now });
    assert.deepEqual(lines.slice(1).map((line) => line.replace('日本語', '......').indexOf('running')), [15, 15]);
  });
});
