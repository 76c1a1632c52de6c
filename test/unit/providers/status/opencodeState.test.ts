// What opencode's events come to: as recorded of opencode 1.18.33 against a stand-in model.
import assert from 'node:assert/strict';
import { afterEvent, opencodeObservation, opencodeState, type OpencodeState } from '../../../../src/providers/status/opencodeState.ts';

const fresh = opencodeState({ sessions: {}, permissions: [], questions: [] });
const ROOT = 'ses_root';
const event = (type: string, properties: object): string => JSON.stringify({ id: 'evt_1', type, properties });
const status = (sessionID: string, type: string, more: object = {}): string => event('session.status', { sessionID, status: { type, ...more } });
const asked = event('permission.asked', {
  id: 'per_1',
  sessionID: ROOT,
  permission: 'bash',
  patterns: ['echo hi > x'],
  metadata: { command: 'echo hi > x' },
  always: ['echo *'],
  tool: { messageID: 'msg_1', callID: 'call_1' },
});
const after = (...events: string[]): OpencodeState => events.reduce(afterEvent, fresh);
const claimOf = (state: OpencodeState): string => {
  const { claim } = opencodeObservation(state, 1);
  return claim?.state === 'waiting' ? `waiting ${claim.kind} ${claim.text}` : claim?.state === 'error' ? `error ${claim.message}` : (claim?.state ?? 'nothing');
};

describe("opencode's events", () => {
  it('tell of a turn: busy, then idle, with the conversation', () => {
    const turn = after(event('session.created', { sessionID: ROOT, info: { id: ROOT } }), status(ROOT, 'busy'));
    assert.equal(claimOf(turn), 'working');
    assert.equal(opencodeObservation(turn, 1).conversation, ROOT);
    assert.equal(claimOf(afterEvent(afterEvent(turn, status(ROOT, 'idle')), event('session.idle', { sessionID: ROOT }))), 'idle');
  });

  it('tell what a permission is for, until it is answered', () => {
    const waiting = after(status(ROOT, 'busy'), asked);
    assert.equal(claimOf(waiting), 'waiting permission bash: echo hi > x');
    assert.deepEqual(opencodeObservation(waiting, 1).request, { id: 'per_1', tool: 'bash', command: 'echo hi > x' });
    assert.equal(claimOf(afterEvent(waiting, event('permission.replied', { sessionID: ROOT, requestID: 'per_1', reply: 'reject' }))), 'working');
  });

  it('name the file of an edit', () => {
    const edit = after(event('permission.asked', { id: 'per_2', sessionID: ROOT, permission: 'edit', patterns: ['y.txt'], metadata: { filepath: '/work/y.txt', diff: '...' }, always: ['*'] }));
    assert.deepEqual(opencodeObservation(edit, 1).request, { id: 'per_2', tool: 'edit', path: '/work/y.txt' });
  });

  it('keep the second permission when the first is answered', () => {
    const two = after(status(ROOT, 'busy'), asked, event('permission.asked', { id: 'per_2', sessionID: 'ses_child', permission: 'webfetch', patterns: [], metadata: { url: 'https://example.com' }, always: [] }));
    assert.equal(claimOf(afterEvent(two, event('permission.replied', { sessionID: ROOT, requestID: 'per_1', reply: 'once' }))), 'waiting permission webfetch: https://example.com');
  });

  it('tell a question', () => {
    const question = after(status(ROOT, 'busy'), event('question.asked', { id: 'que_1', sessionID: ROOT, questions: [{ question: 'Which colour?', header: 'Colour', options: [{ label: 'Red', description: 'r' }] }] }));
    assert.equal(claimOf(question), 'waiting question Which colour?');
    assert.equal(claimOf(afterEvent(question, event('question.rejected', { sessionID: ROOT, requestID: 'que_1' }))), 'working');
  });

  it('keep an error until the next turn, over the idles that follow it', () => {
    const failed = after(
      status(ROOT, 'busy'),
      event('session.error', { sessionID: ROOT, error: { name: 'APIError', data: { message: 'stub failure', statusCode: 400 } } }),
      status(ROOT, 'idle'),
      event('session.idle', { sessionID: ROOT }),
      status(ROOT, 'idle'),
    );
    assert.equal(claimOf(failed), 'error stub failure');
    assert.equal(claimOf(afterEvent(failed, status(ROOT, 'busy'))), 'working');
  });

  it('take an interrupt for no error, and a retry for work', () => {
    assert.equal(claimOf(after(status(ROOT, 'busy'), event('session.error', { sessionID: ROOT, error: { name: 'MessageAbortedError', data: { message: 'Aborted' } } }), status(ROOT, 'idle'))), 'idle');
    assert.equal(claimOf(after(status(ROOT, 'retry', { attempt: 2, message: 'stub failure', next: 5 }))), 'working');
  });

  it("do not take a helper's session for the conversation, nor its end for the turn's, nor its failure for the agent's", () => {
    const helped = after(
      status(ROOT, 'busy'),
      event('session.created', { sessionID: 'ses_child', info: { id: 'ses_child', parentID: ROOT } }),
      status('ses_child', 'busy'),
      event('session.error', { sessionID: 'ses_child', error: { name: 'APIError', data: { message: 'no' } } }),
      status('ses_child', 'idle'),
    );
    assert.equal(claimOf(helped), 'working');
    assert.equal(opencodeObservation(helped, 1).conversation, ROOT);
  });

  it('follow the person to another session', () => {
    assert.equal(opencodeObservation(after(status(ROOT, 'busy'), status(ROOT, 'idle'), event('session.created', { sessionID: 'ses_2', info: { id: 'ses_2' } })), 1).conversation, 'ses_2');
  });

  it('that are broken, unknown, or of another form change nothing', () => {
    const state = after(asked);
    for (const json of ['', '{', 'null', '[]', '{"type":"session.status"}', event('session.status', { sessionID: 1 }), event('brand.new', {}), status(ROOT, 'dreaming')]) {
      assert.equal(afterEvent(state, json), state, json);
    }
  });

  it('that nobody saw yet prove no prompt', () => {
    assert.equal(opencodeObservation(fresh, 1).claim, null);
    const again = opencodeState({ sessions: {}, permissions: [], questions: [] }, after(status(ROOT, 'busy'), status(ROOT, 'idle')));
    assert.equal(claimOf(again), 'idle');
  });

  it('begin with what is waiting already', () => {
    const late = opencodeState({ sessions: { [ROOT]: { type: 'busy' } }, permissions: [{ id: 'per_9', sessionID: ROOT, permission: 'bash', patterns: ['ls'], metadata: {} }], questions: [] });
    assert.equal(claimOf(late), 'waiting permission bash: ls');
    assert.equal(opencodeObservation(late, 1).conversation, ROOT);
  });
});
