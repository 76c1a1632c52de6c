// Everything of identity, made once per hub: what its routes and the hub's start need of it.
import type { Log } from '../../base/log.ts';
import type { Bus, HubOptions } from '../parts.ts';
import type { Database } from '../store/tables.ts';
import { AccessTokens } from './accessTokens.ts';
import { DatabaseAudit } from './databaseAudit.ts';
import { HubIdentity } from './hubIdentity.ts';
import { People } from './people.ts';
import { SetupLink } from './setupLink.ts';
import { signingSecret } from './signingSecret.ts';
import { TokenRows } from './tokenRows.ts';

export interface IdentityParts {
  readonly identity: HubIdentity;
  readonly people: People;
  readonly rows: TokenRows;
  readonly setup: SetupLink;
  readonly audit: DatabaseAudit;
}

/** Throws as `signingSecret`. The owner disposes `identity` and flushes `rows` and `audit`. */
export async function openIdentity({ options, database, bus, log }: { readonly options: HubOptions; readonly database: Database; readonly bus: Bus; readonly log: Log }): Promise<IdentityParts> {
  const tokens = new AccessTokens(await signingSecret(options, database));
  const people = new People(database);
  const rows = new TokenRows(database, tokens, log);
  const proxied = options.trustProxy !== undefined && options.trustProxy !== false;
  return { people, rows, identity: new HubIdentity({ tokens, rows, people, bus, log, proxied, shared: options.jwtSecret !== undefined }), setup: new SetupLink(database, people), audit: new DatabaseAudit(database, log) };
}
