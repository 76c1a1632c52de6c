// The built page: its files, and its first file for every address that it minds itself. What nobody has is said as a fault.
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Log } from '../../base/log.ts';
import { HttpFault } from './faults.ts';

const YEAR_S = 365 * 24 * 3600;
/** Programs ask below these: they get no page. */
const NO_PAGE = /^\/(api|healthz|socket\.io|test|assets)(\/|$)/;

/** After all other routes. `folder` undefined or without an index.html: the API alone. */
export async function addPage(http: FastifyInstance, folder: string | undefined, log: Log): Promise<void> {
  const hasPage = folder !== undefined && existsSync(join(folder, 'index.html'));
  if (folder !== undefined && !hasPage) log.warn(`The page is missing: ${folder} has no index.html. Only the API is served.`);
  if (hasPage) {
    await http.register(fastifyStatic, {
      root: folder,
      // A route per file: what is not among them is never looked for on the disk.
      wildcard: false,
      cacheControl: false,
      schemaHide: true,
      // Those in assets/ have their content's hash in their names.
      setHeaders: (reply, path) => void reply.header('cache-control', path.includes(`${sep}assets${sep}`) ? `public, max-age=${YEAR_S}, immutable` : 'no-cache'),
    });
  }
  http.setNotFoundHandler({ preHandler: http.rateLimit() }, async (request, reply) => {
    if (hasPage && wantsPage(request)) return reply.sendFile('index.html');
    throw new HttpFault(404, 'NOT_FOUND', `There is no ${request.method} ${(request.url.split('?', 1)[0] ?? '').slice(0, 200)}.`);
  });
}

function wantsPage({ method, url, headers }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && !NO_PAGE.test(url.split('?', 1)[0] ?? '') && (headers.accept ?? '*/*').includes('text/html');
}
