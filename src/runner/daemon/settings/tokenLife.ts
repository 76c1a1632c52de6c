// How long a token lives, as it says itself; of two, which is the newer.
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { jsonOf } from '../../../base/json.ts';

const Claims = z.object({ exp: z.number(), iat: z.number().optional() });

/** When a JWT begins and ends, in Unix time in ms; undefined for another sort of token, and one that never ends. It is the hub that judges it: no signature is checked. */
export function lifeOf(token: string): { readonly start: number; readonly end: number } | undefined {
  const [, payload] = token.split('.');
  const claims = payload === undefined ? undefined : Claims.safeParse(jsonOf(Buffer.from(payload, 'base64url').toString('utf8')));
  if (claims?.success !== true) return undefined;
  const { exp, iat = exp - 24 * 60 * 60 } = claims.data;
  return { start: iat * 1000, end: exp * 1000 };
}

/** The second where both say when they end and it ends later; else the first. */
export function longerLived(first: string, second: string): string {
  const [one, other] = [lifeOf(first), lifeOf(second)];
  return one !== undefined && other !== undefined && other.end > one.end ? second : first;
}
