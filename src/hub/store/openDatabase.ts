// Opens the hub's database: a SQLite file in its data folder, or PostgreSQL; with all migrations done.
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { holdProcessLock } from '../../base/processLock.ts';
import { migrate, type DatabaseKind } from './migrate.ts';
import { openNodeSqlite } from './nodeSqlite.ts';
import { openPool } from './postgres.ts';
import { storeFault } from './storeFaults.ts';
import type { Database, Tables } from './tables.ts';

export interface OpenDatabase {
  readonly database: Database;
  readonly kind: DatabaseKind;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Absolute; made with mode 0700. */
  readonly dataFolder: string;
  readonly databaseUrl?: string | undefined;
  readonly log: Log;
}

/**
 * Throws `name-taken` when another hub has this folder's SQLite file, `disconnected` when PostgreSQL cannot be reached, `folder-unwritable`, `disk-full`,
 * `stale` for the database of a newer hub.
 */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  return options.databaseUrl === undefined ? await openSqlite(options.dataFolder) : await openPostgres(options.databaseUrl, options.log);
}

async function openSqlite(dataFolder: string): Promise<OpenDatabase> {
  const file = join(dataFolder, 'hub.sqlite');
  try {
    makeFolder(dataFolder);
    chmodSync(dataFolder, 0o700);
  } catch (error) {
    throw new AgentsError('folder-unwritable', `The hub's data folder ${dataFolder} cannot be written: ${messageOf(error)}.`, { cause: error, hint: 'Give another one with --data.' });
  }
  const lock = await holdProcessLock(`${file}.lock`);
  if (lock === undefined) throw new AgentsError('name-taken', `Another hub already uses ${dataFolder}.`, { hint: 'Several hubs share one PostgreSQL (--database-url), not one folder.' });
  try {
    const sqlite = await openNodeSqlite(file);
    chmodSync(file, 0o600);
    const database: Database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
    const opened = { database, kind: 'sqlite' as const, close: () => database.destroy().finally(() => lock.dispose()) };
    try {
      await migrate(database, 'sqlite');
      await settleLog(database);
      return opened;
    } catch (error) {
      await database.destroy();
      throw error;
    }
  } catch (error) {
    lock.dispose();
    throw storeFault(error);
  }
}

/** Node's own recursive one never returns where the system says "no such file" for ever, as in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

async function openPostgres(url: string, log: Log): Promise<OpenDatabase> {
  const pool = await openPool(url, log);
  const database: Database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(database, 'postgres');
    return { database, kind: 'postgres', close: () => database.destroy() };
  } catch (error) {
    await database.destroy();
    throw storeFault(error);
  }
}

/** What a hub that ended had only in its log of events goes to their table. */
async function settleLog(database: Database): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const logged = transaction.selectFrom('event_log').select(['session', 'seq', 'ts', 'type', 'event']).orderBy('session').orderBy('seq');
    await transaction.insertInto('events').columns(['session', 'seq', 'ts', 'type', 'event']).expression(logged).onConflict((on) => on.doNothing()).execute();
    await transaction.deleteFrom('event_log').execute();
  });
}
