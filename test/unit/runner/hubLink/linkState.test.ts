import assert from 'node:assert/strict';
import { nextLinkState, publicState, type LinkInput, type LinkState } from '../../../../src/runner/hubLink/linkState.ts';

const clock = { firstMs: 5_000, longestMs: 300_000, now: 1_000, random: 0 };
const lost = (fault: Extract<LinkInput, { type: 'lost' }>['fault']): LinkInput => ({ type: 'lost', fault });
const broken = lost({ how: 'network', reason: 'The connection broke.' });

function after(inputs: readonly LinkInput[], from: LinkState = { kind: 'stopped' }, random = 0): LinkState {
  return inputs.reduce((state, input) => nextLinkState(state, input, { ...clock, random }), from);
}

describe("a hub link's states", () => {
  it('connects, is proven, and knows the extension', () => {
    const opened = after([{ type: 'start' }, { type: 'opened' }]);
    assert.deepEqual(publicState(opened), { state: 'connecting', attempt: 1 });
    assert.deepEqual(publicState(after([{ type: 'proven' }], opened)), { state: 'connected', since: 1_000, extension: false });
    assert.deepEqual(publicState(after([{ type: 'hello' }], opened)), { state: 'connected', since: 1_000, extension: true });
  });

  it('waits 5 s after a fault, doubling up to 300 s, forever', () => {
    let state = after([{ type: 'start' }]);
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 2_000; attempt++) {
      state = nextLinkState(state, broken, clock);
      assert.equal(state.kind, 'waiting');
      delays.push(state.delayMs);
      state = nextLinkState(state, { type: 'waited' }, clock);
      assert.deepEqual(state, { kind: 'connecting', attempt: attempt + 1 });
    }
    assert.deepEqual(delays.slice(0, 8), [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    assert.equal(delays.at(-1), 300_000);
  });

  it('spreads the delays of many runners', () => {
    const least = after([{ type: 'start' }, broken], undefined, 1);
    assert.equal(least.kind === 'waiting' && least.delayMs, 3_750);
    assert.equal(least.kind === 'waiting' && least.retryAt, 4_750);
  });

  it('begins the delays anew after a connection that held, not after one that was only opened', () => {
    const waiting = after([{ type: 'start' }, broken, { type: 'waited' }, broken, { type: 'waited' }, { type: 'opened' }, lost({ how: 'closed', code: 1011, reason: 'oops' })]);
    assert.equal(waiting.kind === 'waiting' && waiting.delayMs, 20_000);
    const held = after([{ type: 'waited' }, { type: 'opened' }, { type: 'proven' }, broken], waiting);
    assert.equal(held.kind === 'waiting' && held.delayMs, 5_000);
  });

  const faults = [
    { fault: { how: 'closed', code: 1008, reason: 'Authentication required' }, reason: 'The hub refuses this runner: Authentication required.' },
    { fault: { how: 'closed', code: 1000, reason: 'Replaced by new connection' }, reason: 'Another runner connected with this id.' },
    { fault: { how: 'status', status: 401 }, reason: 'The hub refuses the token (401).' },
    { fault: { how: 'status', status: 403 }, reason: 'The hub refuses this runner (403).' },
    { fault: { how: 'no-token', reason: 'There is no token for this hub.' }, reason: 'There is no token for this hub.' },
  ] as const;
  for (const { fault, reason } of faults) {
    it(`is refused for good: ${reason}`, () => {
      const refused = after([{ type: 'start' }, { type: 'opened' }, lost(fault)]);
      assert.deepEqual(refused, { kind: 'refused', reason });
      for (const input of [{ type: 'waited' }, { type: 'proven' }, { type: 'opened' }, broken] as const) assert.equal(nextLinkState(refused, input, clock), refused);
      assert.deepEqual(after([{ type: 'start' }], refused), { kind: 'connecting', attempt: 1 });
    });
  }

  for (const fault of [{ how: 'closed', code: 1000, reason: '' }, { how: 'closed', code: 1001, reason: 'going away' }, { how: 'closed', code: 1009, reason: '' }, { how: 'status', status: 404 }, { how: 'status', status: 502 }, { how: 'network', reason: 'ECONNREFUSED' }] as const) {
    it(`tries again after ${JSON.stringify(fault)}`, () => assert.equal(after([{ type: 'start' }, { type: 'opened' }, lost(fault)]).kind, 'waiting'));
  }

  it('stops from everywhere, and hears nothing then', () => {
    const stopped = after([{ type: 'start' }, broken, { type: 'stop' }]);
    assert.deepEqual(stopped, { kind: 'stopped' });
    for (const input of [{ type: 'waited' }, { type: 'opened' }, { type: 'proven' }, broken] as const) assert.equal(nextLinkState(stopped, input, clock).kind, 'stopped');
  });
});
