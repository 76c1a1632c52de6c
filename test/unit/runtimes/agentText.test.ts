// States and ages in words.
import assert from 'node:assert/strict';
import { shortAge, spokenAge, stateText } from '../../../src/runtimes/agentText.ts';
import { exampleAgent } from '../../support/exampleAgent.ts';

const created = '2026-01-01T12:00:00Z';
const after = (seconds: number): number => Date.parse(created) + seconds * 1_000;

describe("an agent's state in words", () => {
  it('has the exit code or the signal of an end', () => {
    assert.equal(stateText(exampleAgent({ status: 'exited', exitCode: 0 })), 'done');
    assert.equal(stateText(exampleAgent({ status: 'exited', exitCode: 3 })), 'exit 3');
    assert.equal(stateText({ ...exampleAgent(), status: 'exited', exitCode: null, signal: 'SIGKILL' }), 'ended by SIGKILL');
    assert.equal(stateText(exampleAgent({ status: 'exited', exitCode: null })), 'ended');
  });

  it('calls an agent unreachable whose place does not answer', () => {
    assert.deepEqual((['starting', 'running', 'failed', 'unknown'] as const).map((status) => stateText(exampleAgent({ status }))), ['starting', 'running', 'failed', 'unreachable']);
  });
});

describe('an age', () => {
  it('is short in a row', () => {
    assert.deepEqual([0, 59, 60, 3_599, 3_600, 86_399, 86_400 * 5].map((seconds) => shortAge(created, after(seconds))), ['now', 'now', '1m', '59m', '1h', '23h', '5d']);
  });

  it('is a phrase for a screen reader', () => {
    assert.deepEqual([10, 60, 7_200].map((seconds) => spokenAge(created, after(seconds))), ['just now', '1 minute ago', '2 hours ago']);
  });

  it('is now when clocks differ, and nothing when the time is not known', () => {
    assert.equal(shortAge(created, after(-300)), 'now');
    assert.equal(shortAge('?', after(0)), '');
  });
});
