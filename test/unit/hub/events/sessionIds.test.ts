// Which of the hub's ids a session may get, and which of a runner's ids are none.
import assert from 'node:assert/strict';
import { isAgentsError } from '../../../../src/base/errors.ts';
import { checkSessionId, idsFor } from '../../../../src/hub/events/heldSessions.ts';
import { eventRowOf } from '../../../../src/hub/events/eventRows.ts';
import { outputs } from '../../../support/sessionsWorld.ts';

describe('the hub\'s ids of sessions', () => {
  it('are the runner\'s, else with the start of the runner\'s id, else with all of it', () => {
    assert.deepEqual(idsFor('s', '12345678-9abc'), ['s', 's~12345678', 's~12345678-9abc']);
  });

  it('hold neither control characters nor halves of others', () => {
    for (const id of ['a', 'a b/ü~1', '🙂', '<script>']) checkSessionId(id);
    for (const id of ['\u0000', 'a\nb', '\ud83d', 'x\udc00']) assert.throws(() => checkSessionId(id), (error) => isAgentsError(error, 'bad-input'), JSON.stringify(id));
  });
});

describe('an event as it is kept', () => {
  it('has a time that every database takes, and its text as it came', () => {
    const [event] = outputs('s', 1, 1);
    assert.ok(event);
    for (const [ts, kept] of [[1.7, 1], [-5, 0], [1e300, Number.MAX_SAFE_INTEGER], [1_790_000_000_000, 1_790_000_000_000]] as const) {
      const row = eventRowOf({ ...event, ts });
      assert.deepEqual([row.ts, row.seq, row.type], [kept, 1, 'TERMINAL_CHUNK']);
      assert.deepEqual(JSON.parse(row.text), { ...event, ts });
    }
  });
});
