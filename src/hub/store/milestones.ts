// The few events that say how a session is: an index has them alone. SQLite uses it for a query that says its condition word for word.
import { sql, type RawBuilder } from 'kysely';

/** For a `where`. As long as the index of the first migration is there, it stays as it is. */
export const MILESTONES: RawBuilder<boolean> = sql.raw("type in ('SESSION_STARTED', 'SESSION_STATE_CHANGED', 'SESSION_ENDED', 'APPROVAL_REQUESTED', 'APPROVAL_RESOLVED')");
