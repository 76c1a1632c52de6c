// Tokens as the database knows them, by their `jti`: what they are for, until when, whether revoked, and when last used.
import { randomUUID } from 'node:crypto';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Database } from '../store/tables.ts';
import type { AccessTokens } from './accessTokens.ts';

const DAY_MS = 24 * 3600_000;
/** Uses are written at most this often per token. */
const USED_MS = 60_000;
/** For so long after its end a token's row is kept. */
const KEPT_MS = 30 * DAY_MS;

export type TokenKind = 'api' | 'runner' | 'session';

export interface TokenRow {
  readonly id: string;
  readonly orgId: string;
  readonly userId: string;
  readonly runnerId: string | null;
  readonly kind: string;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export class TokenRows {
  readonly #database: Database;
  readonly #tokens: AccessTokens;
  readonly #log: Log;
  readonly #usedAt = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();

  constructor(database: Database, tokens: AccessTokens, log: Log) {
    this.#database = database;
    this.#tokens = tokens;
    this.#log = log;
  }

  /** A new row and its token, which is nowhere else. `lifetimeMs` null: until it is revoked. */
  async issue(of: { readonly orgId: string; readonly userId: string; readonly kind: TokenKind; readonly name: string; readonly lifetimeMs: number | null; readonly runnerId?: string }): Promise<{ readonly row: TokenRow; readonly token: string }> {
    const now = Date.now();
    const row: TokenRow = { id: randomUUID(), orgId: of.orgId, userId: of.userId, runnerId: of.runnerId ?? null, kind: of.kind, name: of.name, createdAt: now, expiresAt: of.lifetimeMs === null ? null : now + of.lifetimeMs, lastUsedAt: null, revokedAt: null };
    const token = await this.#tokens.sign({ userId: row.userId, orgId: row.orgId, id: row.id, runnerId: of.runnerId, expiresAt: row.expiresAt });
    await this.#database
      .insertInto('tokens')
      .values({ id: row.id, org_id: row.orgId, user_id: row.userId, runner_id: row.runnerId, kind: row.kind, name: row.name, created_at: row.createdAt, expires_at: row.expiresAt, last_used_at: null, revoked_at: null })
      .execute();
    return { row, token };
  }

  async find(id: string): Promise<TokenRow | undefined> {
    return rowOf(await this.#database.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst());
  }

  /** A user's that are good, of one kind, latest first. */
  async list(userId: string, kind: TokenKind): Promise<readonly TokenRow[]> {
    const rows = await this.#database
      .selectFrom('tokens')
      .selectAll()
      .where('user_id', '=', userId)
      .where('kind', '=', kind)
      .where('revoked_at', 'is', null)
      .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', Date.now())]))
      .orderBy('created_at', 'desc')
      .execute();
    return rows.flatMap((row) => rowOf(row) ?? []);
  }

  /** The ids of those that ended by this. */
  async revoke(which: { readonly id: string } | { readonly runnerId: string } | { readonly userId: string; readonly kind: TokenKind }): Promise<readonly string[]> {
    const update = this.#database.updateTable('tokens').set({ revoked_at: Date.now() }).where('revoked_at', 'is', null);
    const chosen = 'id' in which ? update.where('id', '=', which.id) : 'runnerId' in which ? update.where('runner_id', '=', which.runnerId) : update.where('user_id', '=', which.userId).where('kind', '=', which.kind);
    return (await chosen.returning('id').execute()).map(({ id }) => id);
  }

  async revokedSince(time: number): Promise<readonly TokenRow[]> {
    const rows = await this.#database.selectFrom('tokens').selectAll().where('revoked_at', '>', time).execute();
    return rows.flatMap((row) => rowOf(row) ?? []);
  }

  /** Notes a use, at most once a minute; nobody waits for it. */
  used(id: string): void {
    const now = Date.now();
    if (now - (this.#usedAt.get(id) ?? 0) < USED_MS) return;
    this.#usedAt.set(id, now);
    if (this.#usedAt.size > 10_000) for (const [old, at] of this.#usedAt) if (now - at >= USED_MS) this.#usedAt.delete(old);
    const writing: Promise<void> = this.#database
      .updateTable('tokens')
      .set({ last_used_at: now })
      .where('id', '=', id)
      .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<=', now - USED_MS)]))
      .execute()
      .then(() => undefined, (error: unknown) => this.#log.warn(`A token's last use was not noted: ${messageOf(error)}`))
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Forgets tokens that ended long ago. */
  async sweep(): Promise<void> {
    const before = Date.now() - KEPT_MS;
    await this.#database.deleteFrom('tokens').where((row) => row.or([row('expires_at', '<', before), row('revoked_at', '<', before)])).execute();
  }

  /** Resolves once all uses are written. */
  async flush(): Promise<void> {
    await Promise.all(this.#writing);
  }
}

type Stored = { readonly id: string; readonly org_id: string; readonly user_id: string; readonly runner_id: string | null; readonly kind: string; readonly name: string; readonly created_at: number; readonly expires_at: number | null; readonly last_used_at: number | null; readonly revoked_at: number | null };

function rowOf(row: Stored | undefined): TokenRow | undefined {
  if (row === undefined) return undefined;
  const time = (value: number | null): number | null => (value === null ? null : Number(value));
  return { id: row.id, orgId: row.org_id, userId: row.user_id, runnerId: row.runner_id, kind: row.kind, name: row.name, createdAt: Number(row.created_at), expiresAt: time(row.expires_at), lastUsedAt: time(row.last_used_at), revokedAt: time(row.revoked_at) };
}
