// REST of an organization's admins: users, further organizations, the audit log.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { AuditEntry, Me, NewOrg, NewUser, PatchUser, User } from '../../protocol/hubWire/hubRest.ts';
import { answers } from '../server/answers.ts';
import { forbidden } from '../server/faults.ts';
import type { IdentityParts } from './identityParts.ts';
import type { UserRow } from './people.ts';

const tags = ['people'];
const Page = z.object({ before: z.coerce.number().int().positive().optional(), limit: z.coerce.number().int().min(1).max(500).default(100) });

export function addPeopleRoutes(http: FastifyInstance, { identity, people, rows, audit }: IdentityParts): void {
  const routes = http.withTypeProvider<ZodTypeProvider>();
  const preValidation = identity.guard('admin');

  routes.get('/api/users', { preValidation, schema: { tags, summary: "My organization's users", response: answers(z.array(User)) } }, async ({ principal }) => (await people.list(principal.orgId)).map(toldOf));

  routes.post('/api/users', { preValidation, schema: { tags, summary: 'A new user of my organization', body: NewUser, response: answers(User, 201) } }, async ({ principal, body, ip }, reply) => {
    const user = await people.add(principal.orgId, body);
    audit.note({ by: principal, action: 'user.create', target: user.id, detail: { name: user.name, role: user.role }, ip });
    return reply.code(201).send(toldOf(user));
  });

  routes.patch('/api/users/:id', { preValidation, schema: { tags, summary: "A user's role, password, or whether they may sign in", params: z.object({ id: z.string() }), body: PatchUser, response: answers(User) } }, async ({ principal, params, body, ip }) => {
    const user = await people.change(principal.orgId, params.id, body);
    // Whoever is signed in with the old password, or was shut out, is so no more; tokens of an enabled user stay.
    if (body.password !== undefined || user.disabled) await rows.revoke({ userId: user.id, kind: 'session' });
    identity.end({ userId: user.id });
    const { password, ...rest } = body;
    audit.note({ by: principal, action: 'user.change', target: user.id, detail: { name: user.name, ...rest, ...(password === undefined ? {} : { password: 'changed' }) }, ip });
    return toldOf(user);
  });

  routes.post('/api/orgs', { preValidation, schema: { tags, summary: 'Another organization with its admin; by an admin of the first one', body: NewOrg, response: answers(Me, 201) } }, async ({ principal, body, ip }, reply) => {
    if (!(await people.isFirstOrg(principal.orgId))) throw forbidden('Only admins of the first organization make others.');
    const admin = await people.addOrg(body.name, body.admin);
    audit.note({ by: principal, action: 'org.create', target: admin.orgId, detail: { name: body.name, admin: admin.name }, ip });
    return reply.code(201).send(await people.me(admin));
  });

  routes.get('/api/audit', { preValidation, schema: { tags, summary: "My organization's audit log, latest first", querystring: Page, response: answers(z.array(AuditEntry)) } }, async ({ principal, query }) => [...(await audit.list(principal.orgId, query))]);
}

function toldOf(user: UserRow): User {
  return { id: user.id, name: user.name, role: user.role, disabled: user.disabled, created_at: new Date(user.createdAt).toISOString() };
}
