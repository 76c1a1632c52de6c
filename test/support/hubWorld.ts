// A hub of the tests' own in this process, on a port of its own, with people of any role.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/base/log.ts';
import type { HubOptions } from '../../src/hub/parts.ts';
import { startHub, type StartedHub, type StartOptions } from '../../src/hub/server/startHub.ts';
import type { Role } from '../../src/protocol/hubWire/hubRest.ts';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly orgId: string;
  readonly token: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
  /** What lies deeper in the body; undefined where nothing does. */
  readonly at: (...path: readonly (string | number)[]) => unknown;
}

export interface CallOptions {
  readonly as?: Person | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HubWorld {
  readonly hub: StartedHub;
  readonly folder: string;
  /** A user with a bearer token, without a password. Default: a member of the organization "acme". */
  person(role?: Role, orgId?: string): Promise<Person>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  dispose(): Promise<void>;
}

/** Without `parts` it is the base alone: identity and its REST. */
export async function hubWorld(options: Partial<HubOptions> = {}, start: StartOptions = {}): Promise<HubWorld> {
  const folder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'tmux-agents-hub-'));
  const hub = await startHub({ host: '127.0.0.1', port: 0, dataFolder: folder, log: silentLog, ...options }, start);
  return {
    hub,
    folder,
    person: (role = 'member', orgId = 'acme') => addPerson(hub, role, orgId),
    call: (method, path, callOptions) => call(hub.url, method, path, callOptions),
    dispose: async () => {
      await hub.close();
      if (options.dataFolder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function addPerson({ base: { database }, identityParts: { rows } }: StartedHub, role: Role, orgId: string): Promise<Person> {
  const now = Date.now();
  const id = randomUUID();
  const name = `${role}-${id.slice(0, 8)}`;
  await database.insertInto('orgs').values({ id: orgId, name: orgId, created_at: now }).onConflict((conflict) => conflict.doNothing()).execute();
  await database.insertInto('users').values({ id, org_id: orgId, name, role, password: null, disabled: 0, created_at: now }).execute();
  const { token } = await rows.issue({ orgId, userId: id, kind: 'api', name: 'test', lifetimeMs: 3600_000 });
  return { id, name, orgId, token };
}

export async function call(url: string, method: string, path: string, { as, body, headers = {} }: CallOptions = {}): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(as === undefined ? {} : { authorization: `Bearer ${as.token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answered: unknown = response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: answered, at: (...path) => path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined), answered) };
}
