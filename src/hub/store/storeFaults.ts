// What SQLite and PostgreSQL say when they fail, as errors that people understand.
import { AgentsError, isAgentsError, messageOf } from '../../base/errors.ts';

const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;
/** PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE = '23505';
const FULL = new Set(['53100', '53200']);
/** Connection faults, a server that starts or stops, and what Node says of a socket. */
const AWAY = /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|ENOENT)$/;

/** Two rows of one key. */
export function isUniqueFault(error: unknown): boolean {
  const { code, errcode } = codes(error);
  return code === UNIQUE || (errcode !== undefined && (errcode & 0xff) === SQLITE_CONSTRAINT && /UNIQUE|PRIMARY KEY/.test(messageOf(error)));
}

/** `disk-full`, `disconnected` (the database is away for now), or `internal`; AgentsErrors stay what they are. */
export function storeFault(error: unknown): AgentsError {
  if (isAgentsError(error)) return error;
  const { code, errcode } = codes(error);
  if (FULL.has(code ?? '') || (errcode !== undefined && (errcode & 0xff) === SQLITE_FULL) || code === 'ENOSPC') {
    return new AgentsError('disk-full', 'The hub cannot write: the disk of its database is full.', { cause: error, hint: 'Free some space there; runners keep what they have until then.' });
  }
  if (AWAY.test(code ?? '') || /Connection terminated|timeout exceeded when trying to connect/.test(messageOf(error))) {
    return new AgentsError('disconnected', `The hub's database cannot be reached: ${messageOf(error) || code || 'no connection'}.`, { cause: error, hint: 'It is tried again with the next call.' });
  }
  return new AgentsError('internal', `The hub's database failed: ${messageOf(error)}.`, { cause: error });
}

function codes(error: unknown): { readonly code: string | undefined; readonly errcode: number | undefined } {
  if (!(error instanceof Error)) return { code: undefined, errcode: undefined };
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  return { code: 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined, errcode: 'errcode' in inner && typeof inner.errcode === 'number' ? inner.errcode : undefined };
}
