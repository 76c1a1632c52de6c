// A timeline made of a journal's events, and the facts that a recorder folds out of them.
import assert from 'node:assert/strict';
import type { ForwardedEvent } from '../../../src/protocol/forwardedEvent.ts';
import type { EventApproval, RunnerEvent, RunnerEventBody } from '../../../src/protocol/runnerEvent.ts';
import { SessionFacts } from '../../../src/sessions/recorder/sessionFacts.ts';
import { finalState, stepsTo, stepsToEnd } from '../../../src/sessions/recorder/sessionSteps.ts';
import { isCommit, parseReflogLine } from '../../../src/sessions/recorder/reflog.ts';
import { newPrompts, taskPrompt } from '../../../src/sessions/recorder/promptEvents.ts';
import { decidedBody, newDecisions } from '../../../src/sessions/recorder/asks.ts';
import { Timeline } from '../../../src/protocol/timeline/timeline.ts';
import { durationText, firstLine } from '../../../src/protocol/timeline/timelineWords.ts';
import type { DecisionRecord } from '../../../src/protocol/decisionRecord.ts';

describe('a timeline', () => {
  let seq: number;
  beforeEach(() => (seq = 0));
  const event = (body: RunnerEventBody, ts = 1_000 * (seq + 1)): RunnerEvent => ({ seq: ++seq, ts, sessionId: 's', orgId: 'local', ...body });
  const forwarded = (providerEvent: ForwardedEvent, ts?: number): RunnerEvent => event({ type: 'PROVIDER_EVENT_FORWARDED', providerEvent }, ts);
  const approval = (approvalId: string): EventApproval => ({ approvalId, sessionId: 's', category: 'shell', summary: 'run: npm test', risk: 'high', requestedAt: 1_000, context: { command: 'npm test', reasons: ['it runs npm test'] } });
  const timelineOf = (...events: RunnerEvent[]): Timeline => {
    const timeline = new Timeline();
    for (const one of events) timeline.take(one);
    return timeline;
  };

  it('makes one entry of a request and its answer, which leads to where it can be answered, then to its moment', () => {
    const timeline = new Timeline();
    const [asked] = timeline.take(event({ type: 'APPROVAL_REQUESTED', approval: approval('a.1') }));
    assert.deepEqual([asked?.title, asked?.tone, asked?.target], ['Asks: run: npm test', 'wait', { type: 'waiting' }]);
    assert.equal(asked?.detail, 'High risk: it runs npm test');
    const [answered] = timeline.take(event({ type: 'APPROVAL_RESOLVED', approvalId: 'a.1', decision: 'deny', resolvedBy: 'me', note: 'use pnpm' }));
    assert.equal(answered?.id, asked?.id);
    assert.deepEqual([answered?.title, answered?.tone, answered?.target], ['Asks: run: npm test — denied', 'bad', { type: 'moment' }]);
    assert.match(answered?.detail ?? '', /Denied by me: “use pnpm”/);
    assert.equal(timeline.entries.length, 1);
  });

  it('says of what was open at the end that nobody answered it', () => {
    const timeline = timelineOf(event({ type: 'APPROVAL_REQUESTED', approval: approval('a.1') }), event({ type: 'SESSION_ENDED', finalState: 'FAILED', exitCode: 3, totalDurationMs: 65_000, totalUsage: { agentSeconds: 5, terminalKb: 0, filesTouched: 0, commandsRun: 0, approvalsRequested: 1, costUsd: 0.5 } }));
    assert.deepEqual(timeline.entries.map(({ title }) => title), ['Asks: run: npm test — never answered', 'Failed with exit code 3']);
    assert.equal(timeline.entries[1]?.detail, 'After 1 min 5 s. At work for 5 s, 1 approval, $0.500.');
  });

  it('puts the whole task in the place of its title, and takes it for one prompt when it came by way of the queue', () => {
    const timeline = timelineOf(
      forwarded({ kind: 'prompt', text: 'Write', from: 'task' }, 1_000),
      forwarded({ kind: 'status', status: { state: 'working' }, source: 'hooks' }, 2_000),
      forwarded({ kind: 'prompt', text: 'Write\nthe notes', from: 'task' }, 3_000),
      forwarded({ kind: 'prompt', text: '', from: 'queue', id: 'q' }, 4_000),
    );
    assert.deepEqual(timeline.entries.map(({ title, detail, ts }) => [title, detail, ts]), [['Task: Write', 'Write\nthe notes', 1_000], ['Works', undefined, 2_000]]);
  });

  it('puts a prompt before the work that proved it to be given', () => {
    const works = forwarded({ kind: 'status', status: { state: 'working' }, source: 'hooks' }, 2_000);
    const timeline = timelineOf(works, forwarded({ kind: 'prompt', text: 'Once more', from: 'queue', id: 'q' }, 2_500), forwarded({ kind: 'status', status: { state: 'idle' }, source: 'hooks' }, 3_000), forwarded({ kind: 'prompt', text: 'And again', from: 'queue', id: 'r' }, 4_000));
    assert.deepEqual(timeline.entries.map(({ title, ts }) => [title, ts]), [['Prompt: Once more', 2_000], ['Works', 2_000], ['At rest', 3_000], ['Prompt: And again', 4_000]]);
  });

  it('gathers files that are written in a row, and begins anew after anything else', () => {
    const write = (path: string): RunnerEvent => event({ type: 'FILE_TOUCHED', path, reason: 'write' });
    const timeline = timelineOf(write('src/a.ts'), write('src/b.ts'), write('src/a.ts'), forwarded({ kind: 'commit', sha: 'abcdef0123456789', subject: 'Both', action: 'commit' }), write('c.ts'));
    assert.deepEqual(timeline.entries.map(({ title }) => title), ['Wrote a.ts, b.ts', 'Commit abcdef01: Both', 'Wrote c.ts']);
    assert.deepEqual(timeline.entries.map(({ target }) => target?.type), [undefined, 'commit', 'file']);
  });

  it('gathers commands that are run in a row, whatever files they write meanwhile', () => {
    const ran = (command: string): RunnerEvent => forwarded({ kind: 'command', command });
    const timeline = timelineOf(ran('npm ci'), event({ type: 'FILE_TOUCHED', path: 'a.ts', reason: 'write' }), ran('npm test\n2>&1'), event({ type: 'FILE_TOUCHED', path: 'b.ts', reason: 'write' }), forwarded({ kind: 'status', status: { state: 'idle' }, source: 'hooks' }), ran('git status'));
    assert.deepEqual(timeline.entries.map(({ kind, title, detail }) => [kind, title, detail]), [
      ['command', 'Ran 2 commands, the last: npm test', 'npm ci\nnpm test\n2>&1'],
      ['file', 'Wrote a.ts, b.ts', 'a.ts\nb.ts'],
      ['status', 'At rest', undefined],
      ['command', 'Ran git status', undefined],
    ]);
    const facts = new SessionFacts();
    facts.take(ran('npm ci'));
    facts.take(ran('npm test'));
    assert.equal(facts.commands, 2);
  });

  it('hides what an agent writes to hide something', () => {
    assert.equal(firstLine('\n  \u202eevil\u0007 text \n more'), 'evil  text');
    assert.equal([...firstLine('x'.repeat(500))].length, 160);
    assert.deepEqual([500, 61_000, 3_600_000, 3_660_000].map(durationText), ['1 s', '1 min 1 s', '1 h', '1 h 1 min']);
  });

  it('tells the facts of a session that another face goes on with', () => {
    const facts = new SessionFacts();
    for (const one of [
      event({ type: 'SESSION_STARTED', providerId: 'demo', providerVersion: '1', workspacePath: '/w' }, 1_000),
      forwarded({ kind: 'agent', name: 'n', runtimeId: 'local', task: 't', createdAt: 'then', recording: true, head: 'h' }, 1_000),
      forwarded({ kind: 'status', status: { state: 'working' }, source: 'hooks' }, 2_000),
      forwarded({ kind: 'status', status: { state: 'idle' }, source: 'hooks' }, 5_000),
      forwarded({ kind: 'prompt', text: 'again', from: 'queue', id: 'q1' }, 6_000),
      forwarded({ kind: 'status', status: { state: 'working' }, source: 'hooks' }, 7_000),
      event({ type: 'APPROVAL_REQUESTED', approval: approval('r.1') }, 8_000),
    ]) facts.take(one);
    assert.deepEqual([facts.startedAt, facts.life, facts.head, facts.lastStatus, facts.ended], [1_000, 'then', 'h', 'working', false]);
    assert.equal(facts.agentSeconds(9_000), 5);
    assert.equal(facts.openFor('r'), 'r.1');
    assert.deepEqual(newPrompts({ outcomes: [{ id: 'q1', at: 1, result: 'delivered', text: 'again' }, { id: 'q2', at: 2, result: 'delivered', text: 'more' }, { id: 'q3', at: 3, result: 'removed' }] } as never, facts).map(({ id }) => id), ['q2']);
    facts.take(event({ type: 'APPROVAL_RESOLVED', approvalId: 'r.1', decision: 'allow' }, 10_000));
    assert.equal(facts.openFor('r'), undefined);
    assert.equal(facts.decidedAt, 10_000);
  });

  it('journals a decision once, and one that the policy made before anybody was told as asked and answered', () => {
    const record = (at: string, more: Partial<DecisionRecord> = {}): DecisionRecord => ({ v: 1, at, agentId: 'a', id: 'r', by: 'person', who: 'me@here', face: 'vscode', kind: 'permission', decision: 'approve', text: 'run', risk: 'low', outcome: 'done', ...more });
    const [old, fresh, failed] = [record('2026-01-01T00:00:01Z'), record('2026-01-01T00:00:03Z'), record('2026-01-01T00:00:04Z', { outcome: 'it was gone' })];
    assert.deepEqual(newDecisions([old, fresh, failed], { decidedAt: Date.parse('2026-01-01T00:00:02Z') }, 0), [fresh]);
    const facts = new SessionFacts();
    assert.deepEqual(decidedBody(record('2026-01-01T00:00:03Z', { by: 'policy', rule: 'read' }), facts, 's').map(({ type }) => type), ['APPROVAL_REQUESTED', 'APPROVAL_RESOLVED']);
    const denial = record('2026-01-01T00:00:03Z', { by: 'policy', decision: 'deny', rule: 'denylist rm', category: 'merge', words: 'The policy denies it.' });
    const [asked, , alert] = decidedBody(denial, facts, 's');
    assert.equal(asked?.type === 'APPROVAL_REQUESTED' && asked.approval.category, 'merge');
    assert.equal(alert?.type === 'ALERT_RAISED' && alert.category, 'policy');
    assert.deepEqual(newDecisions([record('2026-01-01T00:00:03Z', { by: 'policy', decision: 'ask' })], { decidedAt: 0 }, 0), [], 'that somebody is to be asked decides nothing');
    facts.take(event({ type: 'APPROVAL_REQUESTED', approval: approval('r.1') }));
    const [resolved] = decidedBody(fresh, facts, 's');
    assert.deepEqual(resolved, { type: 'APPROVAL_RESOLVED', approvalId: 'r.1', decision: 'allow', resolvedBy: 'me@here (vscode)' });
  });

  it('steps lawfully from state to state, and nowhere from an end', () => {
    assert.deepEqual(stepsTo('CREATED', 'WAITING_FOR_APPROVAL'), ['RUNNING', 'WAITING_FOR_APPROVAL']);
    assert.deepEqual(stepsTo('CREATED', 'STARTING_PROVIDER'), ['PREPARING_WORKSPACE', 'STARTING_PROVIDER']);
    assert.deepEqual(stepsTo('RUNNING', 'STARTING_PROVIDER'), []);
    assert.deepEqual(stepsTo('COMPLETED', 'RUNNING'), []);
    assert.deepEqual(stepsToEnd('WAITING_FOR_APPROVAL', 'FAILED'), ['STOPPING', 'FAILED']);
    assert.deepEqual(stepsToEnd('FAILED', 'COMPLETED'), []);
    assert.equal(finalState(undefined, true), 'COMPLETED');
    assert.equal(finalState(undefined, false), 'FAILED');
  });

  it('reads commits from a reflog, and nothing else', () => {
    const line = (action: string): string => `${'a'.repeat(40)} ${'b'.repeat(40)} A <a@b> 1700000000 +0100\t${action}`;
    const entry = parseReflogLine(line('commit (amend): Say: more'));
    assert.deepEqual([entry?.sha, entry?.at, entry?.action, entry?.subject], ['b'.repeat(40), 1_700_000_000_000, 'commit (amend)', 'Say: more']);
    const commits = ['commit: x', 'commit (initial): x', 'merge topic: Fast-forward', 'rebase (pick): x', 'checkout: moving from a to b', 'reset: moving to HEAD~', 'rebase (start): checkout main'].map((action) => parseReflogLine(line(action))).map((one) => one !== undefined && isCommit(one));
    assert.deepEqual(commits, [true, true, true, true, false, false, false]);
    assert.equal(parseReflogLine('garbage'), undefined);
    assert.equal(taskPrompt(undefined, ''), undefined);
  });
});
