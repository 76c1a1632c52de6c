// Every row of the village's table of events (protocols/village.md), and what is in none.
import assert from 'node:assert/strict';
import { agentDisconnect, agentSpawn, workStreamEvent } from '../../../../src/hub/village/mapping.ts';
import { RunnerEvent, type RunnerEventBody } from '../../../../src/protocol/runnerEvent.ts';

const agent = { agentId: 'runner_01234567', sessionId: 's' };
const TS = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function mapped(body: RunnerEventBody) {
  const event = RunnerEvent.parse({ sessionId: 's', orgId: 'o', ts: TS, seq: 7, ...body });
  return workStreamEvent(agent, event);
}

const usage = { agentSeconds: 1, terminalKb: 2, filesTouched: 3, commandsRun: 4, approvalsRequested: 5 };
const files = [{ path: 'a', status: 'added' as const, additions: 1, deletions: 0 }];
const approval = { approvalId: 'p', sessionId: 's', category: 'shell' as const, summary: 'rm', risk: 'high' as const, requestedAt: TS };

const rows: readonly (readonly [RunnerEventBody, string, Record<string, unknown>])[] = [
  [{ type: 'SESSION_STARTED', providerId: 'codex', providerVersion: '1.2', workspacePath: '/w', roomPath: 'src' }, 'session_start', { providerId: 'codex', providerVersion: '1.2', workspacePath: '/w', roomPath: 'src' }],
  [{ type: 'SESSION_STATE_CHANGED', previousState: 'CREATED', newState: 'PREPARING_WORKSPACE', reason: 'because' }, 'status_change', { previousState: 'CREATED', newState: 'PREPARING_WORKSPACE', reason: 'because' }],
  [{ type: 'TERMINAL_CHUNK', data: 'hi', stream: 'stderr' }, 'output', { data: 'hi', stream: 'stderr' }],
  [{ type: 'FILE_TOUCHED', path: 'a', roomPath: 'r', reason: 'delete' }, 'file_delete', { path: 'a', roomPath: 'r', reason: 'delete' }],
  [{ type: 'FILE_TOUCHED', path: 'a', reason: 'write' }, 'file_edit', { path: 'a', reason: 'write' }],
  [{ type: 'FILE_TOUCHED', path: 'a', reason: 'read' }, 'file_read', { path: 'a', reason: 'read' }],
  [{ type: 'FILE_TOUCHED', path: 'a', reason: 'diff' }, 'file_read', { path: 'a', reason: 'diff' }],
  [{ type: 'DIFF_SUMMARY', filesChanged: 1, linesAdded: 1, linesRemoved: 0, files }, 'file_edit', { filesChanged: 1, linesAdded: 1, linesRemoved: 0, files }],
  [{ type: 'APPROVAL_REQUESTED', approval }, 'status_change', { approval, newState: 'WAITING_FOR_APPROVAL' }],
  [{ type: 'APPROVAL_RESOLVED', approvalId: 'p', decision: 'deny', resolvedBy: 'ada', note: 'no' }, 'status_change', { approvalId: 'p', decision: 'deny', note: 'no' }],
  [{ type: 'SESSION_ENDED', finalState: 'FAILED', exitCode: 3, totalDurationMs: 9, totalUsage: usage }, 'session_end', { finalState: 'FAILED', exitCode: 3, totalDurationMs: 9, totalUsage: usage }],
];

describe("a village's events", () => {
  for (const [body, type, payload] of rows) {
    it(`${body.type}${body.type === 'FILE_TOUCHED' ? ` (${body.reason})` : ''} is ${type}`, () => {
      // As it crosses the wire: what is not set is not there.
      assert.deepEqual(JSON.parse(JSON.stringify(mapped(body))), { agentId: 'runner_01234567', sessionId: 's', type, payload, timestamp: '2026-01-02T03:04:05.006Z', seq: 7 });
    });
  }

  it('tells nothing of tests, alerts, use and what is forwarded', () => {
    const silent: readonly RunnerEventBody[] = [
      { type: 'TEST_RUN_STARTED', command: 'npm test' },
      { type: 'TEST_RUN_FINISHED', exitCode: 0, passed: 1, failed: 0, skipped: 0, duration: 1 },
      { type: 'ALERT_RAISED', alertId: 'a', severity: 'info', category: 'build', title: 't', description: 'd' },
      { type: 'USAGE_TICK', providerId: 'codex', units: usage, intervalMs: 1 },
      { type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'status' } },
    ];
    assert.deepEqual(silent.map(mapped), silent.map(() => undefined));
  });

  it('does not lose an event over a clock that is mad', () => {
    const event = RunnerEvent.parse({ sessionId: 's', orgId: 'o', ts: 1e300, seq: 1, type: 'TERMINAL_CHUNK', data: '', stream: 'stdout' });
    assert.equal(workStreamEvent(agent, event)?.timestamp, '1970-01-01T00:00:00.000Z');
  });

  it('names the kind of agent and its repository when it appears', () => {
    const spawn = (providerId: string, agentName?: string) => agentSpawn(agent, { agentName, providerId, repoRef: { provider: 'github', owner: 'o', name: 'n' }, ts: TS });
    assert.deepEqual(spawn('codex'), { agentId: 'runner_01234567', sessionId: 's', agentType: 'codex', agentName: 'runner_01234567', repoPath: 'github:o/n', timestamp: '2026-01-02T03:04:05.006Z' });
    assert.deepEqual([spawn('claude_code', 'Ada').agentType, spawn('claude_code', 'Ada').agentName, spawn('gemini_cli').agentType], ['claude', 'Ada', 'custom']);
    assert.equal(agentSpawn(agent, { agentName: undefined, providerId: 'codex', repoRef: { provider: 'local', path: '/r' }, ts: TS }).repoPath, '/r');
    assert.deepEqual(agentDisconnect(agent, TS), { agentId: 'runner_01234567', sessionId: 's', timestamp: '2026-01-02T03:04:05.006Z' });
  });
});
