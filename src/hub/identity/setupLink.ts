// The one-time link that makes its holder the first admin. The database knows the hash of its token alone.
import { createHash, randomBytes } from 'node:crypto';
import { AgentsError } from '../../base/errors.ts';
import type { Database } from '../store/tables.ts';
import type { People, UserRow } from './people.ts';

const SETTING = 'setup_token';
/** The first organization's name; nothing depends on it. */
const FIRST_ORG = 'Main';

export class SetupLink {
  readonly #database: Database;
  readonly #people: People;

  constructor(database: Database, people: People) {
    this.#database = database;
    this.#people = people;
  }

  /** A new token, which ends the one before; undefined once there is an admin. */
  async renew(): Promise<string | undefined> {
    if (await this.#people.hasAdmin()) return undefined;
    const token = randomBytes(32).toString('base64url');
    const value = hashOf(token);
    await this.#database.insertInto('settings').values({ name: SETTING, value }).onConflict((conflict) => conflict.column('name').doUpdateSet({ value })).execute();
    return token;
  }

  /** Makes the first organization and its admin. Throws `policy-denied` for a token that is not, or no more, valid; `name-taken`. */
  async use(token: string, admin: { readonly name: string; readonly password: string }): Promise<UserRow> {
    const invalid = (): AgentsError => new AgentsError('policy-denied', 'This link is not valid any more.', { hint: "Start the hub anew: it prints a new link as long as there is no admin. If there is one, ask them for a user of your own." });
    const value = hashOf(token);
    // Before the costly hash of a password; by its hash, so the comparison's time tells nothing of the token.
    if ((await this.#database.selectFrom('settings').select('name').where('name', '=', SETTING).where('value', '=', value).executeTakeFirst()) === undefined) throw invalid();
    return this.#people.addOrg(FIRST_ORG, admin, {
      first: true,
      claim: async (transaction) => {
        // Of two at once the database lets one delete it.
        const { numDeletedRows } = await transaction.deleteFrom('settings').where('name', '=', SETTING).where('value', '=', value).executeTakeFirst();
        if (numDeletedRows === 0n) throw invalid();
      },
    });
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
