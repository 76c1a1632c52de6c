// Whose a village is: the organization's that first began a session in it.
import type { Database } from '../store/tables.ts';
import { storeFault } from '../store/storeFaults.ts';

export class Villages {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes it this organization's unless it is somebody's; whether it is this organization's then. Of several that ask at once, one gets it. Throws the database's faults. */
  async claim(villageId: string, orgId: string): Promise<boolean> {
    try {
      await this.#database.insertInto('villages').values({ id: villageId, org_id: orgId, created_at: Date.now() }).onConflict((conflict) => conflict.column('id').doNothing()).execute();
    } catch (error) {
      throw storeFault(error);
    }
    return (await this.#owner(villageId)) === orgId;
  }

  /** Looking at one that is nobody's yet makes it nobody's. */
  async isOpenTo(villageId: string, orgId: string): Promise<boolean> {
    const owner = await this.#owner(villageId);
    return owner === undefined || owner === orgId;
  }

  /** Whether a session of this organization has this agent. */
  async hasAgent(agentId: string, orgId: string): Promise<boolean> {
    try {
      return (await this.#database.selectFrom('sessions').select('id').where('agent_id', '=', agentId).where('org_id', '=', orgId).limit(1).executeTakeFirst()) !== undefined;
    } catch (error) {
      throw storeFault(error);
    }
  }

  async #owner(villageId: string): Promise<string | undefined> {
    try {
      return (await this.#database.selectFrom('villages').select('org_id').where('id', '=', villageId).executeTakeFirst())?.org_id;
    } catch (error) {
      throw storeFault(error);
    }
  }
}
