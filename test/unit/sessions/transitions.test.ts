// The state machine: every pair of states, allowed or refused; the lower-case names; and commands in any order.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAgentsError } from '../../../src/base/errors.ts';
import { sessionStates, type SessionState } from '../../../src/protocol/runnerEvent.ts';
import { facadeState, facadeStates, sessionState } from '../../../src/sessions/states/facadeNames.ts';
import { canTransition, checkTransition, finalStateOf, hasProvider, isFinal, isLive, pathToEnd, stateAfterWait, transitions } from '../../../src/sessions/states/transitions.ts';

/** As docs/sessions.md draws it, apart from the product's own table. */
const drawn = `
  CREATED -> PREPARING_WORKSPACE -> STARTING_PROVIDER -> RUNNING
  CREATED -> RUNNING
  PREPARING_WORKSPACE -> FAILED
  STARTING_PROVIDER -> FAILED
  RUNNING -> PAUSED_BY_HUMAN -> RUNNING
  RUNNING -> WAITING_FOR_APPROVAL -> RUNNING
  PAUSED_BY_HUMAN -> WAITING_FOR_APPROVAL -> PAUSED_BY_HUMAN
  RUNNING -> COMPLETED
  RUNNING -> FAILED
  CREATED -> STOPPING
  PREPARING_WORKSPACE -> STOPPING
  STARTING_PROVIDER -> STOPPING
  RUNNING -> STOPPING
  PAUSED_BY_HUMAN -> STOPPING
  WAITING_FOR_APPROVAL -> STOPPING
  STOPPING -> COMPLETED
  STOPPING -> FAILED`;

const allowed = new Set(
  drawn.split('\n').flatMap((line) => {
    const states = line.trim().split(' -> ');
    return states.slice(1).map((state, index) => `${states[index]} -> ${state}`);
  }),
);

describe('the state machine of sessions', () => {
  for (const from of sessionStates) {
    for (const to of sessionStates) {
      const pair = `${from} -> ${to}`;
      it(`${allowed.has(pair) ? 'allows' : 'refuses'} ${pair}`, () => {
        assert.equal(canTransition(from, to), allowed.has(pair));
        const check = (): void => checkTransition('s-1', from, to);
        if (allowed.has(pair)) assert.doesNotThrow(check);
        else assert.throws(check, (error) => isAgentsError(error, 'invalid-transition') && error.message.includes(from) && error.message.includes(to) && error.message.includes('s-1'));
      });
    }
  }

  it('leads from every live state to either end, and from an end nowhere', () => {
    for (const from of sessionStates) {
      for (const final of ['COMPLETED', 'FAILED'] as const) {
        const path = pathToEnd(from, final);
        if (isFinal(from)) assert.deepEqual(path, []);
        else assert.equal(path.at(-1), final);
        path.reduce<SessionState>((state, next) => (checkTransition('s', state, next), next), from);
      }
    }
  });

  it('knows an end by its exit code: 0 alone is a success', () => {
    assert.deepEqual([0, 1, 3, 137, undefined].map(finalStateOf), ['COMPLETED', 'FAILED', 'FAILED', 'FAILED', 'FAILED']);
  });

  it('goes on waiting after a pause while requests are open', () => {
    assert.equal(stateAfterWait(1), 'WAITING_FOR_APPROVAL');
    assert.equal(stateAfterWait(0), 'RUNNING');
    assert.deepEqual(sessionStates.filter(hasProvider), ['RUNNING', 'PAUSED_BY_HUMAN', 'WAITING_FOR_APPROVAL']);
  });

  it('ends wherever it is, whatever was asked of it before', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...sessionStates), { maxLength: 60 }), fc.boolean(), (asked, success) => {
        let state: SessionState = 'CREATED';
        for (const next of asked) {
          const before: SessionState = state;
          try {
            checkTransition('s', before, next);
            state = next;
          } catch (error) {
            assert.ok(isAgentsError(error, 'invalid-transition'));
          }
          assert.ok(!isFinal(before) || state === before, 'an end is final');
        }
        for (const next of pathToEnd(state, success ? 'COMPLETED' : 'FAILED')) {
          checkTransition('s', state, next);
          state = next;
        }
        assert.ok(isFinal(state) && !isLive(state) && transitions[state].length === 0);
      }),
    );
  });
});

describe('the lower-case names of states', () => {
  it('name every state, and each is a state', () => {
    for (const state of sessionStates) assert.ok(facadeStates.includes(facadeState(state)));
    for (const name of facadeStates) assert.equal(facadeState(sessionState(name)), name);
    for (const state of sessionStates) assert.equal(sessionState(state), state);
    assert.throws(() => sessionState('sleeping'), (error) => isAgentsError(error, 'bad-input') && error.message.includes('sleeping'));
  });

  it('have exactly the transitions that the README lists, but for a pause of what waits', () => {
    const listed = ['created -> running', 'running -> paused_by_human', 'running -> waiting_for_approval', 'running -> completed', 'running -> failed', 'paused_by_human -> running', 'waiting_for_approval -> running'];
    const more = ['paused_by_human -> waiting_for_approval', 'waiting_for_approval -> paused_by_human'];
    const possible = facadeStates.flatMap((from) => facadeStates.flatMap((to) => (canTransition(sessionState(from), sessionState(to)) ? [`${from} -> ${to}`] : [])));
    assert.deepEqual(possible.sort(), [...listed, ...more].sort());
  });
});
