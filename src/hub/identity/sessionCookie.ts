// The cookie of a browser's session: `access_token`, as AI Agent Village has it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import '@fastify/cookie';

export const COOKIE = 'access_token';
export const SESSION_MS = 14 * 24 * 3600_000;

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(COOKIE, token, { ...attributes(request), maxAge: SESSION_MS / 1000 });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(COOKIE, attributes(request));
}

/** Of a Cookie header, its first; undefined without one. */
export function sessionCookieOf(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === COOKIE) return pair.slice(at + 1).trim() || undefined;
  }
  return undefined;
}

function attributes(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: request.protocol === 'https' } as const;
}
