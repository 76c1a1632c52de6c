// Who may not: every call that the hub describes, and its sockets, with no token, a bad one, another organization's, a viewer's; and input that is meant to harm.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as rawRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT } from 'jose';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { silentLog } from '../../../src/base/log.ts';
import { waitFor } from '../../../src/base/wait.ts';
import { startWholeHub, type WholeHub } from '../../../src/hub/server/wholeHub.ts';
import { addPerson, call, type Answer, type CallOptions, type Person } from '../../support/hubWorld.ts';
import { sibylClient, type SibylClient } from '../../support/sibylClient.ts';

const SECRET = 'the secret of the security tests';
const Described = z.object({ paths: z.record(z.string(), z.record(z.string(), z.object({ security: z.array(z.unknown()).optional(), tags: z.array(z.string()).optional() }))) });

/** Writing methods that change nothing, which a viewer may use. */
const LOOKING = new Set(['POST /api/tasks/preview', 'POST /api/runners/route']);
/** What a viewer decides for themselves. */
const OWN = /^(POST|DELETE) \/api\/(tokens|auth)/;

describe('security of the hub', function () {
  this.timeout(60_000);
  let folder: string;
  let hub: WholeHub;
  let owner: Person;
  let stranger: Person;
  let viewer: Person;
  let runner: SibylClient;
  /** Names of things of the organization "acme" that nobody else may see. */
  const secrets: string[] = [];
  const routes: { readonly method: string; readonly path: string; readonly template: string }[] = [];
  const get = (method: string, path: string, options?: CallOptions): Promise<Answer> => call(hub.url, method, path, options);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-security-'));
    const page = join(folder, 'page');
    mkdirSync(page);
    writeFileSync(join(page, 'index.html'), '<!doctype html><title>hub</title>');
    writeFileSync(join(folder, 'outside.txt'), 'a secret file');
    hub = await startWholeHub({ host: '127.0.0.1', port: 0, dataFolder: join(folder, 'data'), jwtSecret: SECRET, pageFolder: page, log: silentLog }, { rates: { address: 1_000_000 } });
    owner = await addPerson(hub, 'member', 'acme');
    stranger = await addPerson(hub, 'admin', 'strangers');
    viewer = await addPerson(hub, 'viewer', 'acme');
    const registered = await get('POST', '/api/runners/register', { as: owner, body: { name: 'secret-runner', hostname: 'host' } });
    const runnerId = String(registered.at('id'));
    runner = await sibylClient(hub.url, runnerId, String(registered.at('token')), { headers: { 'x-tmux-agents-extension': '1' } });
    runner.say({ type: 'hello', protocol: 1, client: 'test', instance: 'one', tasks: [], sessions: [{ session_id: 'secret-session', name: 'secret-agent', provider_id: 'demo', state: 'RUNNING', status: { state: 'working' }, status_since: 1, created_at: 1, last_seq: 0, terminal: true }] });
    await runner.hear('resume');
    const task = await get('POST', '/api/tasks', { as: owner, body: { prompt: 'secret-prompt' } });
    secrets.push(runnerId, 'secret-runner', 'secret-session', 'secret-agent', 'secret-prompt', String(task.at('id')), owner.id);
    const things: Readonly<Record<string, string>> = { agents: 'secret-session', runners: runnerId, tasks: String(task.at('id')), users: owner.id, tokens: 'none', sessions: 'secret-session' };
    const described = Described.parse((await get('GET', '/api/openapi.json')).body);
    for (const [template, methods] of Object.entries(described.paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        if (security?.length === 0) continue;
        const kind = Object.keys(things).find((name) => template.includes(`/${name}/{`)) ?? '';
        routes.push({ method: method.toUpperCase(), template, path: template.replace(/\{id\}/, things[kind] ?? 'none').replaceAll(/\{[^}]+\}/g, 'none') });
      }
    }
  });
  after(async () => {
    runner.drop();
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const body = (method: string): { body?: unknown } => (method === 'GET' || method === 'DELETE' ? {} : { body: {} });

  it('describes all its calls', () => {
    assert.ok(routes.length >= 35, `only ${routes.length}`);
    for (const wanted of ['POST /api/runners/register', 'POST /api/tasks', 'GET /api/agents', 'POST /api/agents/{id}/prompt', 'POST /api/runner/sessions', 'GET /api/audit', 'POST /api/users', 'POST /api/orgs']) assert.ok(routes.some(({ method, template }) => `${method} ${template}` === wanted), wanted);
  });

  it('answers nobody, and no token that is expired, forged, unsigned, revoked, or of somebody who is gone', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { org: 'acme', typ: 'access' };
    const signed = (more: Record<string, unknown>, secret = SECRET): Promise<string> => new SignJWT({ ...claims, exp: now + 600, iat: now, sub: owner.id, ...more }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
    const revoked = await get('POST', '/api/tokens', { as: owner, body: { name: 'soon gone' } });
    await get('DELETE', `/api/tokens/${String(revoked.at('id'))}`, { as: owner });
    const bad: Readonly<Record<string, string | undefined>> = {
      none: undefined,
      nonsense: 'nonsense',
      expired: await signed({ exp: now - 60, iat: now - 600 }),
      forged: await signed({}, 'another secret, not the hub\'s'),
      unsigned: new UnsecuredJWT({ ...claims, sub: owner.id, exp: now + 600, iat: now }).encode(),
      'of another kind': await signed({ typ: 'refresh' }),
      'of another organization': await signed({ org: 'strangers' }),
      'of nobody, with a number of ours': await signed({ sub: 'nobody', jti: 'never issued' }),
      'of a runner of nobody': await signed({ sub: 'nobody', rid: 'none' }),
      revoked: String(revoked.at('token')),
    };
    for (const [kind, token] of Object.entries(bad)) {
      for (const { method, path } of routes) {
        const answer = await get(method, path, { ...body(method), ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) });
        assert.equal(answer.status, 401, `${kind}: ${method} ${path} gave ${answer.status}`);
        assert.deepEqual([typeof answer.at('error'), typeof answer.at('code'), typeof answer.at('detail')], ['string', 'string', 'string'], `${method} ${path}`);
      }
    }
  });

  it('knows whom another server with the same secret names: a member of their organization, and nothing more', async () => {
    const minted = (sub: string, org: string): Promise<string> => new SignJWT({ org, typ: 'access' }).setSubject(sub).setProtectedHeader({ alg: 'HS256' }).setIssuedAt().setExpirationTime('10m').sign(new TextEncoder().encode(SECRET));
    const me = async (sub: string, org: string): Promise<Answer> => get('GET', '/api/me', { headers: { authorization: `Bearer ${await minted(sub, org)}` } });
    const first = await me('from-elsewhere', 'another-org');
    assert.deepEqual([first.status, first.at('user_id'), first.at('org_id'), first.at('role')], [200, 'from-elsewhere', 'another-org', 'member']);
    assert.equal((await me('from-elsewhere', 'acme')).status, 401);
    assert.equal((await me(owner.id, 'another-org')).status, 401);
    // A name that somebody has is not taken over.
    assert.equal((await me(owner.name, 'another-org')).at('user_id'), owner.name);
    assert.equal((await get('GET', '/api/me', { as: owner })).at('user_id'), owner.id);
  });

  it('shows another organization nothing, whatever it asks', async () => {
    for (const { method, path, template } of routes) {
      const answer = await get(method, path, { as: stranger, ...body(method) });
      const text = JSON.stringify(answer.body);
      // What was asked for may be repeated.
      for (const secret of secrets) if (!path.includes(secret)) assert.ok(!text.includes(secret), `${method} ${path}: ${text}`);
      if (template.includes('{id}')) assert.ok([400, 404].includes(answer.status), `${method} ${path} gave ${answer.status}`);
      if (template.includes('{id}') && method === 'GET') assert.equal(answer.status, 404, `${method} ${path}`);
    }
    assert.equal((await get('GET', '/api/agents/secret-session', { as: owner })).status, 200);
  });

  it('lets a viewer look, and do nothing', async () => {
    for (const { method, path, template } of routes) {
      if (method === 'GET' || LOOKING.has(`${method} ${template}`) || OWN.test(`${method} ${template}`)) continue;
      const answer = await get(method, path, { as: viewer, ...body(method) });
      assert.equal(answer.status, 403, `${method} ${path} gave ${answer.status}`);
    }
    assert.equal((await get('GET', '/api/agents/secret-session', { as: viewer })).status, 200);
  });

  it('refuses what another site makes a browser send', async () => {
    const session = await hub.identityParts.rows.issue({ orgId: owner.orgId, userId: owner.id, kind: 'session', name: 'browser', lifetimeMs: 60_000 });
    const cookie = `access_token=${session.token}`;
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }]) {
      for (const { method, path } of routes.filter(({ method }) => method !== 'GET')) {
        assert.equal((await get(method, path, { ...body(method), headers: { cookie, ...headers } })).status, 403, `${method} ${path} with ${JSON.stringify(headers)}`);
      }
    }
    assert.equal((await get('GET', '/api/me', { headers: { cookie } })).status, 200);
    assert.equal((await get('POST', '/api/tokens', { headers: { cookie, origin: hub.url }, body: { name: 'mine' } })).status, 201);
    const foreign = new WebSocket(`${hub.url.replace('http', 'ws')}/api/live`, { headers: { cookie, origin: 'https://evil.example' } });
    foreign.on('error', () => undefined);
    const heard: string[] = [];
    foreign.on('message', (data: Buffer) => heard.push(data.toString()));
    foreign.on('open', () => foreign.send('{"type":"watch_fleet"}'));
    await waitFor(once(foreign, 'close'), { timeoutMs: 10_000, what: 'the end of the foreign socket' });
    assert.deepEqual(heard.filter((text) => text.includes('secret')), []);
  });

  it('tells its socket\'s watchers nothing of another organization, and takes no keys of a viewer', async () => {
    const open = async (as?: Person): Promise<{ readonly socket: WebSocket; readonly heard: string[]; readonly closed: Promise<unknown> }> => {
      const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/live`, as === undefined ? {} : { headers: { authorization: `Bearer ${as.token}` } });
      const heard: string[] = [];
      socket.on('message', (data: Buffer) => heard.push(data.toString()));
      socket.on('error', () => undefined);
      const closed = once(socket, 'close');
      await Promise.race([once(socket, 'open').catch(() => undefined), closed]);
      return { socket, heard, closed };
    };
    await waitFor((await open()).closed, { timeoutMs: 10_000, what: 'the end of a socket without a token' });
    for (const [as, seesIt] of [[stranger, false], [viewer, true]] as const) {
      const { socket, heard } = await open(as);
      for (const frame of [{ type: 'watch_fleet' }, { type: 'join', session_id: 'secret-session', after: 0 }, { type: 'terminal_join', session_id: 'secret-session' }, { type: 'terminal_take', session_id: 'secret-session' }, { type: 'terminal_write', session_id: 'secret-session', data: 'rm -rf /\r' }, { type: 'ping' }]) socket.send(JSON.stringify(frame));
      while (!heard.some((text) => text.includes('"pong"'))) await waitFor(once(socket, 'message'), { timeoutMs: 10_000, what: 'an answer' });
      assert.equal(heard.some((text) => text.includes('secret-agent')), seesIt);
      assert.ok(heard.some((text) => text.includes('"error"')));
      socket.terminate();
    }
    assert.equal(runner.frames.some(({ type }) => type === 'terminal_input'), false);
  });

  it('goes on after ten thousand malformed frames, on either socket', async () => {
    const bad = [(n: number) => `{"type":${n}}`, () => '{', () => '\u0000\uffff', () => '[]', () => JSON.stringify({ type: 'events', session_id: 'secret-session', events: [{ type: 'X', seq: -1 }] }), () => JSON.stringify({ type: 'join', session_id: { toString: 1 } }), () => JSON.stringify({ type: 'task_ack' }), (n: number) => 'x'.repeat(n % 5000), () => '{"type":"__proto__","__proto__":{"admin":true}}', () => JSON.stringify({ type: 'session', session: null })];
    const flood = async (socket: WebSocket): Promise<void> => {
      for (let n = 0; n < 10_000; n++) {
        if (socket.readyState !== socket.OPEN) return;
        socket.send(bad[n % bad.length]?.(n) ?? '');
        if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await flood(runner.socket);
    runner.say({ type: 'status', status: 'busy', agent_count: 1 });
    runner.say({ type: 'project_register', project_id: 'after', worktree_path: '/w' });
    await runner.hear('project_registered');
    const live = new WebSocket(`${hub.url.replace('http', 'ws')}/api/live`, { headers: { authorization: `Bearer ${owner.token}` } });
    live.on('error', () => undefined);
    await once(live, 'open');
    await flood(live);
    live.terminate();
    assert.equal((await get('GET', '/healthz')).status, 200);
  });

  it('gives no file but its page\'s', async () => {
    const raw = (path: string): Promise<string> => new Promise((resolve, reject) => {
      const sent = rawRequest({ host: '127.0.0.1', port: new URL(hub.url).port, path, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      });
      sent.on('error', reject);
      sent.end();
    });
    for (const path of ['/../outside.txt', '/..%2foutside.txt', '/%2e%2e/outside.txt', '/assets/../../outside.txt', '/assets/..%5c..%5coutside.txt', '/%2e%2e%2f%2e%2e%2fetc/passwd', '//etc/passwd', '/..;/outside.txt', '/data/hub.sqlite', '/..%00/outside.txt', '/api/agents/..%2f..%2foutside.txt']) {
      const text = await raw(path);
      assert.ok(!text.includes('a secret file') && !text.includes('root:') && !text.startsWith('SQLite'), path);
    }
  });

  it('says to browsers what they may do with its answers', async () => {
    for (const path of ['/', '/agents/x', '/api/me', '/healthz']) {
      const { headers } = await get('GET', path);
      const policy = headers.get('content-security-policy') ?? '';
      for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(policy.includes(rule), `${path}: ${rule} in ${policy}`);
      assert.ok(!/script-src[^;]*unsafe/.test(policy) && !/default-src[^;]*unsafe/.test(policy), policy);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('x-powered-by'), null);
    }
  });
});
