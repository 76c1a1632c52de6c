// Whose a village is: the organization's that first began a session in it.
import type { Principal } from '../parts.ts';
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

  /** Whether somebody may watch it: admins, and whose a session in it or its runner is. One without sessions is open to all of the organization. */
  async mayJoin(villageId: string, { orgId, userId, role }: Principal): Promise<boolean> {
    const owner = await this.#owner(villageId);
    if (owner === undefined || (owner === orgId && role === 'admin')) return true;
    if (owner !== orgId) return false;
    const sessions = this.#database.selectFrom('sessions').innerJoin('runners', 'runners.id', 'sessions.runner_id').select('sessions.id').where('sessions.village_id', '=', villageId).where('sessions.org_id', '=', orgId).limit(1);
    try {
      if ((await sessions.executeTakeFirst()) === undefined) return true;
      return role !== 'viewer' && (await sessions.where((either) => either.or([either('sessions.user_id', '=', userId), either('runners.user_id', '=', userId)])).executeTakeFirst()) !== undefined;
    } catch (error) {
      throw storeFault(error);
    }
  }

  /** The session of this organization that has this agent. */
  async sessionOf(agentId: string, orgId: string): Promise<string | undefined> {
    try {
      return (await this.#database.selectFrom('sessions').select('id').where('agent_id', '=', agentId).where('org_id', '=', orgId).limit(1).executeTakeFirst())?.id;
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
