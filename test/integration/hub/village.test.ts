// The village runner's REST and Socket.IO at a whole hub, its sessions on the hub's own runner: real tmux, real git, a real client.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedRunner } from '../../../src/cli/embeddedRunner.ts';
import type { WholeHub } from '../../../src/hub/server/wholeHub.ts';
import type { Person } from '../../support/hubWorld.ts';
import { needs } from '../../support/requirements.ts';
import { villageCall, VillageWorld } from '../../support/villageWorld.ts';

describe('the village runner at a hub', function () {
  this.timeout(180_000);
  let world: VillageWorld;
  let hub: WholeHub;
  let runner: EmbeddedRunner;
  let member: Person;
  let stranger: Person;
  let viewer: Person;

  before(async function () {
    needs(this, 'tmux', 'git');
    world = new VillageWorld();
    hub = await world.hub();
    runner = await world.runner(hub, { maxConcurrentSessions: 3 });
    [member, stranger, viewer] = [await world.person(hub), await world.person(hub, 'admin', 'others'), await world.person(hub, 'viewer')];
  });
  after(() => world?.end());

  const start = async (more: Readonly<Record<string, unknown>> = {}, as = member): Promise<{ sessionId: string; agentId: string }> => {
    const answer = await villageCall(hub, 'POST', '', { as, body: world.request(more) });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body as { sessionId: string; agentId: string };
  };
  const say = async (sessionId: string, data: string): Promise<void> => {
    const answer = await villageCall(hub, 'POST', `/${sessionId}/input`, { as: member, body: { data } });
    assert.deepEqual([answer.status, answer.body], [200, { ok: true }]);
  };

  it('runs a session from its start to its end, told in order and once to a client in both rooms', async () => {
    const client = await world.client(hub, { token: member.token });
    assert.deepEqual(await client.join('join_village', { villageId: 'oaks' }), { ok: true, room: 'village:oaks' });
    const { sessionId, agentId } = await start({ villageId: 'oaks', agentName: 'Ada', env: { VILLAGE_KEY: 'a-key-of-the-request' } });
    assert.match(sessionId, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.equal(agentId, `runner_${sessionId.slice(0, 8)}`);
    assert.deepEqual(await client.join('join_agent', { agentId }), { ok: true, room: `agent:${agentId}` });
    await client.state(sessionId, 'RUNNING');
    await client.shows(sessionId, 'ready');
    await say(sessionId, 'hello\r');
    await client.shows(sessionId, 'got hello');
    await say(sessionId, 'write new.txt\r');
    await client.shows(sessionId, 'written');
    const running = await villageCall(hub, 'GET', `/${sessionId}`, { as: member });
    assert.equal(running.status, 200);
    assert.deepEqual([running.at('sessionId'), running.at('state'), running.at('providerId'), running.at('pendingApprovals')], [sessionId, 'RUNNING', 'scripted', []]);
    assert.equal(typeof running.at('startedAt'), 'number');
    await say(sessionId, 'exit 3\r');
    await client.ended(sessionId);
    const [first, ...rest] = client.heard;
    assert.deepEqual([first?.name, { ...first?.value, timestamp: '' }], ['agent_spawn', { agentId, sessionId, agentType: 'custom', agentName: 'Ada', repoPath: world.repository, timestamp: '' }]);
    assert.equal(rest.at(-1)?.name, 'agent_disconnect');
    const events = client.events(sessionId);
    assert.equal(events.length, rest.length - 1);
    const numbers = events.map(({ seq }) => seq);
    assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
    assert.deepEqual(events.filter(({ type }) => type === 'session_start').length, 1);
    assert.deepEqual([events.at(-1)?.type, events.at(-1)?.payload['finalState'], events.at(-1)?.payload['exitCode'], events.at(-1)?.agentId], ['session_end', 'FAILED', 3, agentId]);
    assert.ok(events.some(({ type, payload }) => type === 'file_edit' && payload['filesChanged'] === 1));
    const over = await villageCall(hub, 'GET', `/${sessionId}`, { as: member });
    assert.deepEqual([over.at('state'), over.at('exitCode'), over.at('lastEventSeq')], ['FAILED', 3, numbers.at(-1)]);
    assert.match(String(over.at('errorMessage')), /3/);
    const late = await villageCall(hub, 'POST', `/${sessionId}/input`, { as: member, body: { data: 'x' } });
    assert.deepEqual([late.status, late.at('code')], [409, 'INVALID_TRANSITION']);
  });

  it("gives a request's environment to the agent alone, and none of the hub's", async () => {
    const client = await world.client(hub, { token: member.token });
    await client.join('join_village', { villageId: 'oaks' });
    const before = process.env['JWT_SECRET'];
    process.env['JWT_SECRET'] = 'not for agents';
    const secret = 'a-key-that-nobody-sees-4711';
    try {
      const { sessionId } = await start({ villageId: 'oaks', env: { VILLAGE_KEY: secret } });
      await client.shows(sessionId, 'ready');
      await say(sessionId, 'key\r');
      await client.shows(sessionId, 'key=');
      await say(sessionId, 'env\r');
      await client.shows(sessionId, 'secret=none');
      assert.ok((await villageCall(hub, 'POST', `/${sessionId}/stop`, { as: member })).status === 200);
      await client.ended(sessionId);
      // It was there: what the terminal showed of it was taken out.
      assert.match(client.output(sessionId), /key=(?!\s)/);
      const { database } = hub.base;
      await hub.identityParts.audit.flush();
      const rows = [await database.selectFrom('sessions').selectAll().execute(), await database.selectFrom('events').selectAll().execute(), await database.selectFrom('audit').selectAll().execute(), client.heard];
      assert.equal(JSON.stringify(rows).includes(secret), false);
      assert.ok(JSON.stringify(rows[2]).includes('session.start'));
      // Nor is it in any file: journals, recordings, records, the database.
      assert.throws(() => execFileSync('grep', ['-rlF', '--exclude-dir=tmux-*', secret, world.home.directory]), 'somebody wrote it down');
    } finally {
      if (before === undefined) delete process.env['JWT_SECRET'];
      else process.env['JWT_SECRET'] = before;
    }
  });

  it('asks a person, who allows it through the hub', async () => {
    const client = await world.client(hub, { token: member.token });
    await client.join('join_village', { villageId: 'oaks' });
    const { sessionId } = await start({ villageId: 'oaks', providerId: 'demo' });
    const waiting = await client.hear(({ name, value }) => name === 'work_stream_event' && value.sessionId === sessionId && 'approval' in value.payload, 'an approval');
    const { approvalId } = (waiting.value as unknown as { payload: { approval: { approvalId: string } } }).payload.approval;
    const state = await villageCall(hub, 'GET', `/${sessionId}`, { as: member });
    assert.equal(state.at('pendingApprovals', 0, 'approvalId'), approvalId);
    const none = await villageCall(hub, 'POST', `/${sessionId}/approvals/none`, { as: member, body: { decision: 'allow' } });
    assert.ok(none.status === 404 || none.status === 409, JSON.stringify(none.body));
    const path = `/${sessionId}/approvals/${encodeURIComponent(approvalId)}`;
    assert.equal((await villageCall(hub, 'POST', path, { as: viewer, body: { decision: 'allow' } })).status, 403);
    assert.equal((await villageCall(hub, 'POST', path, { as: stranger, body: { decision: 'allow' } })).status, 404);
    const allowed = await villageCall(hub, 'POST', path, { as: member, body: { decision: 'allow', note: 'go on' } });
    assert.deepEqual([allowed.status, allowed.body], [200, { ok: true }]);
    const resolved = await client.hear(({ name, value }) => name === 'work_stream_event' && value.sessionId === sessionId && value.payload['approvalId'] === approvalId, 'its answer');
    assert.equal((resolved.value as unknown as { payload: { decision: string } }).payload.decision, 'allow');
    assert.deepEqual((await villageCall(hub, 'GET', `/${sessionId}`, { as: member })).at('pendingApprovals'), []);
    assert.equal((await villageCall(hub, 'POST', `/${sessionId}/stop`, { as: member, body: { graceful: true } })).status, 200);
    await client.ended(sessionId);
  });

  it('refuses what is over the limit, and says what is wrong with a request', async () => {
    const client = await world.client(hub, { token: member.token });
    await client.join('join_village', { villageId: 'full' });
    const begun = [await start({ villageId: 'full' }), await start({ villageId: 'full' }), await start({ villageId: 'full' })];
    const over = await villageCall(hub, 'POST', '', { as: member, body: world.request({ villageId: 'full' }) });
    assert.deepEqual([over.status, over.at('error')], [429, 'Maximum sessions (3) reached']);
    for (const { sessionId } of begun) await villageCall(hub, 'POST', `/${sessionId}/stop`, { as: member, body: {} });
    for (const { sessionId } of begun) await client.ended(sessionId);
    // The one that was refused came and went.
    assert.equal(client.heard.filter(({ name }) => name === 'agent_spawn').length, client.heard.filter(({ name }) => name === 'agent_disconnect').length);

    const invalid = await villageCall(hub, 'POST', '', { as: member, body: {} });
    assert.deepEqual([invalid.status, invalid.at('error'), typeof invalid.at('details')], [400, 'invalid body', 'object']);
    for (const [path, body] of [['input', { data: 1 }], ['input', { data: 'x', more: 1 }], ['stop', { graceful: 'no' }], ['stop', { now: true }], ['approvals/a', { decision: 'perhaps' }], ['approvals/a', { decision: 'allow', by: 'me' }]] as const) {
      const answer = await villageCall(hub, 'POST', `/${begun[0]?.sessionId ?? ''}/${path}`, { as: member, body });
      assert.deepEqual([answer.status, answer.at('error')], [400, 'invalid body'], path);
    }
    const unknown = await villageCall(hub, 'POST', '', { as: member, body: world.request({ providerId: 'nobody' }) });
    assert.deepEqual([unknown.status, unknown.at('code')], [400, 'BAD_INPUT'], JSON.stringify(unknown.body));
    const saved = process.env['OPENAI_API_KEY'];
    delete process.env['OPENAI_API_KEY'];
    try {
      const missing = await villageCall(hub, 'POST', '', { as: member, body: world.request({ providerId: 'codex' }) });
      assert.deepEqual([missing.status, missing.at('code'), missing.at('providerId'), missing.at('missing')], [400, 'PROVIDER_AUTH_MISSING', 'codex', ['OPENAI_API_KEY']]);
    } finally {
      if (saved !== undefined) process.env['OPENAI_API_KEY'] = saved;
    }
  });

  it('names folders of its machine only below the roots, and runners only of the organization', async () => {
    for (const path of ['/etc', `${world.home.directory}/../..`, 'project']) {
      const answer = await villageCall(hub, 'POST', '', { as: member, body: world.request({ repoRef: { provider: 'local', path } }) });
      assert.ok(answer.status === 403 || answer.status === 400, `${path}: ${JSON.stringify(answer.body)}`);
    }
    mkdirSync(join(world.home.directory, 'empty'), { recursive: true });
    assert.equal((await villageCall(hub, 'POST', '', { as: member, body: world.request({ runnerId: 'nobody' }) })).status, 404);
    const [own] = await hub.hub.runners.list('acme');
    assert.equal((await villageCall(hub, 'POST', '', { as: stranger, body: world.request({ villageId: 'elsewhere', runnerId: own?.id }) })).status, 404);
    // Of an organization without any: nobody can take it.
    assert.equal((await villageCall(hub, 'POST', '', { as: stranger, body: world.request({ villageId: 'elsewhere' }) })).status, 503);
  });

  it('knows whose everything is, at every call and room', async () => {
    const { sessionId, agentId } = await start({ villageId: 'mine' });
    const others = await world.client(hub, { token: stranger.token });
    assert.deepEqual(((await others.join('join_village', { villageId: 'mine' })) as { error: { code: string } }).error.code, 'E_FORBIDDEN');
    assert.deepEqual(((await others.join('join_agent', { agentId })) as { error: { code: string } }).error.code, 'E_FORBIDDEN');
    assert.deepEqual(((await others.join('join_agent', { agentId: 'runner_00000000' })) as { error: { code: string } }).error.code, 'E_FORBIDDEN');
    for (const payload of [undefined, null, {}, { villageId: '' }, { villageId: 7 }, { villageId: 'x'.repeat(101) }]) assert.deepEqual(((await others.join('join_village', payload)) as { error: { code: string } }).error.code, 'E_BAD_PAYLOAD');
    assert.deepEqual(await others.socket.timeout(5000).emitWithAck('ping'), undefined);

    const missing = await villageCall(hub, 'GET', `/${sessionId}`, { as: stranger });
    assert.deepEqual([missing.status, missing.body], [404, { error: 'session not found' }]);
    for (const [path, body] of [['input', { data: 'x' }], ['stop', {}], ['approvals/a', { decision: 'allow' }]] as const) {
      const answer = await villageCall(hub, 'POST', `/${sessionId}/${path}`, { as: stranger, body });
      assert.deepEqual([answer.status, answer.at('code')], [404, 'SESSION_NOT_FOUND']);
      assert.equal((await villageCall(hub, 'POST', `/${sessionId}/${path}`, { as: viewer, body })).status, 403);
      assert.deepEqual([(await villageCall(hub, 'POST', `/${sessionId}/${path}`, { body })).status], [401]);
      const somebody = await world.person(hub);
      assert.equal((await villageCall(hub, 'POST', `/${sessionId}/${path}`, { as: somebody, body })).status, 403, 'a colleague who owns neither it nor its runner');
    }
    assert.equal((await villageCall(hub, 'GET', `/${sessionId}`)).at('code'), 'UNAUTHORIZED');
    assert.equal((await villageCall(hub, 'POST', '', { body: {} })).status, 401);
    assert.equal((await villageCall(hub, 'POST', '', { as: viewer, body: world.request() })).status, 403);
    assert.equal((await villageCall(hub, 'POST', '', { as: stranger, body: world.request({ villageId: 'mine' }) })).status, 404);
    for (const id of ['none', 'a%00b', '..%2f..']) assert.equal((await villageCall(hub, 'GET', `/${id}`, { as: member })).status, 404, id);
    const admin = await world.person(hub, 'admin');
    const watching = await world.client(hub, { token: member.token });
    await watching.join('join_village', { villageId: 'mine' });
    assert.equal((await villageCall(hub, 'POST', `/${sessionId}/stop`, { as: admin, body: {} })).status, 200);
    await watching.ended(sessionId);
    assert.deepEqual(others.heard, []);
  });

  it('shows a colleague nothing of a session that is not theirs', async () => {
    const mallory = await world.person(hub);
    const early = await world.client(hub, { token: mallory.token });
    assert.equal((await early.join('join_village', { villageId: 'shared' })).ok, true, 'a village that nobody used yet');
    const admin = await world.client(hub, { token: (await world.person(hub, 'admin')).token });
    assert.equal((await admin.join('join_village', { villageId: 'shared' })).ok, true);
    const { sessionId, agentId } = await start({ villageId: 'shared' });
    for (const payload of [{ as: mallory }, { as: viewer }]) assert.equal((await villageCall(hub, 'GET', `/${sessionId}`, payload)).status, 403);
    const late = await world.client(hub, { token: mallory.token });
    for (const joined of [await late.join('join_village', { villageId: 'shared' }), await late.join('join_agent', { agentId })]) assert.equal(joined.ok ? undefined : joined.error.code, 'E_FORBIDDEN');
    assert.equal((await villageCall(hub, 'POST', `/${sessionId}/stop`, { as: member, body: {} })).status, 200);
    await admin.ended(sessionId);
    const own = await start({ villageId: 'shared' }, mallory);
    assert.equal((await late.join('join_village', { villageId: 'shared' })).ok, true);
    await early.state(own.sessionId, 'RUNNING');
    assert.equal((await villageCall(hub, 'POST', `/${own.sessionId}/stop`, { as: mallory, body: {} })).status, 200);
    await early.ended(own.sessionId);
    assert.deepEqual(early.heard.filter(({ value }) => value.sessionId === sessionId), []);
  });

  it('lets nobody in without a token that is good, nor from another site, and out when it ends', async () => {
    const [own] = await hub.hub.runners.list('acme');
    assert.ok(own);
    const runnerToken = await hub.base.identity.issueRunnerToken({ id: own.id, orgId: 'acme', userId: member.id, name: 'x' });
    for (const options of [{}, { token: 'nonsense' }, { token: runnerToken }, { headers: { cookie: 'access_token=nonsense' } }, { token: member.token, headers: { origin: 'https://evil.example' } }, { token: 'nonsense', headers: { cookie: `access_token=${member.token}` } }]) {
      await assert.rejects(world.client(hub, options), JSON.stringify(options));
      await assert.rejects(world.client(hub, { ...options, transports: ['websocket'] }), JSON.stringify(options));
    }
    await world.client(hub, { token: `Bearer ${viewer.token}`, transports: ['websocket'] });
    await world.client(hub, { headers: { cookie: `access_token=${viewer.token}`, origin: hub.url } });
    const leaving = await world.person(hub);
    const client = await world.client(hub, { token: leaving.token });
    const out = new Promise((resolve) => client.socket.once('disconnect', resolve));
    await hub.base.database.updateTable('users').set({ disabled: 1 }).where('id', '=', leaving.id).execute();
    hub.identityParts.identity.end({ userId: leaving.id });
    await out;
  });

  it('has one runner of its own, however people call it', async () => {
    const own = () => hub.base.database.selectFrom('runners').select(['id', 'name', 'connected_to']).where('embedded', '=', 1).execute();
    const [before] = await own();
    assert(before !== undefined);
    await hub.base.database.updateTable('runners').set({ name: 'the oak' }).where('id', '=', before.id).execute();
    await runner.stop();
    runner = await world.runner(hub);
    assert.deepEqual((await own()).map((row) => ({ ...row })), [{ ...before, name: 'the oak' }]);
  });
});
