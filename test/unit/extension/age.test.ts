// Ages in a row and in words.
import assert from 'node:assert/strict';
import { shortAge, spokenAge } from '../../../src/extension/tree/age.ts';

const created = '2026-01-01T12:00:00Z';
const after = (seconds: number): number => Date.parse(created) + seconds * 1_000;

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
