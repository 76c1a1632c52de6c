// Node's own SQLite in the form that Kysely's dialect wants: no native module to build, statements prepared once.
import type * as Sqlite from 'node:sqlite';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { messageOf } from '../../base/errors.ts';

/** Texts of statements that are kept prepared; multi-row inserts have as many texts as sizes. */
const KEPT_STATEMENTS = 200;

/** Opens or makes the file. A commit is on disk when it returns (WAL, synchronous=FULL). Throws SQLite's errors. */
export async function openNodeSqlite(file: string): Promise<SqliteDatabase> {
  const { DatabaseSync: Database } = await importSqlite();
  const database = new Database(file, { timeout: 5000, enableForeignKeyConstraints: false });
  // Of memory, KB; the page cache of the system does the rest.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;');
  return new NodeSqlite(database);
}

/** As Kysely says it. */
const ROLLBACK = 'rollback';

class NodeSqlite implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): SqliteStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = sql === ROLLBACK ? rollbackOf(this.#database) : statementOf(this.#database.prepare(sql));
    if (this.#statements.size >= KEPT_STATEMENTS) {
      const [oldest] = this.#statements.keys();
      if (oldest !== undefined) this.#statements.delete(oldest);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** On a full disk SQLite has rolled back by itself: that fault is the one to tell, not that there is nothing left to roll back. */
function rollbackOf(database: DatabaseSync): SqliteStatement {
  const roll = (): void => {
    try {
      database.exec(ROLLBACK);
    } catch (error) {
      if (!/no transaction is active/.test(messageOf(error))) throw error;
    }
  };
  return {
    reader: false,
    all: () => [],
    run: () => {
      roll();
      return { changes: 0, lastInsertRowid: 0 };
    },
    iterate: () => [][Symbol.iterator](),
  };
}

function statementOf(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(valueOf)),
    run: (parameters) => statement.run(...parameters.map(valueOf)),
    iterate: (parameters) => statement.iterate(...parameters.map(valueOf)),
  };
}

function valueOf(value: unknown): SQLInputValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || value === null) return value;
  if (value === undefined) return null;
  throw new TypeError(`SQLite takes texts, numbers and null, not ${typeof value}.`);
}

/** Without Node's note that its SQLite is experimental. */
async function importSqlite(): Promise<typeof Sqlite> {
  const told = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).includes('SQLite')) Reflect.apply(told, process, [warning, ...rest]);
  };
  try {
    return await import('node:sqlite');
  } finally {
    process.emitWarning = told;
  }
}
