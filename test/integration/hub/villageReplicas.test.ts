// A village over two processes of a hub with one PostgreSQL, sessions on runners that connect, and clients that do not read.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { WholeHub } from '../../../src/hub/server/wholeHub.ts';
import { HubLink } from '../../../src/runner/hubLink/hubLink.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import type { Person } from '../../support/hubWorld.ts';
import { call } from '../../support/hubWorld.ts';
import { JournalFleet } from '../../support/journalFleet.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { needs } from '../../support/requirements.ts';
import { sibylClient } from '../../support/sibylClient.ts';
import { ORG, villageCall, VillageWorld } from '../../support/villageWorld.ts';

const SLOW_MS = 30_000;

/** A runner of that person, connected to this hub: what it is told to begin it begins, without a program. */
async function connectedRunner(hub: WholeHub, owner: Person, name: string, capabilities: readonly string[]): Promise<{ readonly id: string; readonly fleet: JournalFleet; dispose(): Promise<void> }> {
  const answer = await call(hub.url, 'POST', '/api/runners/register', { as: owner, body: { name, hostname: 'far', capabilities } });
  const id = String(answer.at('id'));
  const fleet = new JournalFleet();
  fleet.answer = async (sessionId, request) => {
    if (request.method !== 'command') return undefined;
    if (request.command.type === 'START') {
      const journal = await fleet.add(sessionId, { provider_id: request.command.config.providerId });
      journal.append({ type: 'SESSION_STARTED', providerId: request.command.config.providerId, providerVersion: '1', workspacePath: '/far' });
    }
    if (request.command.type === 'STOP') fleet.journal(sessionId).append({ type: 'SESSION_ENDED', finalState: 'COMPLETED', totalDurationMs: 1, totalUsage: { agentSeconds: 0, terminalKb: 0, filesTouched: 0, commandsRun: 0, approvalsRequested: 0 } });
    return undefined;
  };
  const tasks = { assign: () => Promise.resolve({ accepted: false as const, reason: 'none here' }), cancel: () => Promise.resolve(), status: () => ({ status: 'online' as const, agentCount: 0 }), onDidChangeStatus: () => ({ dispose: () => undefined }), onDidProgress: () => ({ dispose: () => undefined }), onDidUseProject: () => ({ dispose: () => undefined }), results: () => [], onDidFinish: () => ({ dispose: () => undefined }), open: () => [], delivered: () => undefined };
  const link = new HubLink({ serverUrl: hub.url, runnerId: id, token: String(answer.at('token')), fleet, tasks });
  const connected = waitForEvent(hub.hub.sessions.onConnection, ({ runner, connected: is }) => runner.id === id && is, { timeoutMs: SLOW_MS, what: 'the runner' });
  link.start();
  await connected;
  return {
    id,
    fleet,
    dispose: async () => {
      link.dispose();
      await fleet.end();
    },
  };
}

describe('a village on connected runners', function () {
  this.timeout(120_000);
  let world: VillageWorld;
  let hub: WholeHub;
  let owner: Person;
  let colleague: Person;
  const runners: { dispose(): Promise<void> }[] = [];

  before(async () => {
    world = new VillageWorld();
    hub = await world.hub();
    [owner, colleague] = [await world.person(hub), await world.person(hub)];
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.dispose();
  });
  after(() => world?.end());

  const github = { repoRef: { provider: 'github', owner: 'o', name: 'n' } };

  it('takes the one that is named, or the one that can do most', async () => {
    const able = await connectedRunner(hub, owner, 'able', ['codex', 'scripted']);
    const other = await connectedRunner(hub, owner, 'other', ['claude']);
    runners.push(able, other);
    // Its owner's machine has keys of its own: none is asked for.
    const best = await villageCall(hub, 'POST', '', { as: colleague, body: world.request({ ...github, villageId: 'v', providerId: 'codex', env: { OPENAI_API_KEY: 'k' } }) });
    assert.equal(best.status, 201, JSON.stringify(best.body));
    assert.deepEqual([able.fleet.requests.length, other.fleet.requests.length], [1, 0]);
    const named = await villageCall(hub, 'POST', '', { as: colleague, body: world.request({ ...github, villageId: 'v', runnerId: other.id }) });
    assert.equal(named.status, 201, JSON.stringify(named.body));
    const request = other.fleet.requests[0]?.request;
    assert.ok(request?.method === 'command' && request.command.type === 'START');
    assert.deepEqual([request.command.config.orgId, request.command.config.userId, request.command.config.metadata?.['villageId']], [ORG, colleague.id, 'v']);
    // Whoever began a session may act on it, and so may the runner's owner.
    assert.equal((await villageCall(hub, 'POST', `/${String(named.at('sessionId'))}/stop`, { as: owner, body: {} })).status, 200);
  });

  it("names folders of somebody's machine only when that is one's own", async () => {
    const runner = await connectedRunner(hub, owner, 'own', ['scripted']);
    runners.push(runner);
    const local = world.request({ villageId: 'v', runnerId: runner.id, repoRef: { provider: 'local', path: '/home/ada/project' } });
    assert.equal((await villageCall(hub, 'POST', '', { as: colleague, body: local })).status, 403);
    assert.equal((await villageCall(hub, 'POST', '', { as: owner, body: local })).status, 201);
  });

  it('passes over a client of the base protocol, and says so when it is named', async () => {
    const registered = await call(hub.url, 'POST', '/api/runners/register', { as: owner, body: { name: 'base', hostname: 'old', capabilities: ['scripted'] } });
    const admitted = waitForEvent(hub.hub.runners.onDidChange, (change) => 'runner' in change && change.runner.id === registered.at('id') && change.runner.status !== 'offline', { timeoutMs: SLOW_MS, what: 'the client of the base protocol' });
    const base = await sibylClient(hub.url, String(registered.at('id')), String(registered.at('token')));
    await admitted;
    const named = await villageCall(hub, 'POST', '', { as: owner, body: world.request({ ...github, villageId: 'v', runnerId: String(registered.at('id')) }) });
    assert.deepEqual([named.status, named.at('code')], [501, 'UNSUPPORTED']);
    const runner = await connectedRunner(hub, owner, 'ours', ['scripted']);
    runners.push(runner);
    const started = await villageCall(hub, 'POST', '', { as: owner, body: world.request({ ...github, villageId: 'v' }) });
    assert.equal(started.status, 201, JSON.stringify(started.body));
    assert.equal(runner.fleet.requests.length, 1);
    base.drop();
    await base.closed;
  });

  it('gives a village to one organization when two ask at once', async () => {
    const other = await world.person(hub, 'member', 'other-org');
    const [mine, theirs] = [await connectedRunner(hub, owner, 'mine', ['scripted']), await connectedRunner(hub, other, 'theirs', ['scripted'])];
    runners.push(mine, theirs);
    const statuses = await Promise.all([owner, other, owner, other].map(async (as) => (await villageCall(hub, 'POST', '', { as, body: world.request({ ...github, villageId: 'contested' }) })).status));
    assert.deepEqual([...new Set(statuses)].sort(), [201, 404]);
    assert.equal(statuses[0], statuses[2]);
    assert.equal(statuses[1], statuses[3]);
  });

  it('drops a client that does not read, while others hear all', async () => {
    const runner = await connectedRunner(hub, owner, 'loud', ['scripted']);
    runners.push(runner);
    const client = await world.client(hub, { token: owner.token, transports: ['websocket'] });
    await client.join('join_village', { villageId: 'loud' });
    const deaf = new WebSocket(`${hub.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const heard = (pattern: RegExp): Promise<unknown> => new Promise((resolve) => deaf.on('message', (data: Buffer) => pattern.test(data.toString()) && resolve(undefined)));
    await heard(/^0/);
    const connected = heard(/^40/);
    deaf.send(`40${JSON.stringify({ token: owner.token })}`);
    await connected;
    const joined = heard(/^430/);
    deaf.send(`420${JSON.stringify(['join_village', { villageId: 'loud' }])}`);
    await joined.catch(() => undefined);
    const gone = new Promise<void>((resolve) => deaf.once('close', () => resolve()));
    deaf.pause();
    const started = await villageCall(hub, 'POST', '', { as: owner, body: world.request({ ...github, villageId: 'loud' }) });
    const sessionId = String(started.at('sessionId'));
    const text = 'x'.repeat(32_000);
    for (let round = 0; round < 40; round++) {
      runner.fleet.write(sessionId, 25, text);
      await client.hear(() => client.events(sessionId).filter(({ type }) => type === 'output').length >= 25 * (round + 1), `the chunks of round ${round}`);
    }
    const numbers = client.events(sessionId).map(({ seq }) => seq);
    assert.deepEqual(numbers, Array.from({ length: 1001 }, (_, index) => index + 1));
    deaf.resume();
    await gone;
  });
});

describe('a village over two processes with one PostgreSQL', function () {
  this.timeout(180_000);
  let world: VillageWorld;
  let postgres: PostgresServer | undefined;
  let near: WholeHub;
  let far: WholeHub;
  let member: Person;

  before(async function () {
    needs(this, 'tmux', 'git');
    postgres = await needsPostgres(this);
    world = new VillageWorld();
    const databaseUrl = await postgres.database();
    near = await world.hub({ databaseUrl });
    far = await world.hub({ databaseUrl, dataFolder: join(world.home.directory, 'far') });
    await world.runner(near);
    member = await world.person(near);
  });
  after(async () => {
    await world?.end();
    await postgres?.dispose();
  });

  it('tells every client once, wherever it is connected and the session was begun', async () => {
    const clients = [await world.client(near, { token: member.token }), await world.client(far, { token: member.token })];
    for (const client of clients) assert.equal((await client.join('join_village', { villageId: 'wide' })).ok, true);
    for (const hub of [near, far]) {
      const started = await villageCall(hub, 'POST', '', { as: member, body: world.request({ villageId: 'wide', env: { VILLAGE_KEY: 'x' } }) });
      assert.equal(started.status, 201, JSON.stringify(started.body));
      const sessionId = String(started.at('sessionId'));
      const agentId = String(started.at('agentId'));
      for (const client of clients) {
        assert.deepEqual(await client.join('join_agent', { agentId }), { ok: true, room: `agent:${agentId}` });
        await client.shows(sessionId, 'ready');
      }
      assert.equal((await villageCall(far, 'POST', `/${sessionId}/input`, { as: member, body: { data: 'hello\r' } })).status, 200);
      for (const client of clients) await client.shows(sessionId, 'got hello');
      assert.equal((await villageCall(far, 'GET', `/${sessionId}`, { as: member })).at('state'), 'RUNNING');
      assert.equal((await villageCall(far, 'POST', `/${sessionId}/stop`, { as: member, body: {} })).status, 200);
      for (const client of clients) {
        await client.ended(sessionId);
        const told = client.heard.filter(({ value }) => value.sessionId === sessionId);
        assert.deepEqual([told.filter(({ name }) => name === 'agent_spawn').length, told.filter(({ name }) => name === 'agent_disconnect').length], [1, 1]);
      }
      const [first, second] = clients.map((client) => client.events(sessionId));
      assert.deepEqual(second, first);
      const numbers = (first ?? []).map(({ seq }) => seq);
      assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
    }
  });

  it("brings a request's environment to the agent through the other process, and leaves it in no row, however large", async () => {
    const client = await world.client(far, { token: member.token });
    await client.join('join_village', { villageId: 'wide' });
    const secret = 'a-key-that-nobody-sees-4711';
    const started = await villageCall(far, 'POST', '', { as: member, body: world.request({ villageId: 'wide', env: { VILLAGE_KEY: secret, MORE: `${secret} `.repeat(1000) } }) });
    assert.equal(started.status, 201, JSON.stringify(started.body));
    const sessionId = String(started.at('sessionId'));
    await client.shows(sessionId, 'ready');
    assert.equal((await villageCall(far, 'POST', `/${sessionId}/input`, { as: member, body: { data: 'key\r' } })).status, 200);
    await client.shows(sessionId, 'key=');
    assert.equal((await villageCall(far, 'POST', `/${sessionId}/stop`, { as: member, body: {} })).status, 200);
    await client.ended(sessionId);
    await near.identityParts.audit.flush();
    await far.identityParts.audit.flush();
    const { database } = far.base;
    const messages = await database.selectFrom('bus_messages').selectAll().execute();
    assert.ok(messages.length > 0, 'it crossed in a row');
    const rows = [messages, await database.selectFrom('sessions').selectAll().execute(), await database.selectFrom('events').selectAll().execute(), await database.selectFrom('audit').selectAll().execute(), client.heard];
    assert.equal(JSON.stringify(rows).includes(secret), false);
    assert.equal(JSON.stringify(rows).includes(Buffer.from(secret).toString('base64').slice(0, 30)), false);
  });
});
