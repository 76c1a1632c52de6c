// REST of signing in and out: /api/auth/..., /api/me. Names and passwords are tried at a rate that guessing cannot live on.
import type { FastifyInstance, FastifyRequest, preValidationHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { IssuedToken, Login, Me, NewPassword, Setup, TokenLogin } from '../../protocol/hubWire/hubRest.ts';
import { answers, Done } from '../server/answers.ts';
import { forbidden, unauthorized } from '../server/faults.ts';
import type { Rates } from '../server/rates.ts';
import type { IdentityParts } from './identityParts.ts';
import type { UserRow } from './people.ts';
import { clearSessionCookie, SESSION_MS, sessionCookieOf, setSessionCookie } from './sessionCookie.ts';
import { issuedOf, lifetimeOf } from './tokenRoutes.ts';

const tags = ['auth'];

export function addAuthRoutes(http: FastifyInstance, { identity, people, rows, setup, audit }: IdentityParts, rates: Rates): void {
  const routes = http.withTypeProvider<ZodTypeProvider>();
  const config = { rateLimit: rates.signIn };
  /** Signing somebody in from another site is refused, too: they would work in a stranger's name unawares. */
  const ownPage: preValidationHookHandler = (request, _reply, done) => done(identity.sameOrigin(request.raw) ? undefined : forbidden('This request comes from another site.'));
  const begin = async (request: FastifyRequest, user: UserRow): Promise<string> => (await rows.issue({ orgId: user.orgId, userId: user.id, kind: 'session', name: (request.headers['user-agent'] ?? 'browser').slice(0, 200), lifetimeMs: SESSION_MS })).token;
  const signIn = async (request: FastifyRequest, { name, password }: { readonly name: string; readonly password: string }): Promise<UserRow> => {
    const user = await people.signIn(name, password);
    if (user !== undefined) return user;
    audit.note({ by: 'nobody', action: 'login.refused', ip: request.ip });
    throw unauthorized('The name or the password is wrong.');
  };

  routes.post('/api/auth/setup', { config, preValidation: ownPage, schema: { tags, security: [], summary: "Makes the first admin, by the one-time link's token", body: Setup, response: answers(Me) } }, async (request, reply) => {
    const user = await setup.use(request.body.token, request.body);
    audit.note({ by: user.name, orgId: user.orgId, action: 'setup', target: user.id, ip: request.ip });
    setSessionCookie(request, reply, await begin(request, user));
    return people.me(user);
  });

  routes.post('/api/auth/login', { config, preValidation: ownPage, schema: { tags, security: [], summary: 'Signs a browser in, with a cookie', body: Login, response: answers(Me) } }, async (request, reply) => {
    const user = await signIn(request, request.body);
    setSessionCookie(request, reply, await begin(request, user));
    audit.note({ by: user.name, orgId: user.orgId, action: 'login', target: user.id, ip: request.ip });
    return people.me(user);
  });

  routes.post('/api/auth/token', { config, preValidation: ownPage, schema: { tags, security: [], summary: 'A bearer token by name and password, for editors and scripts', body: TokenLogin, response: answers(IssuedToken) } }, async (request) => {
    const user = await signIn(request, request.body);
    const issued = await rows.issue({ orgId: user.orgId, userId: user.id, kind: 'api', name: request.body.token_name ?? 'token', lifetimeMs: lifetimeOf(request.body.expires_in_days) });
    audit.note({ by: user.name, orgId: user.orgId, action: 'token.create', target: issued.row.id, detail: { name: issued.row.name }, ip: request.ip });
    return issuedOf(issued);
  });

  routes.post('/api/auth/logout', { preValidation: ownPage, schema: { tags, security: [], summary: 'Ends the session, or the token, that this is called with', response: answers(Done) } }, async (request, reply) => {
    const principal = await identity.authenticate(request.raw);
    if (sessionCookieOf(request.headers.cookie) !== undefined) clearSessionCookie(request, reply);
    if (principal?.tokenId !== undefined && principal.runnerId === undefined) {
      await rows.revoke({ id: principal.tokenId });
      identity.end({ tokenId: principal.tokenId });
      audit.note({ by: principal, action: 'logout', ip: request.ip });
    }
    return { ok: true as const };
  });

  routes.post('/api/auth/password', { config, preValidation: identity.guard('viewer'), schema: { tags, summary: 'A new password of my own; my browser sessions end, but for this one', body: NewPassword, response: answers(Done) } }, async (request, reply) => {
    const { principal, body } = request;
    // Not 401: who asks is signed in, and stays so.
    const user = await people.signIn(principal.name, body.password);
    if (user?.id !== principal.userId) throw forbidden('The password is wrong.');
    await people.change(user.orgId, user.id, { password: body.new_password });
    await rows.revoke({ userId: user.id, kind: 'session' });
    identity.end({ userId: user.id });
    if (principal.via === 'cookie') setSessionCookie(request, reply, await begin(request, user));
    audit.note({ by: principal, action: 'password.change', target: user.id, ip: request.ip });
    return { ok: true as const };
  });

  routes.get('/api/me', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'Who I am', response: answers(Me) } }, async ({ principal }) => people.me({ id: principal.userId, name: principal.name, orgId: principal.orgId, role: principal.role }));
}
