// REST of a user's own bearer tokens: /api/tokens.
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { AgentsError } from '../../base/errors.ts';
import { IssuedToken, NewToken, TokenInfo } from '../../protocol/hubWire/hubRest.ts';
import { answers, Done } from '../server/answers.ts';
import type { IdentityParts } from './identityParts.ts';
import type { TokenRow } from './tokenRows.ts';

const DAY_MS = 24 * 3600_000;
/** Days that a token lasts where nobody said. */
const DAYS = 365;
const tags = ['tokens'];

export function addTokenRoutes(http: FastifyInstance, { identity, rows, audit }: IdentityParts): void {
  const routes = http.withTypeProvider<ZodTypeProvider>();

  routes.get('/api/tokens', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'My tokens that are good', response: answers(z.array(TokenInfo)) } }, async ({ principal }) => (await rows.list(principal.userId, 'api')).map(infoOf));

  routes.post('/api/tokens', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'A new token; shown this once', body: NewToken, response: answers(IssuedToken, 201) } }, async ({ principal, body, ip }, reply) => {
    const issued = await rows.issue({ orgId: principal.orgId, userId: principal.userId, kind: 'api', name: body.name, lifetimeMs: lifetimeOf(body.expires_in_days) });
    audit.note({ by: principal, action: 'token.create', target: issued.row.id, detail: { name: body.name }, ip });
    return reply.code(201).send(issuedOf(issued));
  });

  routes.delete('/api/tokens/:id', { preValidation: identity.guard('viewer'), schema: { tags, summary: 'Ends a token of mine', params: z.object({ id: z.string() }), response: answers(Done) } }, async ({ principal, params, ip }) => {
    const row = await rows.find(params.id);
    if (row === undefined || row.userId !== principal.userId || row.kind !== 'api' || row.revokedAt !== null) throw new AgentsError('not-found', 'There is no such token.');
    await rows.revoke({ id: row.id });
    identity.end({ tokenId: row.id });
    audit.note({ by: principal, action: 'token.revoke', target: row.id, detail: { name: row.name }, ip });
    return { ok: true as const };
  });
}

/** Milliseconds. */
export function lifetimeOf(days: number | undefined): number {
  return (days ?? DAYS) * DAY_MS;
}

export function issuedOf({ row, token }: { readonly row: TokenRow; readonly token: string }): IssuedToken {
  return { id: row.id, name: row.name, token, created_at: timeOf(row.createdAt), expires_at: row.expiresAt === null ? null : timeOf(row.expiresAt) };
}

function infoOf(row: TokenRow): TokenInfo {
  return { id: row.id, name: row.name, created_at: timeOf(row.createdAt), expires_at: row.expiresAt === null ? null : timeOf(row.expiresAt), last_used_at: row.lastUsedAt === null ? null : timeOf(row.lastUsedAt) };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
