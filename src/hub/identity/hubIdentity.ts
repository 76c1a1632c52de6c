// Who a call is: tokens checked against the database, remembered for seconds, and the end of one told to all of the hub's processes.
import type { IncomingMessage } from 'node:http';
import type { preValidationAsyncHookHandler } from 'fastify';
import * as z from 'zod';
import { DisposableStore, type Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/event.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Role } from '../../protocol/hubWire/hubRest.ts';
import type { Bus, Identity, Principal } from '../parts.ts';
import { forbidden, unauthorized } from '../server/faults.ts';
import type { AccessTokens, Claims } from './accessTokens.ts';
import type { People } from './people.ts';
import { isSameOrigin } from './sameOrigin.ts';
import { sessionCookieOf } from './sessionCookie.ts';
import type { TokenRows } from './tokenRows.ts';

/** Milliseconds for which a token's holder is remembered; what ends in the meantime is told by the bus. */
const REMEMBERED_MS = 5_000;
const REMEMBERED_MOST = 10_000;
const SWEEP_MS = 6 * 3600_000;
/** After a broken connection to the others, ends of this long are told again. */
const MISSED_MS = 24 * 3600_000;
const RUNNER_TOKEN_MS = 24 * 3600_000;
const TOPIC = 'identity.ended';

const Ended = z.object({ from: z.string(), userId: z.string().optional(), tokenId: z.string().optional(), runnerId: z.string().optional() });
/** What is no more, or not as it was: a user's role, say. */
export interface End {
  readonly userId?: string;
  readonly tokenId?: string;
  readonly runnerId?: string;
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2 };

type Holder = Omit<Principal, 'via'>;

interface Remembered {
  readonly holder: Holder | undefined;
  readonly until: number;
}

export class HubIdentity implements Identity, Disposable {
  readonly #tokens: AccessTokens;
  readonly #rows: TokenRows;
  readonly #people: People;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #proxied: boolean;
  readonly #shared: boolean;
  readonly #remembered = new Map<string, Remembered>();
  readonly #reading = new Map<string, Promise<Holder | undefined>>();
  /** Counts ends: what was read before one is not remembered after it. */
  #ends = 0;
  readonly #ending: Emitter<End>;
  readonly #owned = new DisposableStore();
  readonly onDidEnd: Identity['onDidEnd'];

  constructor(parts: { readonly tokens: AccessTokens; readonly rows: TokenRows; readonly people: People; readonly bus: Bus; readonly log: Log; readonly proxied: boolean; /** The secret came from outside: whoever else has it may name people who are not known here. */ readonly shared: boolean }) {
    this.#tokens = parts.tokens;
    this.#rows = parts.rows;
    this.#people = parts.people;
    this.#bus = parts.bus;
    this.#log = parts.log;
    this.#proxied = parts.proxied;
    this.#shared = parts.shared;
    this.#ending = this.#owned.add(new Emitter<End>((fault) => this.#log.error(`A listener of ended tokens failed: ${messageOf(fault)}`)));
    this.onDidEnd = this.#ending.event;
    this.#owned.add(this.#bus.subscribe(TOPIC, (message) => this.#heard(message)));
    this.#owned.add(this.#bus.onDidMiss(() => void this.#missed().catch((error: unknown) => this.#log.error(`What ended while the database was away is not known: ${messageOf(error)}`))));
    const sweep = (): void => void this.#rows.sweep().catch((error: unknown) => this.#log.warn(`Old tokens were not removed: ${messageOf(error)}`));
    sweep();
    const sweeping = setInterval(sweep, SWEEP_MS).unref();
    this.#owned.add({ dispose: () => clearInterval(sweeping) });
  }

  async authenticate({ headers }: Pick<IncomingMessage, 'headers'>): Promise<Principal | undefined> {
    const { authorization } = headers;
    // A header that is there counts, and no cookie beside it.
    if (authorization !== undefined) {
      const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
      return bearer === undefined ? undefined : this.authenticateToken(bearer);
    }
    const cookie = sessionCookieOf(headers.cookie);
    const holder = cookie === undefined ? undefined : await this.#holderOf(cookie);
    return holder === undefined ? undefined : { ...holder, via: 'cookie' };
  }

  async authenticateToken(token: string): Promise<Principal | undefined> {
    const holder = await this.#holderOf(token);
    return holder === undefined ? undefined : { ...holder, via: 'bearer' };
  }

  guard(least: Role, { runners = false }: { readonly runners?: boolean } = {}): preValidationAsyncHookHandler {
    return async (request) => {
      const principal = await this.authenticate(request.raw);
      if (principal === undefined) throw unauthorized();
      if (principal.via === 'cookie' && request.method !== 'GET' && request.method !== 'HEAD' && !this.sameOrigin(request.raw)) throw forbidden('This request comes from another site.');
      if (principal.runnerId !== undefined && !runners) throw forbidden("A runner's token is for its runner's connection alone.");
      if (rank[principal.role] < rank[least]) throw forbidden(`This needs the role "${least}"; yours is "${principal.role}".`);
      request.principal = principal;
    };
  }

  sameOrigin({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    return isSameOrigin(headers, { proxied: this.#proxied });
  }

  async issueRunnerToken(runner: { readonly id: string; readonly orgId: string; readonly userId: string; readonly name: string }, lifetimeMs = RUNNER_TOKEN_MS): Promise<string> {
    return (await this.#rows.issue({ orgId: runner.orgId, userId: runner.userId, kind: 'runner', name: runner.name, runnerId: runner.id, lifetimeMs })).token;
  }

  async revokeRunnerTokens(runnerId: string): Promise<void> {
    await this.#rows.revoke({ runnerId });
    this.end({ runnerId });
  }

  /** Tells this process at once and the others by the bus: what was remembered is read again, open sockets are closed by their owners. */
  end(end: End): void {
    this.#ended(end);
    this.#bus.publish(TOPIC, { from: this.#bus.processId, ...end });
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #heard(message: unknown): void {
    const { data } = Ended.safeParse(message);
    if (data === undefined || data.from === this.#bus.processId) return;
    const { userId, tokenId, runnerId } = data;
    this.#ended({ ...(userId === undefined ? {} : { userId }), ...(tokenId === undefined ? {} : { tokenId }), ...(runnerId === undefined ? {} : { runnerId }) });
  }

  #ended(end: End): void {
    this.#ends++;
    this.#remembered.clear();
    this.#reading.clear();
    this.#ending.fire(end);
  }

  /** What other processes ended in the meantime, out of the database. */
  async #missed(): Promise<void> {
    this.#ends++;
    this.#remembered.clear();
    this.#reading.clear();
    for (const { id, runnerId } of await this.#rows.revokedSince(Date.now() - MISSED_MS)) this.#ended({ tokenId: id, ...(runnerId === null ? {} : { runnerId }) });
    for (const userId of await this.#people.disabled()) this.#ended({ userId });
  }

  async #holderOf(token: string): Promise<Holder | undefined> {
    const known = this.#remembered.get(token);
    const holder = known !== undefined && known.until > Date.now() ? known.holder : await (this.#reading.get(token) ?? this.#read(token));
    if (holder?.tokenId !== undefined) this.#rows.used(holder.tokenId);
    return holder;
  }

  /** One reading for all that ask at once. */
  #read(token: string): Promise<Holder | undefined> {
    const ends = this.#ends;
    const reading = (async () => {
      const now = Date.now();
      const claims = await this.#tokens.read(token);
      // Not remembered: telling costs nothing, and anybody can make as many of these as they like.
      if (claims === undefined) return undefined;
      const holder = await this.#lookUp(claims);
      if (ends === this.#ends) this.#remember(token, { holder, until: Math.min(now + REMEMBERED_MS, (claims.exp ?? Infinity) * 1000) });
      return holder;
    })().finally(() => {
      if (this.#reading.get(token) === reading) this.#reading.delete(token);
    });
    this.#reading.set(token, reading);
    return reading;
  }

  #remember(token: string, remembered: Remembered): void {
    this.#remembered.delete(token);
    this.#remembered.set(token, remembered);
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= REMEMBERED_MOST) break;
      this.#remembered.delete(oldest);
    }
  }

  async #lookUp(claims: Claims): Promise<Holder | undefined> {
    const isOthers = this.#shared && claims.jti === undefined && claims.rid === undefined;
    const user = (await this.#people.find(claims.sub)) ?? (isOthers ? await this.#people.join(claims.sub, claims.org) : undefined);
    if (user === undefined || user.disabled || user.orgId !== claims.org) return undefined;
    let runnerId = claims.rid;
    if (claims.jti !== undefined) {
      const row = await this.#rows.find(claims.jti);
      if (row === undefined || row.userId !== user.id || row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= Date.now())) return undefined;
      runnerId = row.runnerId ?? undefined;
    }
    return { userId: user.id, name: user.name, orgId: user.orgId, role: user.role, ...(runnerId === undefined ? {} : { runnerId }), ...(claims.jti === undefined ? {} : { tokenId: claims.jti }) };
  }
}
