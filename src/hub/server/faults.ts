// What goes wrong, as HTTP says it: every fault becomes a status and `{error, code, detail, details?, hint?}`, at this one place.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { isAgentsError, type ErrorReason } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { HubFault } from '../../protocol/hubWire/hubRest.ts';

/** A fault that HTTP has a status for and AgentsError no reason. Routes may throw either. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly status: number;
  /** For programs: upper case, such as UNAUTHORIZED. */
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: unknown;

  constructor(status: number, code: string, message: string, options: { readonly hint?: string | undefined; readonly details?: unknown; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

export function unauthorized(sentence = 'Authentication required.'): HttpFault {
  return new HttpFault(401, 'UNAUTHORIZED', sentence, { hint: 'Sign in, or send a token: "Authorization: Bearer ...".' });
}

export function forbidden(sentence: string): HttpFault {
  return new HttpFault(403, 'FORBIDDEN', sentence);
}

const statuses: Readonly<Record<ErrorReason, number>> = {
  'bad-input': 400,
  'policy-denied': 403,
  'not-found': 404,
  'folder-missing': 404,
  'name-taken': 409,
  stale: 409,
  'answered-already': 409,
  'invalid-transition': 409,
  'folder-unreadable': 422,
  'folder-unwritable': 422,
  'command-not-found': 422,
  'limit-reached': 429,
  internal: 500,
  unsupported: 501,
  'tmux-failed': 502,
  'docker-failed': 502,
  'git-failed': 502,
  cancelled: 503,
  disconnected: 503,
  'tmux-missing': 503,
  'runtime-unavailable': 503,
  'docker-unavailable': 503,
  'docker-cli-missing': 503,
  'image-missing': 503,
  timeout: 504,
  'disk-full': 507,
};

/** The status, and the body that says it. What nobody foresaw is told as 500 without its text: that is for the log. */
export function faultOf(error: unknown): { readonly status: number; readonly body: HubFault } {
  if (error instanceof HttpFault) return { status: error.status, body: bodyOf(error.message, error.code, error.hint, error.details) };
  if (isAgentsError(error)) return { status: statuses[error.reason], body: bodyOf(error.message, error.reason.toUpperCase().replaceAll('-', '_'), error.hint) };
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map(({ instancePath, message }) => ({ path: instancePath.split('/').filter((part) => part !== ''), message: message ?? 'is not valid' }));
    return { status: 400, body: bodyOf(`The request is not valid: ${details.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ')}`, 'BAD_INPUT', undefined, details) };
  }
  // The server's own: a body that is too large or no JSON, a media type that it does not take.
  const { statusCode = 500, message } = (error ?? {}) as Partial<FastifyError>;
  if (!isResponseSerializationError(error) && statusCode >= 400 && statusCode < 500) return { status: statusCode, body: bodyOf(message ?? 'The request is not valid.', codes[statusCode] ?? 'BAD_INPUT') };
  return { status: 500, body: bodyOf('The hub failed at this.', 'INTERNAL', 'Its log says why.') };
}

const codes: Readonly<Record<number, string>> = { 404: 'NOT_FOUND', 405: 'METHOD_NOT_ALLOWED', 408: 'TIMEOUT', 413: 'TOO_LARGE', 415: 'UNSUPPORTED_MEDIA_TYPE', 429: 'LIMIT_REACHED' };

function bodyOf(sentence: string, code: string, hint?: string, details?: unknown): HubFault {
  return { error: sentence, code, detail: sentence, ...(details === undefined ? {} : { details }), ...(hint === undefined ? {} : { hint }) };
}

/** fastify's error handler. */
export function answerFaults(log: Log): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const { status, body } = faultOf(error);
    if (status === 500) log.error(`${request.method} ${request.routeOptions.url ?? '(no route)'}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return sendFault(reply, status, body);
  };
}

/** Past the route's own schemas: a fault is a fault whatever the route promises. */
export function sendFault(reply: FastifyReply, status: number, body: HubFault): FastifyReply {
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').serializer((payload: unknown) => JSON.stringify(payload)).send(body);
}
