// What other processes tell of sessions is not kept in mind for ever.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLog } from '../../../../src/base/log.ts';
import { memoryBus } from '../../../../src/hub/bus/memoryBus.ts';
import { EventFeed } from '../../../../src/hub/events/eventFeed.ts';
import { EventStore } from '../../../../src/hub/events/eventStore.ts';
import { HeldSessions } from '../../../../src/hub/events/heldSessions.ts';
import { Watchers } from '../../../../src/hub/events/watchers.ts';
import { openDatabase } from '../../../../src/hub/store/openDatabase.ts';

const IDLE_MS = 10 * 60_000;

describe('a feed of events', () => {
  it('lets go of sessions of a village that are silent, and keeps what is watched', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'tmux-agents-feed-'));
    const log = silentLog;
    const opened = await openDatabase({ dataFolder, log });
    const store = new EventStore({ database: opened.database, log, staged: false });
    const bus = memoryBus(log);
    mock.timers.enable({ apis: ['setInterval'] });
    const watchers = new Watchers(bus);
    const feed = new EventFeed({ store, bus, log, watchers, held: new HeldSessions(store) });
    const tell = async (...ids: readonly string[]): Promise<void> => {
      bus.publish('sessions.events', { process: 'another', sessions: ids.map((id) => ({ id, from: 1, to: 0, village: true })) });
      await turn();
    };
    try {
      await tell('silent', 'loud', 'watched');
      const watching = feed.watch('watched');
      mock.timers.tick(IDLE_MS);
      assert.equal(feed.size, 3);
      await tell('loud');
      mock.timers.tick(IDLE_MS);
      assert.equal(feed.size, 2);
      mock.timers.tick(IDLE_MS);
      assert.equal(feed.size, 1);
      watching.dispose();
      assert.equal(feed.size, 0);
    } finally {
      mock.timers.reset();
      feed.dispose();
      watchers.dispose();
      await store.dispose();
      await opened.close();
      rmSync(dataFolder, { recursive: true, force: true });
    }
  });
});
