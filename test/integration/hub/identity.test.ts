// Who may do what at the hub: the first admin, signing in, tokens, roles, organizations; on SQLite, and on PostgreSQL with two processes.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { waitForEvent } from '../../../src/base/wait.ts';
import { hashPassword } from '../../../src/hub/identity/passwords.ts';
import type { HubPart } from '../../../src/hub/server/startHub.ts';
import { hubWorld, type Answer, type HubWorld, type Person } from '../../support/hubWorld.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';

const SECRET = 'a secret of the tests';
const PASSWORD = 'correct horse battery';
const NAME = { name: 'Ada', password: PASSWORD };

/** A route for each kind of guard. */
const guarded: HubPart = ({ http, identity }) => {
  const answer = (request: { principal: { userId: string } }) => Promise.resolve({ user: request.principal.userId });
  http.get('/api/probe/viewer', { preHandler: identity.guard('viewer') }, answer);
  http.post('/api/probe/member', { preHandler: identity.guard('member') }, answer);
  http.post('/api/probe/admin', { preHandler: identity.guard('admin') }, answer);
  http.post('/api/probe/runner', { preHandler: identity.guard('viewer', { runners: true }) }, answer);
  return { dispose: () => undefined };
};

const tokenOf = (link: string | undefined): string => new URL(link ?? '').hash.replace('#token=', '');
const cookieOf = ({ headers }: Answer): string => (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';

async function jwt(claims: Record<string, unknown>, { secret = SECRET, alg = 'HS256' }: { secret?: string; alg?: string } = {}): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader({ alg }).setIssuedAt().sign(new TextEncoder().encode(secret.padEnd(64, '-').slice(0, alg === 'HS256' ? secret.length : 64)));
}

for (const kind of ['SQLite', 'PostgreSQL'] as const) {
  describe(`the hub's people (${kind})`, () => {
    let postgres: PostgresServer | undefined;
    let world: HubWorld;
    let other: HubWorld | undefined;
    let databaseUrl: string | undefined;

    before(async function () {
      this.timeout(90_000);
      postgres = kind === 'PostgreSQL' ? await needsPostgres(this) : undefined;
      databaseUrl = await postgres?.database();
      const start = { parts: [guarded], rates: { signIn: 1000 } };
      world = await hubWorld({ jwtSecret: SECRET, databaseUrl }, start);
      if (databaseUrl !== undefined) other = await hubWorld({ jwtSecret: SECRET, databaseUrl }, start);
    });
    after(async () => {
      await other?.dispose();
      await world?.dispose();
      await postgres?.dispose();
    });

    const me = async (token: string): Promise<number> => (await world.call('GET', '/api/me', { headers: { authorization: `Bearer ${token}` } })).status;
    const login = (name: string, password: string): Promise<Answer> => world.call('POST', '/api/auth/login', { body: { name, password } });

    it('makes the first admin by the link, once', async () => {
      const link = (other ?? world).hub.adminLink;
      assert.match(link ?? '', /^http:\/\/127\.0\.0\.1:\d+\/setup#token=[\w-]{43}$/);
      const token = tokenOf(link);
      const kept = await world.hub.base.database.selectFrom('settings').select('value').where('name', '=', 'setup_token').executeTakeFirst();
      assert.ok(kept !== undefined && !kept.value.includes(token));

      const wrong = await world.call('POST', '/api/auth/setup', { body: { token: 'guessed', ...NAME } });
      assert.deepEqual([wrong.status, wrong.at('code')], [403, 'POLICY_DENIED']);
      const short = await world.call('POST', '/api/auth/setup', { body: { token, name: 'Ada', password: 'short' } });
      assert.equal(short.status, 400);

      const both = await Promise.all(['Ada', 'Mallory'].map((name) => world.call('POST', '/api/auth/setup', { body: { token, name, password: PASSWORD } })));
      assert.deepEqual(both.map(({ status }) => status).sort(), [200, 403]);
      const made = both.find(({ status }) => status === 200);
      assert.equal(made?.at('role'), 'admin');
      assert.match(made?.headers.get('set-cookie') ?? '', /^access_token=[^;]+; Max-Age=1209600; Path=\/; HttpOnly; SameSite=Lax$/);
      const name = made?.at('name');
      if (name !== NAME.name) await world.hub.base.database.updateTable('users').set({ name: NAME.name }).where('name', '=', String(name)).execute();
    });

    it('signs in by name and password, and out again', async () => {
      for (const [name, password] of [['Ada', 'wrong password'], ['Nobody', PASSWORD]] as const) {
        const { status, at } = await login(name, password);
        assert.deepEqual([status, at('code'), at('detail')], [401, 'UNAUTHORIZED', 'The name or the password is wrong.']);
      }
      const session = await login('Ada', PASSWORD);
      assert.equal(session.status, 200);
      const cookie = cookieOf(session);
      assert.equal((await world.call('GET', '/api/me', { headers: { cookie } })).at('name'), 'Ada');
      // Of another cookie of that name, or a header beside it, the first and the header count.
      assert.equal((await world.call('GET', '/api/me', { headers: { cookie: `other=1; ${cookie}` } })).status, 200);
      assert.equal((await world.call('GET', '/api/me', { headers: { cookie, authorization: 'Bearer none' } })).status, 401);

      const out = await world.call('POST', '/api/auth/logout', { headers: { cookie } });
      assert.match(out.headers.get('set-cookie') ?? '', /^access_token=;/);
      assert.equal((await world.call('GET', '/api/me', { headers: { cookie } })).status, 401);
    });

    it('refuses what a cookie is made to do by another site', async () => {
      const cookie = cookieOf(await login('Ada', PASSWORD));
      const post = async (headers: Record<string, string>): Promise<number> => (await world.call('POST', '/api/probe/member', { headers: { cookie, ...headers } })).status;
      const { host } = new URL(world.hub.url);
      assert.equal(await post({}), 200, 'curl');
      assert.equal(await post({ origin: `http://${host}` }), 200, 'the page');
      assert.equal(await post({ origin: 'http://evil.example' }), 403);
      assert.equal(await post({ origin: 'null' }), 403);
      assert.equal(await post({ origin: `http://${host.replace(/\d+$/, '1')}` }), 403, 'another port');
      assert.equal(await post({ 'sec-fetch-site': 'cross-site' }), 403);
      // Nobody proxies this hub: what says so is not believed.
      assert.equal(await post({ origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' }), 403);
      assert.equal((await world.call('GET', '/api/probe/viewer', { headers: { cookie, origin: 'http://evil.example' } })).status, 200, 'reading, which it cannot see');
      const login2 = await world.call('POST', '/api/auth/login', { body: { name: 'Ada', password: PASSWORD }, headers: { origin: 'http://evil.example' } });
      assert.equal(login2.status, 403);
      const bearer = await world.person();
      assert.equal((await world.call('POST', '/api/probe/member', { as: bearer, headers: { origin: 'http://evil.example' } })).status, 200, 'a token is no cookie');
    });

    it('gives bearer tokens, shows them once, and ends them', async () => {
      const issued = await world.call('POST', '/api/auth/token', { body: { name: 'Ada', password: PASSWORD, token_name: 'editor' } });
      assert.equal(issued.status, 200);
      const token = String(issued.at('token'));
      assert.equal(await me(token), 200);
      const headers = { authorization: `Bearer ${token}` };
      const further = await world.call('POST', '/api/tokens', { headers, body: { name: 'ci', expires_in_days: 1 } });
      assert.equal(further.status, 201);

      const list = await world.call('GET', '/api/tokens', { headers });
      assert.deepEqual((list.body as { name: string }[]).map(({ name }) => name), ['ci', 'editor']);
      assert.doesNotMatch(JSON.stringify(list.body), /"token"/);
      assert.equal(typeof list.at(1, 'last_used_at'), 'string');

      const stranger = await world.person('admin');
      assert.equal((await world.call('DELETE', `/api/tokens/${String(further.at('id'))}`, { as: stranger })).status, 404);
      assert.equal(await me(String(further.at('token'))), 200);
      assert.equal((await world.call('DELETE', `/api/tokens/${String(further.at('id'))}`, { headers })).status, 200);
      assert.equal(await me(String(further.at('token'))), 401);
      assert.equal((await world.call('DELETE', `/api/tokens/${String(further.at('id'))}`, { headers })).status, 404);
    });

    it('takes only tokens that are signed by it, of access, of this time, and of somebody', async () => {
      const person = await world.person();
      const good = { sub: person.id, org: person.orgId, typ: 'access' };
      const soon = Math.floor(Date.now() / 1000) + 60;
      assert.equal(await me(await jwt({ ...good, exp: soon })), 200, 'without jti, as Sibyl and the village make them');
      const refused: Record<string, string> = {
        expired: await jwt({ ...good, exp: soon - 120 }),
        'another secret': await jwt(good, { secret: 'another secret' }),
        'another algorithm': await jwt(good, { alg: 'HS512' }),
        unsigned: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(good)).toString('base64url')}.`,
        'a refresh token': await jwt({ ...good, typ: 'refresh' }),
        'a stranger, by a token of ours': await jwt({ ...good, sub: randomUUID(), jti: randomUUID() }),
        'another organization': await jwt({ ...good, org: 'umbrella' }),
        'an unknown jti': await jwt({ ...good, jti: randomUUID() }),
        "somebody else's jti": await jwt({ ...good, jti: (await world.hub.identityParts.rows.list((await world.person()).id, 'api'))[0]?.id }),
        rubbish: 'rubbish',
      };
      for (const [what, token] of Object.entries(refused)) assert.equal(await me(token), 401, what);
    });

    it("lets a runner's token do nothing but connect, until its runner is deleted", async () => {
      const person = await world.person('admin');
      const { identity } = world.hub.base;
      const token = await identity.issueRunnerToken({ id: 'runner-1', orgId: person.orgId, userId: person.id, name: 'box' });
      const principal = await identity.authenticateToken(token);
      assert.deepEqual([principal?.runnerId, principal?.userId, principal?.via], ['runner-1', person.id, 'bearer']);
      assert.equal(await me(token), 403);
      assert.equal((await world.call('POST', '/api/probe/runner', { headers: { authorization: `bearer ${token}` } })).status, 200);
      const told = waitForEvent(identity.onDidEnd, ({ runnerId }) => runnerId === 'runner-1', { timeoutMs: 5_000, what: 'the end of its tokens' });
      await identity.revokeRunnerTokens('runner-1');
      await told;
      assert.equal(await identity.authenticateToken(token), undefined);
      const short = await identity.issueRunnerToken({ id: 'runner-1', orgId: person.orgId, userId: person.id, name: 'box' }, -1000);
      assert.equal(await identity.authenticateToken(short), undefined);
    });

    it('lets each role do its part', async () => {
      const statuses = async (as: Person): Promise<number[]> => await Promise.all([['GET', 'viewer'], ['POST', 'member'], ['POST', 'admin']].map(async ([method = '', path = '']) => (await world.call(method, `/api/probe/${path}`, { as })).status));
      assert.deepEqual(await statuses(await world.person('viewer')), [200, 403, 403]);
      assert.deepEqual(await statuses(await world.person('member')), [200, 200, 403]);
      assert.deepEqual(await statuses(await world.person('admin')), [200, 200, 200]);
      assert.deepEqual(await Promise.all(['/api/users', '/api/audit'].map(async (path) => (await world.call('GET', path, { as: await world.person('member') })).status)), [403, 403]);
    });

    it('changes one\'s own password, and ends the sessions that were opened with the old one', async () => {
      const boss = await world.person('admin', `own-${kind}`);
      const name = `milton-${kind}`;
      await world.call('POST', '/api/users', { as: boss, body: { name, password: PASSWORD } });
      const session = async (password: string): Promise<{ readonly status: number; readonly cookie: string }> => {
        const answer = await world.call('POST', '/api/auth/login', { body: { name, password } });
        return { status: answer.status, cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '' };
      };
      const [mine, elsewhere] = [await session(PASSWORD), await session(PASSWORD)];
      const change = (cookie: string, body: unknown): Promise<Answer> => world.call('POST', '/api/auth/password', { headers: { cookie }, body });
      assert.equal((await change(mine.cookie, { password: 'not this one', new_password: 'a new password' })).status, 403);
      assert.equal((await change(mine.cookie, { password: PASSWORD, new_password: 'short' })).status, 400);
      const changed = await change(mine.cookie, { password: PASSWORD, new_password: 'a new password' });
      assert.equal(changed.status, 200);
      const me = async (cookie: string): Promise<number> => (await world.call('GET', '/api/me', { headers: { cookie } })).status;
      assert.deepEqual([await me(elsewhere.cookie), await me(changed.headers.get('set-cookie')?.split(';', 1)[0] ?? '')], [401, 200]);
      assert.deepEqual([(await session(PASSWORD)).status, (await session('a new password')).status], [401, 200]);
    });

    it('lets admins mind the users of their own organization, and never lock themselves out', async () => {
      const boss = await world.person('admin', 'initech');
      const made = await world.call('POST', '/api/users', { as: boss, body: { name: `peter-${kind}`, password: PASSWORD } });
      assert.deepEqual([made.status, made.at('role'), made.at('disabled')], [201, 'member', false]);
      const id = String(made.at('id'));
      assert.equal((await world.call('POST', '/api/users', { as: boss, body: { name: `peter-${kind}`, password: PASSWORD } })).status, 409);
      assert.equal((await world.call('POST', '/api/users', { as: boss, body: { name: '<img>', password: PASSWORD } })).status, 400);

      const stranger = await world.person('admin', 'umbrella');
      assert.equal((await world.call('PATCH', `/api/users/${id}`, { as: stranger, body: { disabled: true } })).status, 404);
      assert.ok(!JSON.stringify((await world.call('GET', '/api/users', { as: stranger })).body).includes(id));

      for (const body of [{ role: 'member' }, { disabled: true }]) {
        const last = await world.call('PATCH', `/api/users/${boss.id}`, { as: boss, body });
        assert.deepEqual([last.status, last.at('code')], [409, 'INVALID_TRANSITION']);
      }
      assert.equal((await world.call('PATCH', `/api/users/${id}`, { as: boss, body: { role: 'admin' } })).at('role'), 'admin');
      // Two admins that unmake each other at once: one stays.
      const peter = String((await world.call('POST', '/api/auth/token', { body: { name: `peter-${kind}`, password: PASSWORD } })).at('token'));
      const [first, second] = await Promise.all([
        world.call('PATCH', `/api/users/${id}`, { as: boss, body: { role: 'viewer' } }),
        (other ?? world).call('PATCH', `/api/users/${boss.id}`, { headers: { authorization: `Bearer ${peter}` }, body: { role: 'viewer' } }),
      ]);
      assert.equal([first, second].filter(({ status }) => status === 200).length, 1, `${first.status} ${second.status}`);
    });

    it('ends sessions at once when a user is disabled or gets another password', async () => {
      const boss = await world.person('admin', `globex-${kind}`);
      const name = `hank-${kind}`;
      const id = String((await world.call('POST', '/api/users', { as: boss, body: { name, password: PASSWORD } })).at('id'));
      const cookie = cookieOf(await login(name, PASSWORD));
      const token = String((await world.call('POST', '/api/auth/token', { body: { name, password: PASSWORD } })).at('token'));
      const session = async (): Promise<number> => (await world.call('GET', '/api/me', { headers: { cookie } })).status;
      assert.deepEqual([await session(), await me(token)], [200, 200]);

      assert.equal((await world.call('PATCH', `/api/users/${id}`, { as: boss, body: { password: 'another password' } })).status, 200);
      assert.deepEqual([await session(), await me(token), (await login(name, PASSWORD)).status, (await login(name, 'another password')).status], [401, 200, 401, 200]);
      assert.equal((await world.call('PATCH', `/api/users/${id}`, { as: boss, body: { disabled: true } })).at('disabled'), true);
      assert.deepEqual([await me(token), (await login(name, 'another password')).status], [401, 401]);
      assert.equal((await world.call('PATCH', `/api/users/${id}`, { as: boss, body: { disabled: false } })).status, 200);
      assert.equal(await me(token), 200);
    });

    it('makes organizations by admins of the first one alone', async () => {
      const body = { name: 'Hooli', admin: { name: `gavin-${kind}`, password: PASSWORD } };
      assert.equal((await world.call('POST', '/api/orgs', { as: await world.person('admin', 'umbrella'), body })).status, 403);
      const cookie = cookieOf(await login('Ada', PASSWORD));
      const made = await world.call('POST', '/api/orgs', { headers: { cookie }, body });
      assert.deepEqual([made.status, made.at('org_name'), made.at('role')], [201, 'Hooli', 'admin']);
      const gavin = cookieOf(await login(`gavin-${kind}`, PASSWORD));
      assert.equal((await world.call('GET', '/api/users', { headers: { cookie: gavin } })).at('length'), 1);
    });

    it('writes down who did what, without secrets, for the admins of that organization', async () => {
      const boss = await world.person('admin', `audit-${kind}`);
      await world.call('POST', '/api/users', { as: boss, body: { name: `eve-${kind}`, password: PASSWORD, role: 'viewer' } });
      await world.call('POST', '/api/tokens', { as: boss, body: { name: 'ci' } });
      await world.hub.identityParts.audit.flush();
      const all = await world.call('GET', '/api/audit', { as: boss });
      assert.deepEqual((all.body as { action: string }[]).map(({ action }) => action), ['token.create', 'user.create']);
      assert.deepEqual([all.at(1, 'actor'), all.at(1, 'detail'), all.at(1, 'ip')], [boss.name, { name: `eve-${kind}`, role: 'viewer' }, '127.0.0.1']);
      assert.deepEqual((await world.call('GET', '/api/audit?limit=1', { as: boss })).at(0, 'action'), 'token.create');
      assert.deepEqual((await world.call('GET', `/api/audit?before=${String(all.at(0, 'id'))}`, { as: boss })).at(0, 'action'), 'user.create');
      assert.equal((await world.call('GET', '/api/audit?limit=0', { as: boss })).status, 400);
      const everything = JSON.stringify(await world.hub.base.database.selectFrom('audit').selectAll().execute());
      assert.ok(!everything.includes(PASSWORD) && !everything.includes('eyJ'));
    });

    it('does not ask the database again for everything that the same token asks', async () => {
      const person = await world.person();
      assert.equal(await me(person.token), 200);
      // Behind the hub's back: what it remembers for seconds.
      await world.hub.base.database.updateTable('users').set({ disabled: 1 }).where('id', '=', person.id).execute();
      assert.equal(await me(person.token), 200);
      world.hub.identityParts.identity.end({ userId: person.id });
      assert.equal(await me(person.token), 401);
    });

    if (kind === 'PostgreSQL') {
      it('ends a token in all processes', async () => {
        assert.ok(other !== undefined);
        const person = await world.person();
        const { identity } = other.hub.base;
        assert.ok((await identity.authenticateToken(person.token)) !== undefined);
        const told = waitForEvent(identity.onDidEnd, () => true, { timeoutMs: 5_000, what: 'the end of a token, in the other process' });
        const [row] = await world.hub.identityParts.rows.list(person.id, 'api');
        assert.equal((await world.call('DELETE', `/api/tokens/${row?.id ?? ''}`, { as: person })).status, 200);
        assert.deepEqual(await told, { tokenId: row?.id });
        assert.equal(await identity.authenticateToken(person.token), undefined);
      });

      it('signs with one secret in all processes, which stands in the database', async () => {
        const url = await postgres?.database();
        const [one, two] = await Promise.all([hubWorld({ databaseUrl: url }), hubWorld({ databaseUrl: url })]);
        try {
          assert.equal((await two.call('GET', '/api/me', { as: await one.person() })).status, 200);
        } finally {
          await one.dispose();
          await two.dispose();
        }
      });
    }
  });
}

describe("the hub's identity: what it keeps", () => {
  it('signs with a secret of its own, private, the same after a restart; and prints a new link as long as there is no admin', async () => {
    const world = await hubWorld();
    try {
      const file = join(world.folder, 'secret');
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(statSync(world.folder).mode & 0o777, 0o700);
      const secret = readFileSync(file, 'utf8');
      const person = await world.person();
      const before = world.hub.adminLink;
      await world.hub.close();
      const again = await hubWorld({ dataFolder: world.folder });
      try {
        assert.equal(readFileSync(file, 'utf8'), secret);
        assert.equal((await again.call('GET', '/api/me', { as: person })).status, 200);
        const setup = (link: string | undefined): Promise<Answer> => again.call('POST', '/api/auth/setup', { body: { token: tokenOf(link), ...NAME } });
        assert.equal((await setup(before)).status, 403);
        assert.equal((await setup(again.hub.adminLink)).status, 200);
      } finally {
        await again.hub.close();
      }
      const third = await hubWorld({ dataFolder: world.folder });
      assert.equal(third.hub.adminLink, undefined);
      await third.hub.close();
    } finally {
      await world.dispose();
    }
  });

  it('keeps cookies to https where it is reached by that, and believes its proxy', async () => {
    const world = await hubWorld({ trustProxy: '127.0.0.1', testMode: true });
    try {
      const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'hub.example', 'x-forwarded-for': '198.51.100.7' };
      const secure = await world.call('GET', '/test/login/7', { headers: forwarded });
      assert.match(secure.headers.get('set-cookie') ?? '', /; Secure/);
      assert.match(secure.headers.get('strict-transport-security') ?? '', /max-age=31536000/);
      const headers = { ...forwarded, cookie: cookieOf(secure) };
      assert.equal((await world.call('POST', '/api/tokens', { headers: { ...headers, origin: 'https://hub.example' }, body: { name: 'x' } })).status, 201);
      assert.equal((await world.call('POST', '/api/tokens', { headers: { ...headers, origin: 'https://evil.example' }, body: { name: 'x' } })).status, 403);
      await world.hub.identityParts.audit.flush();
      assert.equal((await world.hub.base.database.selectFrom('audit').select('ip').where('action', '=', 'login.test').executeTakeFirst())?.ip, '198.51.100.7');
    } finally {
      await world.dispose();
    }
  });

  it('has a login for end-to-end tests, in test mode alone, for users of the test organization alone', async () => {
    const plain = await hubWorld();
    assert.equal((await plain.call('GET', '/test/login/1?username=demo')).status, 404);
    await plain.dispose();

    const world = await hubWorld({ testMode: true });
    try {
      const demo = await world.call('GET', '/test/login/1?username=demo');
      assert.deepEqual([demo.status, demo.at('user_id'), demo.at('name')], [200, '1', 'demo']);
      assert.equal((await world.call('GET', '/api/me', { headers: { cookie: cookieOf(demo) } })).at('org_id'), 'test');
      const again = await world.call('GET', '/test/login/1?username=demo');
      assert.equal(again.at('user_id'), '1');
      const person = await world.person('admin');
      assert.equal((await world.call('GET', `/test/login/${person.id}`)).status, 409);
      assert.equal((await world.call('GET', `/test/login/2?username=${person.name}`)).status, 409);
      assert.ok(world.hub.adminLink !== undefined);
    } finally {
      await world.dispose();
    }
  });

  it('takes passwords that were hashed at another cost', async () => {
    const world = await hubWorld();
    try {
      const person = await world.person();
      await world.hub.base.database.updateTable('users').set({ password: await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 }) }).where('id', '=', person.id).execute();
      assert.equal((await world.call('POST', '/api/auth/login', { body: { name: person.name, password: PASSWORD } })).status, 200);
      const { password } = await world.hub.base.database.selectFrom('users').select('password').where('id', '=', person.id).executeTakeFirstOrThrow();
      assert.match(password ?? '', /^scrypt\$1024\$8\$1\$/);
    } finally {
      await world.dispose();
    }
  });
});
