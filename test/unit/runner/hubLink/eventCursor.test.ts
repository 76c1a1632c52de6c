import assert from 'node:assert/strict';
import { EventCursor } from '../../../../src/runner/hubLink/eventCursor.ts';

describe("a session's event cursor", () => {
  it('is behind while the disk has more than was sent', () => {
    const cursor = new EventCursor(3, 5);
    assert.equal(cursor.next, 4);
    assert.equal(cursor.isBehind, true);
    cursor.sent(5, 100);
    assert.equal(cursor.isBehind, false);
    cursor.knows(6);
    cursor.knows(2);
    assert.equal(cursor.isBehind, true);
  });

  it('counts what flies until it is acknowledged, whole frames at a time', () => {
    const cursor = new EventCursor(0, 100);
    cursor.sent(10, 1_000);
    cursor.sent(30, 2_000);
    assert.deepEqual(cursor.flying, { count: 30, bytes: 3_000 });
    assert.deepEqual(cursor.acked(9), { count: 0, bytes: 0 });
    assert.deepEqual(cursor.acked(10), { count: 10, bytes: 1_000 });
    assert.deepEqual(cursor.acked(10), { count: 0, bytes: 0 });
    assert.deepEqual(cursor.acked(30), { count: 20, bytes: 2_000 });
    assert.equal(cursor.next, 31);
  });

  it('skips what the hub has from before', () => {
    const cursor = new EventCursor(0, 100);
    cursor.sent(10, 1_000);
    assert.deepEqual(cursor.acked(50), { count: 10, bytes: 1_000 });
    assert.equal(cursor.next, 51);
    assert.equal(cursor.isBehind, true);
  });

  it('goes back, or forward, to what the hub says, and forgets what flew', () => {
    const cursor = new EventCursor(0, 100);
    cursor.sent(40, 1_000);
    assert.deepEqual(cursor.resume(20), { count: 40, bytes: 1_000 });
    assert.deepEqual([cursor.next, cursor.flying.count], [21, 0]);
    assert.deepEqual(cursor.acked(40), { count: 0, bytes: 0 });
    assert.equal(cursor.next, 41);
  });

  it('is not behind where the journal ends before what was told of it', () => {
    const cursor = new EventCursor(4, 9);
    cursor.isAtEnd();
    assert.equal(cursor.isBehind, false);
    cursor.knows(5);
    assert.equal(cursor.isBehind, true);
  });
});
