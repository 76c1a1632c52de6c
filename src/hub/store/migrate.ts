// Brings the tables up to date: each migration once, in order, one hub process at a time.
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { AgentsError, messageOf } from '../../base/errors.ts';
import { storeFault } from './storeFaults.ts';
import { first } from './migrations/0001-first.ts';
import type { Database } from './tables.ts';

export type DatabaseKind = 'sqlite' | 'postgres';

const migrations = { '0001-first': first } as const;

/** Throws `internal` with the migration's name; nothing of a failed one stays. A database of a newer hub is refused. */
export async function migrate(database: Database, kind: DatabaseKind): Promise<void> {
  const known = Object.entries(migrations).map(([name, up]) => [name, { up: (db: Kysely<unknown>) => up(db, kind) }] as const);
  const migrator = new Migrator({ db: database, provider: { getMigrations: () => Promise.resolve(Object.fromEntries(known)) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (/corrupted migrations/.test(messageOf(error))) {
    throw new AgentsError('stale', 'This database was made by a newer hub.', { cause: error, hint: 'Start that version, or give another data folder.' });
  }
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  const fault = storeFault(error);
  throw failed === undefined || fault.reason !== 'internal' ? fault : new AgentsError('internal', `The migration ${failed} failed: ${messageOf(error)}.`, { cause: error });
}
