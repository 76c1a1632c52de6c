// The library's SessionManager: its README's calls, its limits and their words, its timers, and commands in any order.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import { sessionStates, type RunnerEvent } from '../../../src/protocol/runnerEvent.ts';
import { readJournal } from '../../../src/sessions/journal/readJournal.ts';
import { SessionManager, type SessionManagerConfig, type SessionManagerEvents } from '../../../src/sessions/sessionManager.ts';
import { facadeStates, sessionState } from '../../../src/sessions/states/facadeNames.ts';
import { canTransition, isFinal } from '../../../src/sessions/states/transitions.ts';

const throwing = (reason: ErrorReason, message: string | RegExp) => (error: unknown): boolean => {
  assert.ok(isAgentsError(error, reason), String(error));
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

describe('the SessionManager', function () {
  this.timeout(30_000);
  let manager: SessionManager;
  let folder: string;
  const asked = (sessionId: string, more: object = {}) => ({ sessionId, orgId: 'org-1', providerId: 'claude_code', ...more });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-test-'));
    manager = new SessionManager({});
  });
  afterEach(async () => {
    await manager.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function managerWith(config: SessionManagerConfig): Promise<SessionManager> {
    await manager.close();
    manager = new SessionManager(config);
    return manager;
  }

  const heard = <K extends keyof SessionManagerEvents>(name: K): SessionManagerEvents[K][] => {
    const list: SessionManagerEvents[K][] = [];
    manager.on(name, (value) => void list.push(value));
    return list;
  };

  const told = <K extends keyof SessionManagerEvents>(name: K): Promise<SessionManagerEvents[K]> => new Promise((resolve) => manager.once(name, resolve));

  it('does what its README shows', () => {
    const repo = { url: 'https://github.com/example/repo', branch: 'main', commit: 'abc123' };
    const session = manager.createSession({ sessionId: 'session-001', orgId: 'org-1', providerId: 'claude_code', repo, workspacePath: '/tmp/workspace/session-001' });
    assert.deepEqual([session.sessionId, session.state, session.repo], ['session-001', 'created', repo]);
    assert.equal(manager.transitionState('session-001', 'running').state, 'running');
    manager.updateUsage('session-001', { tokensIn: 1_000, tokensOut: 500, apiCalls: 5 });
    const sessions = manager.listSessions({ orgId: 'org-1', state: 'running' });
    assert.deepEqual(sessions.map(({ sessionId, usage: { tokensIn, tokensOut, apiCalls } }) => [sessionId, tokensIn, tokensOut, apiCalls]), [['session-001', 1_000, 500, 5]]);
    assert.deepEqual(manager.listSessions({ orgId: 'org-2' }), []);
    assert.deepEqual(manager.listSessions({ state: 'completed' }), []);
  });

  it('tells what happens under the README\'s names', () => {
    const names: string[] = [];
    for (const name of ['session_created', 'session_started', 'session_completed', 'session_failed', 'state_changed', 'approval_required', 'output'] as const) manager.on(name, () => void names.push(name));
    const changes = heard('state_changed');
    manager.createSession(asked('a'));
    manager.transitionState('a', 'running');
    manager.addOutput('a', 'hello');
    manager.requireApproval('a', { approvalId: 'p', sessionId: 'a', category: 'shell', summary: 'rm', risk: 'high', requestedAt: 1 });
    manager.transitionState('a', 'running');
    manager.transitionState('a', 'completed');
    assert.deepEqual(names, ['session_created', 'state_changed', 'session_started', 'output', 'state_changed', 'approval_required', 'state_changed', 'state_changed', 'session_completed']);
    assert.deepEqual(changes.map(({ previousState, newState }) => `${previousState} -> ${newState}`), ['created -> running', 'running -> waiting_for_approval', 'waiting_for_approval -> running', 'running -> completed']);
  });

  it('takes listeners away by .off', () => {
    const seen: string[] = [];
    const one = (): void => void seen.push('one');
    manager.on('session_created', one).on('session_created', () => void seen.push('two'));
    manager.off('session_created', one);
    manager.createSession(asked('a'));
    assert.deepEqual(seen, ['two']);
  });

  it('has these limits, in these words', () => {
    assert.throws(() => new SessionManager().createSession(asked('a')), throwing('bad-input', 'SessionManager not initialized'));
    manager.initialize({ maxConcurrentSessions: 2 });
    manager.createSession(asked('a'));
    assert.throws(() => manager.createSession(asked('a')), throwing('name-taken', 'Session a already exists'));
    manager.createSession(asked('b'));
    assert.throws(() => manager.createSession(asked('c')), throwing('limit-reached', 'Maximum sessions (2) reached'));
    assert.throws(() => manager.transitionState('x', 'running'), throwing('not-found', 'Session x not found'));
    assert.throws(() => manager.updateUsage('x', {}), throwing('not-found', 'Session x not found'));
    assert.throws(() => manager.adapterOf('a'), throwing('not-found', 'No adapter for session a'));
    assert.throws(() => manager.updateUsage('a', { tokensIn: -1 }), throwing('bad-input', /session a/));
    manager.endSession('a', { exitCode: 0 });
    assert.equal(manager.createSession(asked('c')).state, 'created', 'one that has ended takes no place');
  });

  it('refuses what is no transition, naming both states in the words that were used', () => {
    manager.createSession(asked('a'));
    assert.throws(() => manager.transitionState('a', 'completed'), throwing('invalid-transition', /created -> completed/));
    assert.throws(() => manager.transitionState('a', 'COMPLETED'), throwing('invalid-transition', /CREATED -> COMPLETED/));
    assert.throws(() => manager.transitionState('a', 'nonsense' as 'running'), throwing('bad-input', /nonsense/));
    assert.equal(manager.getSession('a')?.state, 'created');
  });

  it('ends by the exit code, also what waits or was never started', () => {
    const ends: [string, number | undefined][] = [['ok', 0], ['bad', 3], ['gone', undefined]];
    for (const [id, exitCode] of ends) {
      manager.createSession(asked(id));
      if (id !== 'gone') manager.transitionState(id, 'running');
      if (id === 'bad') manager.transitionState(id, 'waiting_for_approval');
      manager.endSession(id, exitCode === undefined ? { reason: 'There is no such program.' } : { exitCode });
    }
    assert.deepEqual(ends.map(([id]) => manager.getSession(id)?.state), ['completed', 'failed', 'failed']);
    assert.equal(manager.getSession('bad')?.exitCode, 3);
    assert.equal(manager.endSession('ok', { exitCode: 1 }).state, 'completed', 'an end is final');
    assert.throws(() => manager.addOutput('ok', 'late'), throwing('stale', /has ended/));
  });

  it('ends a session whose time is over, and says so', async () => {
    await managerWith({ sessionTimeout: 60 });
    const over = told('session_timeout');
    const failed = heard('session_failed');
    manager.createSession(asked('a'));
    manager.transitionState('a', 'running');
    manager.transitionState('a', 'paused_by_human');
    assert.equal((await over).state, 'failed');
    assert.match(failed[0]?.reason ?? '', /60 ms/);
  });

  it('forgets what ended long ago, at each cleaning', async () => {
    await managerWith({ cleanupInterval: 20, keepEnded: 10 });
    manager.createSession(asked('a'));
    manager.createSession(asked('b'));
    const removed = told('session_removed');
    manager.endSession('a');
    assert.equal((await removed).sessionId, 'a');
    assert.deepEqual(manager.listSessions().map(({ sessionId }) => sessionId), ['b']);
    assert.throws(() => manager.removeSession('b'), throwing('bad-input', /has not ended/));
  });

  it('is over after its end', async () => {
    manager.createSession(asked('a'));
    await manager.close();
    assert.throws(() => manager.createSession(asked('b')), throwing('bad-input', 'SessionManager not initialized'));
    assert.throws(() => manager.transitionState('a', 'running'), throwing('bad-input', 'SessionManager not initialized'));
  });

  it('keeps a journal of each session, whose last event is its end', async () => {
    await managerWith({ journalFolder: folder });
    const events = heard('event');
    manager.createSession(asked('a/b'));
    manager.transitionState('a/b', 'running');
    manager.addOutput('a/b', 'hello');
    manager.updateUsage('a/b', { tokensIn: 3 });
    manager.endSession('a/b', { exitCode: 0 });
    await manager.flush();
    const [name = ''] = readdirSync(folder);
    const kept: RunnerEvent[] = [];
    for await (const event of readJournal(join(folder, name))) kept.push(event);
    assert.deepEqual(kept.map(({ seq, type }) => `${seq} ${type}`), ['1 SESSION_STATE_CHANGED', '2 TERMINAL_CHUNK', '3 USAGE_TICK', '4 SESSION_STATE_CHANGED', '5 SESSION_ENDED']);
    assert.deepEqual(events, kept);
    assert.equal(manager.getSession('a/b')?.lastEventSeq, 5);
  });

  it('says when a journal cannot be kept, and goes on without', async () => {
    await managerWith({ journalFolder: '/dev/null/nowhere' });
    const failed = told('journal_failed');
    const events = heard('event');
    manager.createSession(asked('a'));
    manager.transitionState('a', 'running');
    assert.equal((await failed).sessionId, 'a');
    await manager.flush();
    manager.endSession('a', { exitCode: 0 });
    assert.deepEqual(events.map(({ seq }) => seq), [1, 2, 3]);
  });

  it('stays true whatever is asked of it, in whatever order', async () => {
    const ids = ['s1', 's2', 's3', 's4'];
    const id = fc.constantFrom(...ids);
    const step = fc.oneof(
      fc.record({ do: fc.constant('create' as const), id }),
      fc.record({ do: fc.constant('go' as const), id, to: fc.constantFrom(...facadeStates, ...sessionStates) }),
      fc.record({ do: fc.constant('usage' as const), id }),
      fc.record({ do: fc.constant('output' as const), id }),
      fc.record({ do: fc.constant('approval' as const), id }),
      fc.record({ do: fc.constant('remove' as const), id }),
      fc.record({ do: fc.constant('end' as const), id, exitCode: fc.constantFrom(0, 1) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const journalFolder = join(folder, String(++run));
        const one = new SessionManager({ maxConcurrentSessions: 3, journalFolder });
        const events = new Map<string, RunnerEvent[]>(ids.map((name) => [name, []]));
        const ended = new Set<string>();
        one.on('event', (event) => void events.get(event.sessionId)?.push(event));
        for (const what of steps) {
          const before = one.getSession(what.id);
          try {
            if (what.do === 'create') {
              // A new life under an old id is another test's.
              if (!ended.has(what.id)) one.createSession(asked(what.id));
            } else if (what.do === 'go') one.transitionState(what.id, what.to);
            else if (what.do === 'usage') one.updateUsage(what.id, { apiCalls: 1 });
            else if (what.do === 'output') one.addOutput(what.id, 'x');
            else if (what.do === 'approval') one.requireApproval(what.id, { approvalId: 'p', sessionId: what.id, category: 'merge', summary: 'x', risk: 'low', requestedAt: 0 });
            else if (what.do === 'remove') one.removeSession(what.id);
            else one.endSession(what.id, { exitCode: what.exitCode });
            if (what.do === 'go' && before !== undefined) assert.ok(canTransition(before.runnerState, sessionState(what.to)));
          } catch (error) {
            assert.ok(isAgentsError(error), String(error));
            assert.equal(one.getSession(what.id)?.runnerState, before?.runnerState, 'what is refused changes nothing');
          }
          if (one.getSession(what.id)?.endedAt !== undefined) ended.add(what.id);
          assert.ok(one.liveCount <= 3);
        }
        for (const session of one.listSessions()) {
          one.endSession(session.sessionId, { exitCode: 0 });
          assert.ok(isFinal(one.getSession(session.sessionId)?.runnerState ?? 'CREATED'));
        }
        assert.equal(one.liveCount, 0);
        await one.flush();
        await one.close();
        for (const list of events.values()) {
          assert.deepEqual(list.map(({ seq }) => seq), list.map((_, index) => index + 1));
          if (list.length > 0) assert.equal(list.at(-1)?.type, 'SESSION_ENDED', 'the end is the last event');
          assert.equal(list.filter(({ type }) => type === 'SESSION_ENDED').length, list.length > 0 ? 1 : 0);
        }
      }),
      { numRuns: 40 },
    );
  });
});
