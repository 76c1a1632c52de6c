// The audit log: who did what, in the database. Written behind the caller's back, read by admins.
import type { AuditLog } from '../parts.ts';
import { messageOf } from '../../base/errors.ts';
import { jsonOf } from '../../base/json.ts';
import type { Log } from '../../base/log.ts';
import type { AuditEntry } from '../../protocol/hubWire/hubRest.ts';
import type { Database } from '../store/tables.ts';

export class DatabaseAudit implements AuditLog {
  readonly #database: Database;
  readonly #log: Log;
  readonly #writing = new Set<Promise<void>>();

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  note({ by, orgId, action, target, detail, ip }: Parameters<AuditLog['note']>[0]): void {
    const named = typeof by === 'string' ? { actor: by, org: orgId } : { actor: by.runnerId === undefined ? by.name : `${by.name} (runner ${by.runnerId})`, org: orgId ?? by.orgId };
    const row = { org_id: named.org ?? null, at: Date.now(), actor: named.actor, action, target: target ?? null, detail: detail === undefined ? null : JSON.stringify(detail), ip: ip ?? null };
    const writing: Promise<void> = this.#database
      .insertInto('audit')
      .values(row)
      .execute()
      .then(() => undefined, (error: unknown) => this.#log.error(`The audit log lacks "${action}" by ${named.actor}: ${messageOf(error)}`))
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** An organization's, latest first; those before the entry `before`. */
  async list(orgId: string, { before, limit }: { readonly before?: number | undefined; readonly limit: number }): Promise<readonly AuditEntry[]> {
    const entries = this.#database.selectFrom('audit').selectAll().where('org_id', '=', orgId).orderBy('id', 'desc').limit(limit);
    const rows = await (before === undefined ? entries : entries.where('id', '<', before)).execute();
    return rows.map(({ id, at, actor, action, target, detail, ip }) => ({ id: Number(id), at: new Date(Number(at)).toISOString(), actor, action, target, detail: (detail === null ? null : jsonOf(detail) ?? null) as Record<string, unknown> | null, ip }));
  }

  /** Resolves once all is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#writing);
  }
}
