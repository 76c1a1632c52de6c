import assert from 'node:assert/strict';
import { waitForEvent } from '../../../../src/base/wait.ts';
import type { SharedSession } from '../../../../src/protocol/hubWire/sharedSession.ts';
import { RowChanges } from '../../../../src/runner/hubLink/rowChanges.ts';

const row = (id: string, more: Partial<SharedSession> = {}): SharedSession => ({ session_id: id, name: id, provider_id: 'p', title: '', state: 'RUNNING', status: { state: 'idle' }, status_since: 1, asks: [], queued_prompts: 0, created_at: 1, last_seq: 0, terminal: false, ...more });

describe('changes of rows', () => {
  it('are told once for many causes, and only where a row is another', async () => {
    const rows = new Map([['a', row('a')], ['b', row('b')], ['last', row('last')]]);
    const changes = new RowChanges({ rowOf: (id) => rows.get(id), gatherMs: 1 });
    const told: string[] = [];
    changes.onDidChange(({ session_id: id, title }) => told.push(`${id} ${title}`));
    changes.onDidGo((id) => told.push(`${id} gone`));
    const last = (): Promise<unknown> => {
      const heard = waitForEvent(changes.onDidChange, ({ session_id: id }) => id === 'last', { timeoutMs: 5_000, what: 'the last' });
      rows.set('last', row('last', { title: String(Math.random()) }));
      changes.touch('last');
      return heard;
    };
    changes.know(row('b'));
    for (let at = 0; at < 5; at++) for (const id of ['a', 'b']) changes.touch(id);
    await last();
    assert.deepEqual(told.splice(0).filter((text) => !text.startsWith('last')), ['a ']);
    // The numbers of events are told by events.
    rows.set('a', row('a', { last_seq: 7 }));
    rows.set('b', row('b', { title: 'new' }));
    for (const id of ['a', 'b', 'nobody']) changes.touch(id);
    await last();
    assert.deepEqual(told.splice(0).filter((text) => !text.startsWith('last')), ['b new']);
    rows.delete('a');
    changes.touch('a');
    changes.touch('a');
    await last();
    assert.deepEqual(told.filter((text) => !text.startsWith('last')), ['a gone']);
    changes.dispose();
  });
});
