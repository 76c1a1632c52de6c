// Organizations and their users in the database. Who may change what is the routes' matter; what may never be is minded here.
import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AgentsError } from '../../base/errors.ts';
import { Role, type Me } from '../../protocol/hubWire/hubRest.ts';
import type { Database, Tables } from '../store/tables.ts';
import { checkPassword, hashPassword } from './passwords.ts';

/** Names the organization whose admins may make others. */
export const FIRST_ORG = 'first_org';

export interface UserRow {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdAt: number;
}

type Row = Pick<Tables['users'], 'id' | 'org_id' | 'name' | 'role' | 'disabled' | 'created_at'>;
const columns = ['id', 'org_id', 'name', 'role', 'disabled', 'created_at'] as const;

export class People {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(id: string): Promise<UserRow | undefined> {
    return userOf(await this.#database.selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst());
  }

  /** A member by an id that another server gave them, in an organization of its: both are made where they are not known. Whoever is there already stays as they are. */
  async join(id: string, orgId: string): Promise<UserRow | undefined> {
    const now = Date.now();
    await this.#database.insertInto('orgs').values({ id: orgId, name: orgId.slice(0, 100), created_at: now }).onConflict((conflict) => conflict.doNothing()).execute();
    const user = { id, org_id: orgId, role: 'member', password: null, disabled: 0, created_at: now };
    // The id is their name, unless somebody has it.
    for (const name of [id.slice(0, 100), `${id.slice(0, 60)} ${randomUUID()}`]) {
      await this.#database.insertInto('users').values({ ...user, name }).onConflict((conflict) => conflict.doNothing()).execute();
      const joined = await this.find(id);
      if (joined !== undefined) return joined;
    }
    return undefined;
  }

  /** By id, oldest first. */
  async list(orgId: string): Promise<readonly UserRow[]> {
    const rows = await this.#database.selectFrom('users').select(columns).where('org_id', '=', orgId).orderBy('created_at').orderBy('name').execute();
    return rows.flatMap((row) => userOf(row) ?? []);
  }

  /** Ids of all who may not sign in. */
  async disabled(): Promise<readonly string[]> {
    return (await this.#database.selectFrom('users').select('id').where('disabled', '<>', 0).execute()).map(({ id }) => id);
  }

  async orgName(orgId: string): Promise<string | undefined> {
    return (await this.#database.selectFrom('orgs').select('name').where('id', '=', orgId).executeTakeFirst())?.name;
  }

  async me(user: Pick<UserRow, 'id' | 'name' | 'orgId' | 'role'>): Promise<Me> {
    return { user_id: user.id, name: user.name, org_id: user.orgId, org_name: (await this.orgName(user.orgId)) ?? '', role: user.role };
  }

  /** Undefined for an unknown name, a wrong password and a disabled user alike. */
  async signIn(name: string, password: string): Promise<UserRow | undefined> {
    const row = await this.#database.selectFrom('users').select([...columns, 'password']).where('name', '=', name.trim()).executeTakeFirst();
    const right = await checkPassword(password, row?.password ?? null);
    return right && row?.disabled === 0 ? userOf(row) : undefined;
  }

  async hasAdmin(): Promise<boolean> {
    return (await this.#database.selectFrom('users').select('id').where('role', '=', 'admin').limit(1).executeTakeFirst()) !== undefined;
  }

  isFirstOrg(orgId: string): Promise<boolean> {
    return this.#database.selectFrom('settings').select('value').where('name', '=', FIRST_ORG).executeTakeFirst().then((row) => row?.value === orgId);
  }

  /** Throws `name-taken`. */
  async add(orgId: string, user: { readonly name: string; readonly password: string; readonly role: Role }): Promise<UserRow> {
    const password = await hashPassword(user.password);
    return this.#database.transaction().execute((transaction) => insertUser(transaction, orgId, { ...user, password }));
  }

  /** An organization with its admin. `claim` runs in the same transaction, first: what it throws undoes all. */
  async addOrg(name: string, admin: { readonly name: string; readonly password: string }, options: { readonly first?: boolean; readonly claim?: (transaction: Transaction<Tables>) => Promise<void> } = {}): Promise<UserRow> {
    const password = await hashPassword(admin.password);
    return this.#database.transaction().execute(async (transaction) => {
      await options.claim?.(transaction);
      const org = { id: randomUUID(), name, created_at: Date.now() };
      await transaction.insertInto('orgs').values(org).execute();
      if (options.first === true) await transaction.insertInto('settings').values({ name: FIRST_ORG, value: org.id }).onConflict((conflict) => conflict.column('name').doUpdateSet({ value: org.id })).execute();
      return insertUser(transaction, org.id, { ...admin, password, role: 'admin' });
    });
  }

  /** Throws `not-found`, also for another organization's; `invalid-transition` where nobody would be left to administer it. */
  async change(orgId: string, id: string, patch: { readonly role?: Role | undefined; readonly disabled?: boolean | undefined; readonly password?: string | undefined }): Promise<UserRow> {
    const password = patch.password === undefined ? undefined : await hashPassword(patch.password);
    return this.#database.transaction().execute(async (transaction) => {
      // Holds off others that change this organization's users, where they are not one after the other anyway.
      await transaction.updateTable('orgs').set((row) => ({ name: row.ref('name') })).where('id', '=', orgId).execute();
      const row = await transaction.selectFrom('users').select(columns).where('id', '=', id).where('org_id', '=', orgId).executeTakeFirst();
      const user = userOf(row);
      if (user === undefined) throw new AgentsError('not-found', 'There is no such user.');
      const changed = { ...user, role: patch.role ?? user.role, disabled: patch.disabled ?? user.disabled };
      if (user.role === 'admin' && !user.disabled && (changed.role !== 'admin' || changed.disabled)) {
        const other = await transaction.selectFrom('users').select('id').where('org_id', '=', orgId).where('role', '=', 'admin').where('disabled', '=', 0).where('id', '<>', id).limit(1).executeTakeFirst();
        if (other === undefined) throw new AgentsError('invalid-transition', `"${user.name}" is the last admin of this organization.`, { hint: 'Make somebody else an admin first.' });
      }
      await transaction.updateTable('users').set({ role: changed.role, disabled: changed.disabled ? 1 : 0, ...(password === undefined ? {} : { password }) }).where('id', '=', id).execute();
      return changed;
    });
  }
}

async function insertUser(transaction: Transaction<Tables>, orgId: string, user: { readonly name: string; readonly password: string; readonly role: Role }): Promise<UserRow> {
  const row = { id: randomUUID(), org_id: orgId, name: user.name, role: user.role, password: user.password, disabled: 0, created_at: Date.now() };
  const { numInsertedOrUpdatedRows = 0n } = await transaction.insertInto('users').values(row).onConflict((conflict) => conflict.column('name').doNothing()).executeTakeFirst();
  // Names are the hub's, not an organization's: it is by them that people sign in.
  if (numInsertedOrUpdatedRows === 0n) throw new AgentsError('name-taken', `There is a user "${user.name}" already.`, { hint: 'Choose another name.' });
  return { id: row.id, orgId, name: row.name, role: user.role, disabled: false, createdAt: row.created_at };
}

function userOf(row: Row | undefined): UserRow | undefined {
  if (row === undefined) return undefined;
  // A role that this version does not know may do the least.
  return { id: row.id, orgId: row.org_id, name: row.name, role: Role.safeParse(row.role).data ?? 'viewer', disabled: row.disabled !== 0, createdAt: Number(row.created_at) };
}
