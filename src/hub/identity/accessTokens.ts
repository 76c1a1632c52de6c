// The tokens themselves: JWTs of Sibyl's book, signed and read. Whether one is revoked, and whose it is, says the database.
import { SignJWT, jwtVerify } from 'jose';
import * as z from 'zod';

/** Claims as Sibyl and AI Agent Village have them; `rid` and `scp` are a runner's, `jti` ours. Unknown ones are ignored. */
const Claims = z.object({
  sub: z.string().min(1).max(255),
  org: z.string().min(1).max(255),
  typ: z.literal('access'),
  exp: z.number().optional(),
  jti: z.string().optional(),
  rid: z.string().optional(),
});
export type Claims = z.infer<typeof Claims>;

export const RUNNER_SCOPE = 'runner runner:connect';

export interface NewAccessToken {
  readonly userId: string;
  readonly orgId: string;
  readonly id: string;
  readonly runnerId?: string | undefined;
  /** Unix ms; null: none. */
  readonly expiresAt: number | null;
}

export class AccessTokens {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  sign({ userId, orgId, id, runnerId, expiresAt }: NewAccessToken): Promise<string> {
    const jwt = new SignJWT({ org: orgId, typ: 'access', ...(runnerId === undefined ? {} : { rid: runnerId, scp: RUNNER_SCOPE }) });
    jwt.setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).setSubject(userId).setJti(id).setIssuedAt();
    if (expiresAt !== null) jwt.setExpirationTime(Math.floor(expiresAt / 1000));
    return jwt.sign(this.#secret);
  }

  /** Undefined for whatever is not signed by us, expired, or of another kind. */
  async read(token: string): Promise<Claims | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#secret, { algorithms: ['HS256'] });
      return Claims.safeParse(payload).data;
    } catch {
      return undefined;
    }
  }
}
