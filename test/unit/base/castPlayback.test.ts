// Recordings as something to play: read whole or torn, on a clock that shortens silences.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { parseCast, PlayClock, sizeOf, type CastFrame } from '../../../src/base/castPlayback.ts';

describe('the playback of a recording', () => {
  const header = JSON.stringify({ version: 2, width: 100, height: 30, timestamp: 1_700_000_000.5 });

  it('reads a recording that is still being written', () => {
    const cast = parseCast(`${header}\n[0.5,"o","a"]\n[1,"i","typed"]\n[0.8,"o","b"]\n[2,"r","80x24"]\n[3,"o","torn`);
    assert.deepEqual(cast, { width: 100, height: 30, timestamp: 1_700_000_000.5, frames: [{ at: 0.5, type: 'o', data: 'a' }, { at: 0.8, type: 'o', data: 'b' }, { at: 2, type: 'r', data: '80x24' }] });
    assert.equal(parseCast('{"version":1}'), undefined);
    assert.equal(parseCast(''), undefined);
    assert.deepEqual(sizeOf('80x24'), { columns: 80, rows: 24 });
    assert.equal(sizeOf('80x'), undefined);
  });

  it('never goes back in time', () => {
    assert.deepEqual(parseCast(`${header}\n[5,"o","a"]\n[2,"o","b"]`)?.frames.map(({ at }) => at), [5, 5]);
  });

  const frames = (...times: number[]): CastFrame[] => times.map((at) => ({ at, type: 'o', data: 'x' }));

  it('keeps silences up to a limit, and finds any moment', () => {
    const clock = new PlayClock(frames(0, 1, 61, 62), 2);
    assert.equal(clock.duration, 4);
    assert.deepEqual([0, 1, 2, 3].map((index) => clock.timeOf(index)), [0, 1, 3, 4]);
    assert.deepEqual([0, 0.5, 3, 9].map((played) => clock.framesUntil(played)), [1, 1, 3, 4]);
    assert.deepEqual([0, 1.5, 30, 61, 99].map((real) => clock.playedAt(real)), [0, 1.5, 3, 3, 4]);
    assert.equal(new PlayClock(frames(0, 1, 61, 62), Infinity).duration, 62);
    assert.equal(new PlayClock([], 1).duration, 0);
  });

  it('holds for any recording: in order, no longer than the real time, no silence over the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1_000, noNaN: true }), { maxLength: 40 }), fc.double({ min: 0.01, max: 10, noNaN: true }), (gaps, limit) => {
        let at = 0;
        const clock = new PlayClock(frames(...gaps.map((gap) => (at += gap))), limit);
        gaps.forEach((_, index) => {
          const before = index === 0 ? 0 : clock.timeOf(index - 1);
          assert.ok(clock.timeOf(index) - before <= limit + 1e-6 && clock.timeOf(index) >= before);
        });
        assert.ok(clock.duration <= at + 1e-6);
      }),
    );
  });
});
