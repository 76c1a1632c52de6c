// The hub's database, in both forms: opened, migrated once, and what its faults are called.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { openDatabase, type OpenDatabase } from '../../../src/hub/store/openDatabase.ts';
import { isUniqueFault, storeFault } from '../../../src/hub/store/storeFaults.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { needsSmallDisk } from '../../support/smallDisk.ts';

describe('the hub\'s database', () => {
  let folder: string;
  let server: PostgresServer | undefined;
  const opened: OpenDatabase[] = [];
  const open = async (options: { databaseUrl?: string; dataFolder?: string } = {}): Promise<OpenDatabase> => {
    const database = await openDatabase({ dataFolder: folder, log: silentLog, ...options });
    opened.push(database);
    return database;
  };

  before(async function () {
    this.timeout(90_000);
    server = await needsPostgres(this);
  });
  after(() => server?.dispose());
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tmux-agents-hub-'))));
  afterEach(async () => {
    await Promise.allSettled(opened.splice(0).map((database) => database.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  for (const kind of ['sqlite', 'postgres'] as const) {
    describe(kind, () => {
      const url = async (): Promise<{ databaseUrl?: string }> => (kind === 'sqlite' ? {} : { databaseUrl: (await server?.database()) ?? '' });

      it('keeps what was written, and migrates once', async () => {
        const where = await url();
        const first = await open(where);
        await first.database.insertInto('orgs').values({ id: 'a', name: 'Ärger "1"', created_at: 1_790_000_000_123 }).execute();
        await first.close();
        const second = await open(where);
        assert.deepEqual((await second.database.selectFrom('orgs').selectAll().execute()).map((row) => ({ ...row })), [{ id: 'a', name: 'Ärger "1"', created_at: 1_790_000_000_123 }]);
      });

      it('numbers the audit log, and takes many rows at once', async () => {
        const { database } = await open(await url());
        const rows = Array.from({ length: 500 }, (_, n) => ({ org_id: 'a', at: n, actor: 'me', action: 'did', target: null, detail: null, ip: null }));
        await database.insertInto('audit').values(rows).execute();
        const ids = (await database.selectFrom('audit').select('id').orderBy('id').execute()).map(({ id }) => id);
        assert.equal(new Set(ids).size, 500);
        assert.equal(typeof ids[0], 'number');
      });

      it('ignores an event that is there already, and knows two rows of one key', async () => {
        const { database } = await open(await url());
        const event = { session: 's', seq: 1, ts: 1, type: 'OUTPUT', event: '{}' };
        await database.insertInto('events').values([event, { ...event, seq: 2 }]).execute();
        await database.insertInto('events').values([event, { ...event, seq: 3 }]).onConflict((conflict) => conflict.doNothing()).execute();
        assert.equal((await database.selectFrom('events').selectAll().execute()).length, 3);
        await assert.rejects(database.insertInto('events').values(event).execute(), (error) => isUniqueFault(error));
      });

      it('undoes a transaction that fails', async () => {
        const { database } = await open(await url());
        await assert.rejects(database.transaction().execute(async (trx) => {
          await trx.insertInto('settings').values({ name: 'x', value: '1' }).execute();
          throw new Error('no');
        }), /no/);
        assert.deepEqual(await database.selectFrom('settings').selectAll().execute(), []);
      });

      it('refuses the database of a newer hub', async () => {
        const where = await url();
        const earlier = await open(where);
        await earlier.database.withTables<{ kysely_migration: { name: string; timestamp: string } }>().insertInto('kysely_migration').values({ name: '9999-later', timestamp: new Date().toISOString() }).execute();
        await earlier.close();
        await assert.rejects(open(where), (error) => isAgentsError(error, 'stale'));
      });
    });
  }

  it('has files for its user alone, and one hub for a folder', async () => {
    await open();
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'hub.sqlite')).mode & 0o777, 0o600);
    await assert.rejects(open(), (error) => isAgentsError(error, 'name-taken') && error.message.includes(folder));
  });

  it('says that PostgreSQL cannot be reached', async () => {
    await assert.rejects(open({ databaseUrl: 'postgresql://tests@127.0.0.1:1/none' }), (error) => isAgentsError(error, 'disconnected'));
  });

  it('says that the disk is full, and has what was written before', async function () {
    const disk = needsSmallDisk(this, '2m');
    try {
      const full = await open({ dataFolder: disk.folder });
      const { database } = full;
      const row = (n: number) => ({ session: 's', seq: n, ts: 1, type: 'OUTPUT', event: 'x'.repeat(100_000) });
      let written = 0;
      const fill = async (): Promise<void> => {
        for (;;) await database.insertInto('events').values(row(++written)).execute();
      };
      await assert.rejects(fill(), (error) => storeFault(error).reason === 'disk-full');
      const { length: kept } = await database.selectFrom('events').select('seq').execute();
      assert.equal(kept, written - 1);
      await full.close();
    } finally {
      disk.dispose();
    }
  });
});
