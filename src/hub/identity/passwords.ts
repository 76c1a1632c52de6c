// Passwords at rest: scrypt, its parameters and salt beside the hash, so that they can grow without locking anybody out.
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** OWASP's choice for scrypt: 32 MiB and three passes. */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const BYTES = 32;
/** Far above what COST takes. */
const MAX_MEMORY = 256 * 1024 * 1024;

/** `scrypt$N$r$p$salt$hash`, the last two as base64url. */
export async function hashPassword(password: string, cost: { readonly N: number; readonly r: number; readonly p: number } = COST): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, BYTES, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Takes as long where there is no such user (`stored` null): who is known is not told by the clock. */
export async function checkPassword(password: string, stored: string | null): Promise<boolean> {
  const [kind, N, r, p, salt, hash] = (stored ?? nobody).split('$');
  if (kind !== 'scrypt' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64url');
  const given = await derive(password, Buffer.from(salt, 'base64url'), expected.length, { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(given, expected) && stored !== null;
}

const nobody = ['scrypt', COST.N, COST.r, COST.p, randomBytes(16).toString('base64url'), randomBytes(BYTES).toString('base64url')].join('$');

function derive(password: string, salt: Buffer, bytes: number, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => scrypt(password.normalize('NFC'), salt, bytes, { ...options, maxmem: MAX_MEMORY }, (error, key) => (error === null ? resolve(key) : reject(error))));
}
