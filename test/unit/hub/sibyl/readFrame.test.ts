// Frames of runners as a hub reads them: of its own version, of a later one, and of none.
import assert from 'node:assert/strict';
import { readFrame } from '../../../../src/hub/sibyl/readFrame.ts';

const stamp = { sessionId: 's', orgId: 'o', ts: 1_790_000_000_000 };
const chunk = { ...stamp, seq: 1, type: 'TERMINAL_CHUNK', data: 'x', stream: 'stdout' };
const read = (...events: readonly unknown[]) => readFrame(Buffer.from(JSON.stringify({ type: 'events', session_id: 's', events })), false);

describe("a runner's frame", () => {
  it('may hold events of a later version: each is kept in its place', () => {
    const { frame } = read(chunk, { ...stamp, seq: 2, type: 'DREAMT', of: 'sheep' }, { ...stamp, seq: 3, type: 'FILE_TOUCHED', path: 'a', reason: 'admired' });
    assert.ok(frame?.type === 'events');
    assert.deepEqual(frame.events, [
      chunk,
      { ...stamp, seq: 2, type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'unknown', of: 'DREAMT', event: { type: 'DREAMT', of: 'sheep' } } },
      { ...stamp, seq: 3, type: 'PROVIDER_EVENT_FORWARDED', providerEvent: { kind: 'unknown', of: 'FILE_TOUCHED', event: { type: 'FILE_TOUCHED', path: 'a', reason: 'admired' } } },
    ]);
  });

  it('is refused where an event has no number, time or type', () => {
    for (const event of [{ ...chunk, seq: 1.5 }, { ...chunk, seq: 0 }, { ...chunk, ts: 'now' }, { ...stamp, seq: 1 }, null, 'x']) assert.match(read(event).fault ?? '', /no valid events/);
  });
});
