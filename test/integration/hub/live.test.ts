// The live socket of the hub: snapshot and changes, events after a number, who may, what is malformed, who reads slowly.
import assert from 'node:assert/strict';
import { waitFor } from '../../../src/base/wait.ts';
import type { Person } from '../../support/hubWorld.ts';
import { liveClient, type LiveClient } from '../../support/liveClient.ts';
import { needsPostgres } from '../../support/postgres.ts';
import { sessionsWorld, sharedSession, type SessionsWorld } from '../../support/sessionsWorld.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

describe('the hub: its live socket', () => {
  let world: SessionsWorld;
  let owner: Person;
  const clients: LiveClient[] = [];
  const open = async (person: Person | undefined = owner, path?: string, headers?: Record<string, string>): Promise<LiveClient> => {
    const client = await liveClient(world.hub.url, { ...(person === undefined ? {} : { token: person.token }), ...(path === undefined ? {} : { path }), ...(headers === undefined ? {} : { headers }) });
    clients.push(client);
    return client;
  };

  before(async () => {
    world = await sessionsWorld({}, { limits: { slowBytes: 200_000, slowMs: 300, mostBytes: 4_000_000, closeMs: 300 } });
    owner = await world.person('member');
  });
  after(() => world.dispose());
  afterEach(() => clients.splice(0).forEach(({ socket }) => socket.terminate()));

  it('sends the fleet, then every change of it', async () => {
    const runner = await world.runner(owner, [sharedSession('fleet-1')]);
    const client = await open();
    client.say({ type: 'watch_fleet' });
    const fleet = await client.hear('fleet');
    assert.deepEqual(fleet.agents.filter(({ runner_id }) => runner_id === runner.id).map(({ id, connected }) => ({ id, connected })), [{ id: 'fleet-1', connected: true }]);
    assert.ok(fleet.runners.some(({ id, status }) => id === runner.id && status === 'online'));
    runner.say({ type: 'session', session: sharedSession('fleet-2', { title: '<img src=x onerror=alert(1)>' }) });
    const { agent } = await client.hear('agent', (frame) => frame.agent.id === 'fleet-2');
    assert.equal(agent.title, '<img src=x onerror=alert(1)>');
    runner.say({ type: 'session_gone', session_id: 'fleet-1' });
    await client.hear('agent_gone', ({ session_id }) => session_id === 'fleet-1');
    runner.drop();
    await client.hear('agent', (frame) => frame.agent.id === 'fleet-2' && !frame.agent.connected);
    await client.hear('runner', (frame) => frame.runner.id === runner.id && frame.runner.status === 'offline');
    const stranger = await open(await world.person('admin', 'other'));
    stranger.say({ type: 'watch_fleet' });
    assert.deepEqual(await stranger.hear('fleet'), { type: 'fleet', agents: [], runners: [], tasks: [] });
  });

  it('gives exactly what was missed, then says so, then what comes', async () => {
    const runner = await world.runner(owner, [sharedSession('missed')]);
    await runner.events('missed', 1, 2500);
    const client = await open();
    client.say({ type: 'join', session_id: 'missed', after: 1234 });
    const { seq } = await client.hear('caught_up');
    assert.equal(seq, 2500);
    await runner.events('missed', 2501, 2510);
    await client.until('missed', 2510);
    assert.deepEqual(client.numbers('missed'), range(1235, 2510));
    assert.deepEqual(client.frames.map(({ type }) => type).filter((type) => type === 'caught_up'), ['caught_up']);
    client.say({ type: 'leave', session_id: 'missed' });
    client.say({ type: 'ping' });
    await client.hear('pong');
    await runner.events('missed', 2511, 2512);
    client.say({ type: 'join', session_id: 'missed', after: 2512 });
    assert.equal((await client.hear('caught_up')).seq, 2512);
    assert.equal(client.numbers('missed').at(-1), 2510);
  });

  it('loses and doubles nothing between what was missed and what comes', async () => {
    const runner = await world.runner(owner, [sharedSession('busy')]);
    const joined: LiveClient[] = [];
    const all = runner.events('busy', 1, 30_000);
    for (let n = 0; n < 8; n++) {
      const client = await open();
      client.say({ type: 'join', session_id: 'busy', after: n * 100 });
      joined.push(client);
      await client.hear('events');
    }
    await all;
    for (const [n, client] of joined.entries()) {
      await client.until('busy', 30_000);
      assert.deepEqual(client.numbers('busy'), range(n * 100 + 1, 30_000));
    }
  });

  it('streams one session by its address', async () => {
    const runner = await world.runner(owner, [sharedSession('a b/ü~1')]);
    await runner.events('a b/ü~1', 1, 10);
    const client = await open(owner, `/api/live/sessions/${encodeURIComponent('a b/ü~1')}?after=7`);
    assert.equal((await client.hear('caught_up')).seq, 10);
    assert.deepEqual(client.numbers('a b/ü~1'), [8, 9, 10]);
    assert.equal((await (await open(owner, '/api/live/sessions/x?after=-1')).closed).code, 1008);
    assert.equal((await (await open(owner, '/api/live/sessions/%E0%A4%A')).closed).code, 1008);
    assert.match((await (await open(owner, '/api/live/sessions/nobody?after=1')).hear('error')).message, /no such agent/);
  });

  it('opens for nobody without a token, nor for a runner, nor from another site', async () => {
    const runner = await world.runner(owner, []);
    const cookie = { cookie: `access_token=${owner.token}` };
    const refused: Record<string, LiveClient> = {
      nobody: await liveClient(world.hub.url),
      address: await liveClient(world.hub.url, { path: `/api/live?access_token=${owner.token}` }),
      garbage: await liveClient(world.hub.url, { token: 'x.y.z' }),
      runner: await liveClient(world.hub.url, { token: runner.token }),
      foreign: await liveClient(world.hub.url, { headers: { ...cookie, origin: 'https://evil.example' } }),
    };
    for (const [who, client] of Object.entries(refused)) {
      assert.equal((await client.closed).code, 1008, who);
      assert.deepEqual(client.frames, [], who);
    }
    const own = await liveClient(world.hub.url, { headers: { ...cookie, origin: world.hub.url } });
    clients.push(own);
    own.say({ type: 'ping' });
    await own.hear('pong');
  });

  it('hides what is another organization\'s', async () => {
    await world.runner(owner, [sharedSession('hidden')]);
    const client = await open(await world.person('admin', 'other'));
    for (const type of ['join', 'terminal_join', 'terminal_take', 'terminal_write'] as const) {
      client.say({ type, session_id: 'hidden', data: 'x' });
      await client.hear('error', ({ session_id }) => session_id === 'hidden');
    }
    assert.deepEqual(client.frames.map(({ type }) => type), ['error', 'error', 'error', 'error']);
  });

  it('lives through malformed frames, up to a hundred in a row', async () => {
    const client = await open();
    const bad = ['', 'null', '[]', '{"type":"join"}', '{"type":"join","session_id":"x","after":-1}', '{"type":"nothing"}', '{', '"\ud800"', '{"type":"terminal_write","session_id":"x","data":3}'];
    for (let n = 0; n < 99; n++) client.socket.send(bad[n % bad.length] ?? '');
    client.say({ type: 'ping' });
    await client.hear('pong');
    assert.equal(client.frames.filter(({ type }) => type === 'error').length, 99);
    for (let n = 0; n < 100; n++) client.socket.send(Buffer.from([n]));
    assert.deepEqual(await client.closed, { code: 1008, reason: 'Too many malformed frames' });
  });

  it('closes what a token opened when the token ends', async () => {
    const person = await world.person('viewer');
    const [mine, other] = [await open(person), await open()];
    const token = (await world.call('POST', '/api/tokens', { as: person, body: { name: 'second' } })).at('token');
    const second = await open({ ...person, token: String(token) });
    for (const client of [mine, other, second]) {
      client.say({ type: 'ping' });
      await client.hear('pong');
    }
    const id = (await world.call('GET', '/api/tokens', { as: person })).body as { readonly id: string; readonly name: string }[];
    await world.call('DELETE', `/api/tokens/${id.find(({ name }) => name === 'second')?.id ?? ''}`, { as: person });
    assert.deepEqual(await second.closed, { code: 1008, reason: 'Signed out' });
    const admin = await world.person('admin');
    await world.call('PATCH', `/api/users/${person.id}`, { as: admin, body: { password: 'another password' } });
    mine.say({ type: 'ping' });
    await mine.hear('pong');
    await world.call('PATCH', `/api/users/${person.id}`, { as: admin, body: { disabled: true } });
    assert.equal((await mine.closed).code, 1008);
    other.say({ type: 'ping' });
    await other.hear('pong');
  });

  it('closes who does not read, and slows nobody else', async () => {
    const runner = await world.runner(owner, [sharedSession('slow')]);
    const [slow, quick] = [await open(), await open()];
    for (const client of [slow, quick]) {
      client.say({ type: 'join', session_id: 'slow', after: 0 });
      await client.hear('caught_up');
    }
    slow.socket.pause();
    const count = 400;
    for (let n = 1; n <= count; n += 5) {
      await runner.events('slow', n, n + 4, 'x'.repeat(40_000));
      await quick.until('slow', n + 4);
    }
    assert.deepEqual(quick.numbers('slow'), range(1, count));
    slow.socket.resume();
    await waitFor(slow.closed, { timeoutMs: 10_000, what: 'its end' });
    const seen = slow.numbers('slow');
    assert.deepEqual(seen, range(1, seen.length), 'what it did read has no gap');
    assert.ok(seen.length < count);
    const again = await open();
    again.say({ type: 'join', session_id: 'slow', after: seen.length });
    await again.until('slow', count);
    assert.deepEqual(again.numbers('slow'), range(seen.length + 1, count));
  });

  it('catches up with 100,000 events in two seconds', async function () {
    this.timeout(60_000);
    const runner = await world.runner(owner, [sharedSession('long')]);
    await runner.events('long', 1, 100_000);
    // The client's own checks would be most of it: it only counts.
    const client = await open();
    client.socket.removeAllListeners('message');
    const began = performance.now();
    let last = 0;
    const done = new Promise<void>((resolve) =>
      client.socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { readonly type: string; readonly events: readonly { readonly seq: number }[] };
        if (frame.type === 'caught_up') return resolve();
        for (const { seq } of frame.events) assert.equal(seq, ++last);
      }),
    );
    client.say({ type: 'join', session_id: 'long', after: 0 });
    await waitFor(done, { timeoutMs: 30_000, what: 'the catch-up' });
    assert.equal(last, 100_000);
    const took = performance.now() - began;
    assert.ok(took < 2000, `took ${Math.round(took)} ms`);
  });

  describe('with two processes on one PostgreSQL', () => {
    it('streams what the other takes in', async function () {
      this.timeout(90_000);
      const server = await needsPostgres(this);
      const databaseUrl = await server.database();
      const first = await sessionsWorld({ databaseUrl });
      const second = await sessionsWorld({ databaseUrl });
      try {
        const person = await first.person('member');
        const runner = await first.runner(person, [sharedSession('afar')]);
        await runner.events('afar', 1, 100);
        const client = await liveClient(second.hub.url, { token: person.token });
        clients.push(client);
        client.say({ type: 'watch_fleet' });
        assert.deepEqual((await client.hear('fleet')).agents.map(({ id, connected }) => ({ id, connected })), [{ id: 'afar', connected: true }]);
        client.say({ type: 'join', session_id: 'afar', after: 50 });
        await client.hear('caught_up');
        for (let n = 100; n < 1000; n += 100) await runner.events('afar', n + 1, n + 100);
        await client.until('afar', 1000);
        assert.deepEqual(client.numbers('afar'), range(51, 1000));
        runner.say({ type: 'session', session: sharedSession('afar', { title: 'new' }) });
        await client.hear('agent', ({ agent }) => agent.title === 'new');
        // Its runner moves to the other process, and back.
        runner.drop();
        const moved = await first.runner(person, [sharedSession('afar')], { at: second, again: runner });
        await moved.events('afar', 1001, 1100);
        moved.drop();
        const back = await first.runner(person, [sharedSession('afar')], { again: runner });
        await back.events('afar', 1101, 1200);
        await client.until('afar', 1200);
        assert.deepEqual(client.numbers('afar'), range(51, 1200));
      } finally {
        await Promise.all([first.dispose(), second.dispose()]);
        await server.dispose();
      }
    });
  });
});
