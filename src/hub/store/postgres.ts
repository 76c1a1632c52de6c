// The pool of connections to PostgreSQL; 64-bit integers are numbers here (times in ms, counts).
import type { Pool, PoolConfig } from 'pg';
import type { Log } from '../../base/log.ts';

const INT8 = 20;

/** How every connection of the hub to PostgreSQL is made. A dead server is noticed by keepalive, a slow statement ends after 30 s. */
export function postgresOptions(url: string): PoolConfig {
  return { connectionString: url, application_name: 'tmux-agents hub', connectionTimeoutMillis: 10_000, keepAlive: true };
}

/** Connects when it is first asked. A connection that breaks at rest is dropped and logged: the next one is new. */
export async function openPool(url: string, log: Log): Promise<Pool> {
  const { default: pg } = await import('pg');
  const { TypeOverrides } = pg;
  const types = new TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({
    ...postgresOptions(url),
    max: 10,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    types,
  });
  pool.on('error', (error) => log.warn(`A connection to PostgreSQL broke: ${error.message}`));
  return pool;
}
