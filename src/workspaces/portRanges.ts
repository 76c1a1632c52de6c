// A range of ports for each workspace: none shares one with another workspace, and nobody listened on it when it was given.
import { createServer } from 'node:net';
import { AgentsError } from '../base/errors.ts';

export interface PortRange {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
}

/** Below the ports that systems give to outgoing connections (32768 on Linux, 49152 elsewhere). */
const LOWEST = 20_000;
const HIGHEST = 29_999;

/** The first range of that length that is free; undefined for none. Hold the lock of ports until it is noted. Throws `limit-reached`. */
export async function freeRange(count: number, taken: readonly PortRange[]): Promise<PortRange | undefined> {
  if (count <= 0) return undefined;
  for (let first = LOWEST; first + count - 1 <= HIGHEST; ) {
    const last = first + count - 1;
    const clash = taken.find((range) => range.first <= last && first <= range.last);
    const busy = clash === undefined ? await lastBusy(first, last) : clash.last;
    if (busy === undefined) return { first, last };
    first = busy + 1;
  }
  throw new AgentsError('limit-reached', `No ${count} ports in a row are free between ${LOWEST} and ${HIGHEST}.`, { hint: 'Remove workspaces that are not needed any more.' });
}

async function lastBusy(first: number, last: number): Promise<number | undefined> {
  for (let port = last; port >= first; port--) if (!(await isFree(port))) return port;
  return undefined;
}

/** Whether nobody listens there, on any address of this machine. */
async function isFree(port: number): Promise<boolean> {
  const answer = await tryListen(port, '::');
  return answer === 'unsupported' ? (await tryListen(port, '0.0.0.0')) === 'free' : answer === 'free';
}

function tryListen(port: number, host: string): Promise<'free' | 'busy' | 'unsupported'> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL' ? 'unsupported' : 'busy'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve('free')));
  });
}
