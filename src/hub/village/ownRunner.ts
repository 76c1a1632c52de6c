// The hub's own runner comes in: for the organization that it serves, owned by a user of its own that nobody can sign in as.
import { waitForEvent } from '../../base/wait.ts';
import type { Hub } from '../parts.ts';
import { FIRST_ORG } from '../identity/people.ts';
import { TEST_ORG } from '../identity/testLogin.ts';

export interface OwnRunner {
  /** Of earlier times: people may have renamed it since. */
  readonly runnerId?: string | undefined;
  readonly name: string;
  readonly hostname: string;
  readonly capabilities: readonly string[];
  readonly maxAgents: number;
}

/** Its id and a new token. Undefined as long as there is no organization: nobody has opened the hub's first link. Throws the database's faults. */
export async function registerOwnRunner({ database, options, runners }: Hub, own: OwnRunner): Promise<{ readonly runnerId: string; readonly token: string } | undefined> {
  const now = Date.now();
  let orgId: string | undefined;
  if (options.testMode === true) {
    orgId = TEST_ORG;
    await database.insertInto('orgs').values({ id: orgId, name: 'Test', created_at: now }).onConflict((conflict) => conflict.doNothing()).execute();
  } else orgId = (await database.selectFrom('settings').select('value').where('name', '=', FIRST_ORG).executeTakeFirst())?.value;
  if (orgId === undefined) return undefined;
  const userId = `own-runner:${orgId}`;
  await database
    .insertInto('users')
    .values({ id: userId, org_id: orgId, name: `hub-runner-${orgId.slice(0, 8)}`, role: 'member', password: null, disabled: 0, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { runner, token } = await runners.register({ orgId, userId }, { ...own, embedded: true });
  return { runnerId: runner.id, token };
}

/** Resolves once its socket has come in at this process, from now on. Fails by the signal alone. */
export async function ownRunnerCame({ sessions }: Hub, runnerId: string, signal: AbortSignal): Promise<void> {
  await waitForEvent(sessions.onConnection, ({ runner, connected }) => connected && runner.id === runnerId, { signal, what: "the hub's own runner" });
}
