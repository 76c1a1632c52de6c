// OSC 7501: what programs tell of themselves, from a real session of Codex and from programs that mean no good.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AgentStatus } from '../../../../src/protocol/agentStatus.ts';
import { osc7501Observation } from '../../../../src/providers/status/osc7501.ts';

const claim = (text: string): unknown => osc7501Observation(text, 5)?.claim;
const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('osc7501Observation', () => {
  it('reads what Codex 0.169.0 and Claude Code 2.1.329 send', () => {
    assert.deepEqual(osc7501Observation('state=working:app=codex', 5), { source: 'osc7501', at: 5, claim: { state: 'working' }, evidence: 'OSC 7501 state=working app=codex', rule: 'state=working' });
    assert.deepEqual(claim('state=idle:app=codex'), { state: 'idle' });
    assert.deepEqual(claim('state=done:app=codex'), { state: 'idle' });
    assert.deepEqual(claim('state=blocked:app=codex:kind=permission'), { state: 'waiting', kind: 'permission', text: '' });
    assert.deepEqual(claim(`state=blocked:kind=permission:msg=${b64('approve Bash: rm -rf ü')}`), { state: 'waiting', kind: 'permission', text: 'approve Bash: rm -rf ü' });
    assert.deepEqual(claim('state=blocked:kind=question'), { state: 'waiting', kind: 'question', text: '' });
    assert.deepEqual(claim(`state=error:msg=${b64('API Error')}`), { state: 'error', message: 'API Error' });
    assert.deepEqual(claim('state=error:app=codex'), { state: 'error', message: '' });
    assert.equal(claim('state=clear'), null);
  });

  it('takes a query for no status, nor what names no known state', () => {
    for (const text of ['?', '', 'app=codex', 'state=', 'state=constructor', 'STATE=idle', 'idle', ';;;', '=idle']) assert.equal(osc7501Observation(text, 5), undefined, text);
  });

  it('skips unknown keys and kinds, and believes the first of two', () => {
    assert.deepEqual(claim('x=1:state=blocked:kind=toString:__proto__=1'), { state: 'waiting', kind: 'other', text: '' });
    assert.deepEqual(claim('state=idle:state=blocked'), { state: 'idle' });
  });

  it('leaves out a message that is broken or huge, and the controls of one that is not', () => {
    const text = (msg: string): unknown => claim(`state=blocked:msg=${msg}`);
    for (const msg of ['%%%', b64('x').replace('=', '!'), Buffer.from([0xff, 0xfe]).toString('base64'), b64('y'.repeat(20_000))]) {
      assert.deepEqual(text(msg), { state: 'waiting', kind: 'other', text: '' });
    }
    assert.deepEqual(text(b64('a\u001b[31m\u0007b\nc\u009bd')), { state: 'waiting', kind: 'other', text: 'a [31m b\nc d' });
  });

  it('makes of any bytes either nothing or a status that can be kept', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string().map((rest) => `state=blocked:${rest}`)), (text) => {
        const observation = osc7501Observation(text, 1);
        if (observation?.claim) AgentStatus.parse({ ...observation.claim, since: 1, source: 'osc7501', evidence: observation.evidence });
        assert.ok(observation === undefined || observation.evidence.length <= 200);
      }),
    );
  });
});
