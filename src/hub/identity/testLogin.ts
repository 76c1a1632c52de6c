// The login helper of end-to-end tests, GET /test/login/{id}?username=: exists in test mode alone, and asks no password.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { Me } from '../../protocol/hubWire/hubRest.ts';
import { answers } from '../server/answers.ts';
import type { Database } from '../store/tables.ts';
import type { IdentityParts } from './identityParts.ts';
import { SESSION_MS, setSessionCookie } from './sessionCookie.ts';
import { AgentsError } from '../../base/errors.ts';

export const TEST_ORG = 'test';

/** Users of the test organization alone: nobody gets somebody else's session by their id. */
export function addTestLogin(http: FastifyInstance, { people, rows, audit }: IdentityParts, database: Database): void {
  const routes = http.withTypeProvider<ZodTypeProvider>();
  const Id = z.string().regex(/^[\w-]{1,64}$/);

  routes.get('/test/login/:id', { schema: { hide: true, params: z.object({ id: Id }), querystring: z.object({ username: z.string().trim().min(1).max(100).optional() }), response: answers(Me) } }, async (request, reply) => {
    const { id } = request.params;
    const now = Date.now();
    await database.insertInto('orgs').values({ id: TEST_ORG, name: 'Test', created_at: now }).onConflict((conflict) => conflict.doNothing()).execute();
    const row = { id, org_id: TEST_ORG, name: request.query.username ?? `test-${id}`, role: 'member', password: null, disabled: 0, created_at: now };
    // Whatever it is that is taken, the id or the name: told below.
    await database.insertInto('users').values(row).onConflict((conflict) => conflict.doNothing()).execute();
    const user = await people.find(id);
    if (user === undefined || user.orgId !== TEST_ORG) throw new AgentsError('name-taken', `"${user === undefined ? row.name : id}" is somebody else already.`, { hint: 'Choose another id or username.' });
    setSessionCookie(request, reply, (await rows.issue({ orgId: TEST_ORG, userId: id, kind: 'session', name: 'test', lifetimeMs: SESSION_MS })).token);
    audit.note({ by: user.name, orgId: TEST_ORG, action: 'login.test', target: id, ip: request.ip });
    return people.me(user);
  });
}
