// The store of events in SQLite: the log, the table and memory give one picture, whatever moves between them, also after an end at any time.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../src/base/log.ts';
import { eventRowOf } from '../../../src/hub/events/eventRows.ts';
import { EventStore } from '../../../src/hub/events/eventStore.ts';
import { openDatabase, type OpenDatabase } from '../../../src/hub/store/openDatabase.ts';
import { outputs } from '../../support/sessionsWorld.ts';

describe('the hub: the store of events', () => {
  let folder: string;
  let opened: OpenDatabase;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-hub-'));
    opened = await openDatabase({ dataFolder: folder, log: silentLog });
  });
  afterEach(async () => {
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As the queue of writes does. */
  async function add(store: EventStore, batches: ReadonlyMap<string, readonly [number, number]>): Promise<void> {
    const sessions = [...batches].map(([id, [from, to]]) => ({ id, rows: outputs(id, from, to).map(eventRowOf) }));
    const committed = await opened.database.transaction().execute((transaction) => store.add(transaction, sessions));
    committed();
  }

  async function readAll(store: EventStore, session: string, limit: number): Promise<number[]> {
    const seen: number[] = [];
    for (;;) {
      const page = await store.page(session, seen.at(-1) ?? 0, limit);
      if (page.length === 0) return seen;
      assert.ok(page.length <= limit);
      for (const { seq, text } of page) {
        assert.equal(seq, seen.length + 1, `of ${session}`);
        assert.equal((JSON.parse(text) as { readonly seq: number }).seq, seq);
        seen.push(seq);
      }
    }
  }

  const count = async (table: 'events' | 'event_log'): Promise<number> => Number((await opened.database.selectFrom(table).select(({ fn }) => fn.countAll().as('count')).executeTakeFirstOrThrow()).count);

  it('gives each event once and in order while they settle', async function () {
    this.timeout(60_000);
    const store = new EventStore({ database: opened.database, log: silentLog, staged: true, settleMs: 5, mostPending: 3000 });
    const last = new Map<string, number>();
    let writing = true;
    const readers = Array.from({ length: 4 }, async (_, reader) => {
      for (let round = 0; writing; round++) {
        const session = `s${(round * 7 + reader) % 40}`;
        const known = last.get(session) ?? 0;
        assert.ok((await store.lastSeq(session)) >= known);
        assert.ok((await readAll(store, session, [1000, 37, 100][round % 3] ?? 1)).length >= known);
      }
    });
    for (let round = 0; round < 150; round++) {
      const batches = new Map<string, readonly [number, number]>();
      for (let n = 0; n < 10; n++) {
        const session = `s${(round * 3 + n * 11) % 40}`;
        const from = (last.get(session) ?? 0) + 1;
        batches.set(session, [from, from + ((round + n) % 60)]);
      }
      await add(store, batches);
      for (const [session, [, to]] of batches) last.set(session, to);
      if (round % 20 === 0) await store.settled('s3');
    }
    writing = false;
    await Promise.all(readers);
    for (const [session, seq] of last) assert.equal((await readAll(store, session, 1000)).length, seq);
    await store.dispose();
  });

  it('moves what is in the log to its place', async () => {
    const store = new EventStore({ database: opened.database, log: silentLog, staged: true, settleMs: 50, mostPending: 5000 });
    await add(store, new Map([['a', [1, 10]], ['b', [1, 20]]]));
    assert.deepEqual([await count('events'), await count('event_log')], [0, 30]);
    assert.deepEqual([await store.lastSeq('a'), (await readAll(store, 'b', 7)).length], [10, 20]);
    await store.settled('a');
    assert.equal(await count('events'), 10);
    await add(store, new Map([['a', [11, 500]]]));
    while ((await count('event_log')) > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await count('events'), 520);
    await store.dispose();
  });

  it('has all again after an end', async () => {
    const store = new EventStore({ database: opened.database, log: silentLog, staged: true, settleMs: 60_000 });
    await add(store, new Map([['a', [1, 10]], ['b', [1, 5]]]));
    await store.settled('a');
    await add(store, new Map([['a', [11, 12]]]));
    await store.dispose();
    await opened.close();
    opened = await openDatabase({ dataFolder: folder, log: silentLog });
    assert.deepEqual([await count('events'), await count('event_log')], [17, 0]);
    const again = new EventStore({ database: opened.database, log: silentLog, staged: true });
    assert.deepEqual([await again.lastSeq('a'), await again.lastSeq('b')], [12, 5]);
    await add(again, new Map([['a', [13, 13]]]));
    assert.equal((await readAll(again, 'a', 5)).length, 13);
    await again.dispose();
  });
});
