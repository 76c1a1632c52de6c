// REST of agents over real HTTP: who sees and does what, what reaches the runner, what the audit log keeps.
import assert from 'node:assert/strict';
import type { Person } from '../../support/hubWorld.ts';
import { sessionsWorld, sharedSession, type SessionsWorld, type SpokenRunner } from '../../support/sessionsWorld.ts';

describe('the hub: REST of agents', () => {
  let world: SessionsWorld;
  let owner: Person;
  let runner: SpokenRunner;
  const asked: Readonly<Record<string, unknown>>[] = [];

  before(async () => {
    world = await sessionsWorld();
    owner = await world.person('member');
    const answer = (request: Readonly<Record<string, unknown>>): unknown => {
      asked.push(request);
      if (request['method'] === 'queue') return [{ id: 'p1', text: 'later', at: 1 }];
      if (request['method'] === 'diff') return { diff: '--- a\n+++ b\n', cut: false };
      return { queued: true };
    };
    runner = await world.runner(owner, [sharedSession('agent', { title: '"><script>alert(1)</script>' }), sharedSession('a/b~c')], { answer });
    await runner.events('agent', 1, 25, '<script>alert(1)</script>');
  });
  after(() => world.dispose());
  beforeEach(() => void asked.splice(0));

  it('lists agents, and gives one', async () => {
    const list = await world.call('GET', '/api/agents', { as: owner });
    assert.equal(list.status, 200);
    assert.equal(list.at('total'), 2);
    const one = await world.call('GET', '/api/agents/agent', { as: owner });
    assert.deepEqual([one.at('id'), one.at('stored_seq'), one.at('connected'), one.at('title'), one.at('org_id')], ['agent', 25, true, '"><script>alert(1)</script>', undefined]);
    assert.equal((await world.call('GET', `/api/agents/${encodeURIComponent('a/b~c')}`, { as: owner })).at('session_id'), 'a/b~c');
  });

  it('gives events by pages, as JSON alone', async () => {
    const first = await world.call('GET', '/api/agents/agent/events?after=3&limit=10', { as: owner });
    assert.match(first.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
    const numbers = (body: unknown): number[] => (body as { readonly events: readonly { readonly seq: number }[] }).events.map(({ seq }) => seq);
    assert.deepEqual([numbers(first.body), first.at('next')], [[4, 5, 6, 7, 8, 9, 10, 11, 12, 13], 13]);
    assert.equal(first.at('events', 0, 'data'), '<script>alert(1)</script> 4');
    const last = await world.call('GET', '/api/agents/agent/events?after=20', { as: owner });
    assert.deepEqual([numbers(last.body), last.at('next')], [[21, 22, 23, 24, 25], null]);
    for (const query of ['limit=1001', 'limit=0', 'after=-1', 'after=x']) assert.equal((await world.call('GET', `/api/agents/agent/events?${query}`, { as: owner })).status, 400, query);
  });

  it('passes acts on to the runner, and notes them without their words', async () => {
    const acts: [string, string, unknown, unknown][] = [
      ['POST', 'prompt', { text: 'token=secret-words' }, { method: 'prompt', text: 'token=secret-words' }],
      ['POST', 'answer', { ask_id: 'q1', decision: 'allow' }, { method: 'answer', ask_id: 'q1', decision: 'allow' }],
      ['POST', 'interrupt', undefined, { method: 'interrupt' }],
      ['POST', 'kill', undefined, { method: 'kill' }],
      ['POST', 'command', { type: 'PAUSE' }, { method: 'command', command: { type: 'PAUSE' } }],
      ['DELETE', 'queue/p1', undefined, { method: 'unqueue', id: 'p1' }],
    ];
    for (const [method, path, body, request] of acts) {
      const answer = await world.call(method, `/api/agents/agent/${path}`, { as: owner, ...(body === undefined ? {} : { body }) });
      assert.deepEqual([answer.status, answer.body], [200, { ok: true, result: { queued: true } }], path);
      assert.deepEqual(asked.at(-1), request);
    }
    assert.deepEqual((await world.call('GET', '/api/agents/agent/queue', { as: owner })).body, { prompts: [{ id: 'p1', text: 'later', at: 1 }] });
    assert.deepEqual((await world.call('GET', '/api/agents/agent/diff', { as: owner })).body, { diff: '--- a\n+++ b\n', cut: false });
    const audit = (await world.call('GET', '/api/audit', { as: await world.person('admin') })).body as { readonly action: string; readonly target: string | null; readonly actor: string }[];
    const noted = audit.filter(({ target }) => target === 'agent').map(({ action }) => action).reverse();
    assert.deepEqual(noted, ['agent.prompt', 'agent.answer', 'agent.interrupt', 'agent.kill', 'agent.command', 'agent.unqueue']);
    assert.doesNotMatch(JSON.stringify(audit), /secret-words/);
  });

  it('refuses bodies that make no sense', async () => {
    const bodies: [string, unknown][] = [['prompt', {}], ['prompt', { text: '' }], ['prompt', { text: 'x', more: 1 }], ['prompt', 'text'], ['answer', { ask_id: 'q' }], ['answer', { ask_id: 'q', decision: 'maybe' }], ['command', { type: 'NOTHING' }], ['command', { type: 'START', config: { sessionId: 's', orgId: 'o', repoRef: { provider: 'local', path: '/x' }, checkout: { type: 'branch', ref: 'main' }, providerId: 'demo', task: { title: 't', goal: 'g' } } }]];
    for (const [path, body] of bodies) assert.equal((await world.call('POST', `/api/agents/agent/${path}`, { as: owner, body })).status, 400, JSON.stringify(body));
    assert.deepEqual(asked, []);
  });

  it('lets others of the organization read, its admins act, and viewers never', async () => {
    const [member, viewer, admin] = [await world.person('member'), await world.person('viewer'), await world.person('admin')];
    for (const as of [member, viewer, admin]) for (const path of ['', '/events', '/queue', '/diff']) assert.equal((await world.call('GET', `/api/agents/agent${path}`, { as })).status, 200, path);
    asked.splice(0);
    for (const as of [member, viewer]) {
      for (const [method, path, body] of [['POST', 'prompt', { text: 'x' }], ['POST', 'answer', { ask_id: 'q', decision: 'deny' }], ['POST', 'interrupt'], ['POST', 'kill'], ['POST', 'command', { type: 'STOP' }], ['DELETE', 'queue/p1']] as const) {
        assert.equal((await world.call(method, `/api/agents/agent/${path}`, { as, ...(body === undefined ? {} : { body }) })).status, 403, `${as.name} ${path}`);
      }
    }
    assert.deepEqual(asked, []);
    assert.equal((await world.call('POST', '/api/agents/agent/interrupt', { as: admin })).status, 200);
  });

  it('lets the owner of a session act on somebody else\'s runner, and the runner\'s owner on that session', async () => {
    const villager = await world.person('member');
    await world.sessions.reserve({ id: 'lent', runnerId: runner.id, orgId: owner.orgId, userId: villager.id, info: sharedSession('lent'), villageId: 'v' });
    for (const as of [villager, owner]) assert.equal((await world.call('POST', '/api/agents/lent/interrupt', { as })).status, 200);
    assert.equal((await world.call('POST', '/api/agents/agent/interrupt', { as: villager })).status, 403);
  });

  it('is not there for nobody, runners and other organizations', async () => {
    const stranger = await world.person('admin', 'other');
    for (const [method, path] of [['GET', ''], ['GET', '/events'], ['GET', '/queue'], ['GET', '/diff'], ['POST', '/interrupt'], ['POST', '/kill'], ['DELETE', '/queue/p1']] as const) {
      assert.equal((await world.call(method, `/api/agents/agent${path}`)).status, 401, path);
      assert.equal((await world.call(method, `/api/agents/agent${path}`, { as: stranger })).status, 404, path);
      assert.equal((await world.call(method, `/api/agents/agent${path}`, { as: { ...owner, token: runner.token } })).status, 403, path);
    }
    assert.deepEqual((await world.call('GET', '/api/agents', { as: stranger })).body, { agents: [], total: 0 });
    assert.equal((await world.call('POST', '/api/agents/agent/prompt', { headers: { cookie: `access_token=${owner.token}`, origin: 'https://evil.example' }, body: { text: 'x' } })).status, 403);
    assert.deepEqual(asked, []);
  });

  it('says so when the runner refuses, is away, or gone', async () => {
    const other = await world.runner(owner, [sharedSession('faulty')], { answer: () => 'no queue' });
    assert.deepEqual((await world.call('GET', '/api/agents/faulty/queue', { as: owner })).status, 501);
    other.drop();
    await other.closed;
    const answer = await world.call('POST', '/api/agents/faulty/interrupt', { as: owner });
    assert.deepEqual([answer.status, typeof answer.at('error')], [503, 'string']);
    await world.call('DELETE', `/api/runners/${other.id}`, { as: owner });
    assert.equal((await world.call('GET', '/api/agents/faulty', { as: owner })).status, 404);
  });
});
