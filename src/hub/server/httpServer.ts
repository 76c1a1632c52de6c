// The hub's HTTP server: its schemas, headers, limits and faults, before anybody adds a route.
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import createFastify, { type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { AgentsError, messageOf } from '../../base/errors.ts';
import type { HubOptions } from '../parts.ts';
import { answerFaults } from './faults.ts';
import type { Rates } from './rates.ts';

const BODY_LIMIT = 1024 * 1024;
/** Milliseconds that a request may take to arrive. */
const REQUEST_MS = 60_000;
const YEAR_S = 365 * 24 * 3600;

/** Throws `bad-input` for a certificate or key that is none, or a proxy's address that is none. */
export async function createHttp(options: HubOptions, version: string, rates: Rates): Promise<FastifyInstance> {
  const { tls, trustProxy = false, log } = options;
  let http: FastifyInstance;
  try {
    http = createFastify({
      logger: false,
      trustProxy,
      bodyLimit: BODY_LIMIT,
      requestTimeout: REQUEST_MS,
      forceCloseConnections: 'idle',
      return503OnClosing: true,
      routerOptions: { maxParamLength: 500 },
      // Of one type with and without TLS: nobody beyond this line minds.
      serverFactory: (handler, { requestTimeout }) => (tls === undefined ? createHttpServer({ requestTimeout: Number(requestTimeout) }, handler) : (createHttpsServer({ requestTimeout: Number(requestTimeout), cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' }, handler) as unknown as Server)),
    });
  } catch (error) {
    throw tls === undefined ? new AgentsError('bad-input', `The proxy "${String(trustProxy)}" is not an address: ${messageOf(error)}.`, { hint: 'Give --trust-proxy an address or a network, such as 10.0.0.0/8.', cause: error }) : new AgentsError('bad-input', `The TLS certificate or its key is not valid: ${messageOf(error)}.`, { hint: 'Both are PEM files, and the key is the one of the certificate.', cause: error });
  }
  http.setValidatorCompiler(validatorCompiler);
  http.setSerializerCompiler(serializerCompiler);
  http.setErrorHandler(answerFaults(log));
  // What a form of another site could send without asking.
  http.removeContentTypeParser('text/plain');
  http.addHook('onResponse', async (request, reply) => log.debug(`${request.method} ${request.routeOptions.url ?? '(no route)'} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms`));
  // Answers are of somebody: no cache keeps them. The page's files say otherwise.
  http.addHook('onSend', async (_request, reply) => void (reply.hasHeader('cache-control') || reply.header('cache-control', 'no-store')));

  await http.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The terminal's emulator makes its style sheets at run time; scripts are what must not be.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Browsers mind it over https alone.
    strictTransportSecurity: tls !== undefined || trustProxy !== false ? { maxAge: YEAR_S, includeSubDomains: false } : false,
  });
  await http.register(cookie);
  await http.register(rateLimit, { global: true, ...rates.everything });
  await http.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'tmux-agents hub', version, description: 'Runners, their agents and tasks, and the people who mind them.' }, components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, cookie: { type: 'apiKey', in: 'cookie', name: 'access_token' } } }, security: [{ bearer: [] }, { cookie: [] }] }, transform: jsonSchemaTransform });
  return http;
}

/** What is there whoever asks: whether the hub lives, and what its REST is. */
export function addPublicRoutes(http: FastifyInstance, healthy: () => Promise<boolean>): void {
  const Health = z.object({ status: z.enum(['ok', 'failing']) });
  http.withTypeProvider<ZodTypeProvider>().get('/healthz', { config: { rateLimit: false }, schema: { security: [], summary: 'Whether the hub and its database answer', response: { 200: Health, 503: Health } } }, async (_request, reply) => ((await healthy()) ? { status: 'ok' as const } : reply.code(503).send({ status: 'failing' })));
  http.get('/api/openapi.json', { schema: { hide: true } }, () => Promise.resolve(http.swagger()));
}
