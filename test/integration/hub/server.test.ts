// The hub's server over real HTTP: headers, limits, faults, upgrades, the page, its end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { toDisposable } from '../../../src/base/disposable.ts';
import { AgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { startHub, type HubPart } from '../../../src/hub/server/startHub.ts';
import { hubWorld, type HubWorld } from '../../support/hubWorld.ts';

/** Routes and sockets that show what the server makes of them. */
const probe: HubPart = (base) => {
  base.http.get('/api/probe/unsupported', () => { throw new AgentsError('unsupported', 'A base runner cannot do that.', { hint: 'Use ours.' }); });
  base.http.get('/api/probe/broken', () => { throw new Error('secret text of a fault'); });
  base.http.get('/api/probe/slow', async () => new Promise((resolve) => setTimeout(() => resolve({ late: true }), 300)));
  return base.upgrades.on(/^\/api\/probe\/(?<name>[^/]+)$/, (socket, _request, { name }) => {
    socket.send(`hello ${name ?? ''}`);
    socket.on('message', (data: Buffer) => socket.send(`got ${data.length}`));
  }, { maxPayload: 1000 });
};

describe('the hub: its server', () => {
  let world: HubWorld;
  let page: string;

  before(async () => {
    page = mkdtempSync(join(tmpdir(), 'tmux-agents-page-'));
    mkdirSync(join(page, 'assets'));
    writeFileSync(join(page, 'index.html'), '<!doctype html><title>Hub</title>');
    writeFileSync(join(page, 'assets', 'index-abc123.js'), 'export {};');
    world = await hubWorld({ pageFolder: page }, { parts: [probe], rates: { signIn: 3 } });
  });
  after(async () => {
    await world.dispose();
    rmSync(page, { recursive: true, force: true });
  });

  it('tells whether it lives, to anybody, and nothing else', async () => {
    const { status, body } = await world.call('GET', '/healthz');
    assert.deepEqual([status, body], [200, { status: 'ok' }]);
  });

  it('sends the headers that keep browsers from harm', async () => {
    for (const path of ['/healthz', '/api/nothing', '/']) {
      const { headers } = await world.call('GET', path, { headers: { accept: 'text/html' } });
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'(;|$)/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('x-frame-options'), 'DENY');
    }
  });

  it('says every fault in one shape', async () => {
    const missing = await world.call('GET', '/api/nothing?token=hidden');
    assert.deepEqual([missing.status, missing.body], [404, { error: 'There is no GET /api/nothing.', code: 'NOT_FOUND', detail: 'There is no GET /api/nothing.' }]);

    const unsupported = await world.call('GET', '/api/probe/unsupported');
    assert.deepEqual([unsupported.status, unsupported.body], [501, { error: 'A base runner cannot do that.', code: 'UNSUPPORTED', detail: 'A base runner cannot do that.', hint: 'Use ours.' }]);

    const broken = await world.call('GET', '/api/probe/broken');
    assert.equal(broken.status, 500);
    assert.equal(broken.at('code'), 'INTERNAL');
    assert.doesNotMatch(JSON.stringify(broken.body), /secret/);

    const invalid = await world.call('POST', '/api/auth/login', { body: { name: 5 } });
    assert.equal(invalid.status, 400);
    assert.equal(invalid.at('code'), 'BAD_INPUT');
    assert.deepEqual([invalid.at('details', 0, 'path'), invalid.at('details', 1, 'path')], [['name'], ['password']]);

    const noJson = await fetch(`${world.hub.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' });
    assert.equal(noJson.status, 400);
    const form = await fetch(`${world.hub.url}/api/auth/login`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    assert.equal(form.status, 415);
  });

  it('refuses a body above 1 MiB', async () => {
    const { status, at } = await world.call('POST', '/api/tokens', { as: await world.person(), body: { name: 'y'.repeat(1024 * 1024) } });
    assert.deepEqual([status, at('code')], [413, 'TOO_LARGE']);
  });

  it('describes its REST', async () => {
    const { status, at } = await world.call('GET', '/api/openapi.json');
    assert.equal(status, 200);
    assert.equal(at('openapi'), '3.1.0');
    for (const path of ['/api/auth/login', '/api/me', '/api/tokens', '/api/users', '/api/audit']) assert.ok(at('paths', path) !== undefined, path);
    assert.ok(at('paths', '/api/auth/login', 'post', 'requestBody', 'content', 'application/json', 'schema', 'properties', 'password') !== undefined);
    assert.equal(at('paths', '/test/login/{id}'), undefined);
  });

  it('serves the page: its files for good, its first file for every address of its own, and neither for programs', async () => {
    const html = { headers: { accept: 'text/html,*/*' } };
    for (const path of ['/', '/agents/some-id', '/setup']) {
      const { status, body, headers } = await world.call('GET', path, html);
      assert.deepEqual([status, body, headers.get('cache-control')], [200, '<!doctype html><title>Hub</title>', 'no-cache'], path);
    }
    const script = await world.call('GET', '/assets/index-abc123.js');
    assert.equal(script.status, 200);
    assert.match(script.headers.get('cache-control') ?? '', /max-age=31536000, immutable/);
    for (const path of ['/api/agentz', '/assets/none.js', '/test/login/1', '/%2e%2e/%2e%2e/etc/passwd']) assert.equal((await world.call('GET', path, path.startsWith('/%') ? {} : html)).status, 404, path);
    assert.equal((await world.call('POST', '/agents', html)).status, 404);
    assert.equal((await world.call('GET', '/healthz')).headers.get('cache-control'), 'no-store');
  });

  it('gives sockets to whoever minds their path, and refuses the rest', async () => {
    const socket = new WebSocket(`${world.hub.url.replace('http', 'ws')}/api/probe/you?x=1`);
    const [first] = (await once(socket, 'message')) as [Buffer];
    assert.equal(first.toString(), 'hello you');
    socket.send('x'.repeat(1001));
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 1009);

    const nobody = new WebSocket(`${world.hub.url.replace('http', 'ws')}/api/other`);
    const [, response] = (await once(nobody, 'unexpected-response')) as [unknown, { statusCode: number }];
    assert.equal(response.statusCode, 404);
    nobody.on('error', () => undefined).terminate();
  });

  it('survives an upgrade that is none', async () => {
    const port = Number(new URL(world.hub.url).port);
    for (const lines of [['GET /api/probe/x HTTP/1.1', 'host: x', 'connection: upgrade', 'upgrade: websocket', '', ''], ['GET /socket.io/ HTTP/1.1', 'host: x', 'connection: upgrade', 'upgrade: websocket', '', '']]) {
      const socket = connect(port, '127.0.0.1');
      socket.write(lines.join('\r\n'));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 40[04]/);
      socket.destroy();
    }
    assert.equal((await world.call('GET', '/healthz')).status, 200);
  });

  it('lets nobody guess passwords at speed', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) statuses.push((await world.call('POST', '/api/auth/setup', { body: { token: `guess-${attempt}`, name: 'mallory', password: 'long enough' } })).status);
    assert.ok(statuses.includes(429), statuses.join());
    const refused = await world.call('POST', '/api/auth/login', { body: { name: 'mallory', password: 'x' } });
    assert.deepEqual([refused.status, refused.at('code')], [429, 'LIMIT_REACHED']);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await world.call('GET', '/healthz')).status, 200);
  });
});

describe('the hub: limits by who one is', () => {
  it('counts people by themselves, and strangers by their address', async () => {
    const world = await hubWorld({}, { rates: { address: 5, principal: 20 } });
    try {
      const [one, other] = [await world.person(), await world.person()];
      const count = async (as: typeof one | undefined, times: number): Promise<number> => {
        let good = 0;
        for (let call = 0; call < times; call++) if ((await world.call('GET', '/api/me', { as })).status !== 429) good++;
        return good;
      };
      assert.equal(await count(undefined, 8), 5);
      assert.equal(await count(one, 25), 20);
      assert.equal(await count(other, 3), 3);
      // Made-up tokens are strangers'.
      assert.equal((await world.call('GET', '/api/me', { as: { ...one, token: 'made.up.token' } })).status, 429);
    } finally {
      await world.dispose();
    }
  });
});

describe("the hub: its end", () => {
  it('closes sockets as going away, finishes what is asked, and frees its port and folder', async () => {
    const world = await hubWorld({}, { parts: [probe, () => toDisposable(() => undefined)] });
    const socket = new WebSocket(`${world.hub.url.replace('http', 'ws')}/api/probe/you`);
    await once(socket, 'message');
    const under = world.call('GET', '/api/probe/slow');
    await world.call('GET', '/healthz');
    const closed = once(socket, 'close') as Promise<[number]>;
    const ending = world.hub.close();
    assert.equal((await closed)[0], 1001);
    assert.deepEqual((await under).body, { late: true });
    await ending;
    await assert.rejects(world.call('GET', '/healthz'));
    const again = await startHub({ host: '127.0.0.1', port: Number(new URL(world.hub.url).port), dataFolder: world.folder, log: silentLog });
    await again.close();
    await world.dispose();
  });

  it('says what is wrong when it cannot start', async () => {
    const world = await hubWorld();
    try {
      await assert.rejects(startHub({ host: '127.0.0.1', port: 0, dataFolder: world.folder, log: silentLog }), { reason: 'name-taken' });
      await assert.rejects(hubWorld({ port: Number(new URL(world.hub.url).port) }), { reason: 'name-taken', message: /in use/ });
      await assert.rejects(hubWorld({ host: '203.0.113.7' }), { reason: 'bad-input', message: /not an address of this machine/ });
      await assert.rejects(hubWorld({ tls: { cert: 'none', key: 'none' } }), { reason: 'bad-input', message: /TLS/ });
      await assert.rejects(hubWorld({ trustProxy: 'nonsense' }), { reason: 'bad-input', message: /proxy/ });
      await assert.rejects(hubWorld({ jwtSecret: 'short' }), { reason: 'bad-input', message: /fewer than 8/ });
    } finally {
      await world.dispose();
    }
  });
});
