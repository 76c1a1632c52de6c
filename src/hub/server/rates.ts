// How often whom the hub answers: by who they are where that is known, else by where they come from.
import { isIPv6 } from 'node:net';
import type { RateLimitOptions, RateLimitPluginOptions } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { Identity } from '../parts.ts';
import { HttpFault } from './faults.ts';

export interface Rates {
  readonly everything: RateLimitPluginOptions;
  /** For routes at which passwords and setup links are tried. */
  readonly signIn: RateLimitOptions;
}

/** Requests per minute. A page's first load is some twenty; runners speak by socket. */
export interface RateNumbers {
  readonly principal: number;
  readonly address: number;
  readonly signIn: number;
}

export const usualRates: RateNumbers = { principal: 120_000, address: 1_200, signIn: 20 };

const USER = 'user:';

export function ratesFor(identity: () => Identity, numbers: RateNumbers): Rates {
  const errorResponseBuilder: RateLimitOptions['errorResponseBuilder'] = (_request, { after }) => new HttpFault(429, 'LIMIT_REACHED', `Too many requests: again in ${after}.`);
  return {
    everything: {
      timeWindow: 60_000,
      max: (_request, key) => (key.startsWith(USER) ? numbers.principal : numbers.address),
      keyGenerator: async (request) => {
        const principal = await identity().authenticate(request.raw);
        return principal === undefined ? addressOf(request) : `${USER}${principal.runnerId ?? principal.userId}`;
      },
      errorResponseBuilder,
    },
    signIn: { timeWindow: 60_000, max: numbers.signIn, keyGenerator: addressOf, errorResponseBuilder, groupId: 'sign-in' },
  };
}

/** An IPv6 address counts by its network: a household has 2^64 of them. */
export function addressOf({ ip }: Pick<FastifyRequest, 'ip'>): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  const [left = '', right = ''] = ip.split('%', 1)[0]?.toLowerCase().split('::') ?? [];
  const before = left === '' ? [] : left.split(':');
  const after = right === '' ? [] : right.split(':');
  const groups = ip.includes('::') ? [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after] : before;
  return `${groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`;
}
