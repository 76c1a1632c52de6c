// The hub's processes speak to each other: in memory where there is one, over PostgreSQL where there may be several.
import type { Log } from '../../base/log.ts';
import type { Bus } from '../parts.ts';
import type { Database } from '../store/tables.ts';
import { memoryBus } from './memoryBus.ts';
import { openPostgresBus } from './postgresBus.ts';

export interface OpenBus extends Bus {
  close(): Promise<void>;
}

/** Throws `disconnected` when PostgreSQL cannot be reached; later it comes back by itself. */
export async function openBus(options: { readonly database: Database; readonly databaseUrl?: string | undefined; readonly log: Log }): Promise<OpenBus> {
  const { database, databaseUrl, log } = options;
  return databaseUrl === undefined ? memoryBus(log) : await openPostgresBus({ database, databaseUrl, log });
}
