// The village at the command itself: the seed's smoke test as it is written, with real curl and the real Codex; and a hub that is killed and goes on.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dist } from '../../../scripts/lib/paths.mjs';
import { RunnerEvent } from '../../../src/protocol/runnerEvent.ts';
import { cliHome, needsAgentClis, type CliHome } from '../../support/agentClis.ts';
import { call } from '../../support/hubWorld.ts';
import { HubProcess } from '../../support/hubProcess.ts';
import { REPLY } from '../../support/modelPlan.ts';
import { startModelStub, type ModelStub } from '../../support/modelStub.ts';
import { needsPostgres, type PostgresServer } from '../../support/postgres.ts';
import { needs, needsThat } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';
import { villageCall, VillageTestClient } from '../../support/villageWorld.ts';

const run = promisify(execFile);

/** Of seeds/004-runner-server-glue.md: "Local smoke test", steps 3 and 4. */
const smoke = (port: number, repository: string, key: string): string => `
curl -c cookies.txt -s http://localhost:${port}/test/login/1?username=demo > /dev/null
curl -b cookies.txt -H "Content-Type: application/json" \\
  -d '{
    "villageId": "demo",
    "providerId": "codex",
    "repoRef": { "provider": "local", "path": "${repository}" },
    "checkout": { "type": "branch", "ref": "main" },
    "task": { "title": "Smoke", "goal": "Run a quick sanity command and describe the repo." },
    "env": { "OPENAI_API_KEY": "${key}" }
  }' \\
  http://localhost:${port}/api/runner/sessions
`;

describe('the village at tmux-agents hub', function () {
  this.timeout(240_000);
  let home: TmuxHome;
  let folder: string;
  let repository: string;
  let hub: HubProcess | undefined;
  let stub: ModelStub | undefined;
  let cli: CliHome | undefined;
  let postgres: PostgresServer | undefined;
  let client: VillageTestClient | undefined;

  before(function () {
    needs(this, 'tmux', 'git');
    needsThat(this, existsSync(join(dist, 'hub.mjs')) && existsSync(join(dist, 'embeddedRunner.mjs')), 'the hub is not built: run "npm run build"');
  });
  beforeEach(() => {
    home = makeTmuxHome();
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-village-'));
    repository = join(folder, 'repository');
    mkdirSync(repository);
    writeFileSync(join(repository, 'readme.txt'), 'one\n');
    const git = (...args: readonly string[]): void => void execFileSync('git', ['-C', repository, ...args]);
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-q', '-m', 'first');
  });
  afterEach(async () => {
    client?.socket.close();
    await hub?.end();
    home?.end();
    cli?.dispose();
    await stub?.dispose();
    await postgres?.dispose();
    [client, hub, cli, stub, postgres] = [undefined, undefined, undefined, undefined, undefined];
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const start = (env: Readonly<Record<string, string>>, databaseUrl?: string): Promise<HubProcess> =>
    HubProcess.start({ data: join(folder, 'hub'), args: [], ...(databaseUrl === undefined ? {} : { databaseUrl }), env: { E2E_TEST_MODE: 'true', JWT_SECRET: 'testsecret', RUNNER_WORKSPACE_DIR: join(folder, 'workspaces'), RUNNER_CACHE_DIR: join(folder, 'cache'), NODE_NO_WARNINGS: '1', ...env } });
  const cookieIn = (jar: string): string => `access_token=${/access_token\t(\S+)/.exec(readFileSync(jar, 'utf8'))?.[1] ?? ''}`;

  it("runs the seed's smoke test as it is written", async function () {
    const clis = needsAgentClis(this);
    stub = await startModelStub();
    cli = cliHome('codex', { stubUrl: stub.url, workspace: repository });
    // The key is the request's, so Codex looks for it where the seed puts it.
    const settings = join(cli.home, '.codex', 'config.toml');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('env_key = "STUB_KEY"', 'env_key = "OPENAI_API_KEY"'));
    appendFileSync(settings, '\n');
    const { STUB_KEY: _key, ...env } = cli.env;
    hub = await start({ ...env, PATH: clis.path, OPENAI_API_KEY: '' });
    const { stdout } = await run('bash', ['-c', smoke(hub.port, repository, 'a-key-of-the-request')], { cwd: folder });
    const { sessionId, agentId } = JSON.parse(stdout) as { sessionId: string; agentId: string };
    assert.equal(agentId, `runner_${sessionId.slice(0, 8)}`);

    const cookie = cookieIn(join(folder, 'cookies.txt'));
    client = new VillageTestClient(hub.url, { headers: { cookie } });
    await client.connected;
    assert.deepEqual(await client.join('join_village', { villageId: 'demo' }), { ok: true, room: 'village:demo' });
    if (!stub.requests.some(({ tools }) => tools.length > 0)) await new Promise<void>((resolve) => stub?.onRequest(({ tools }) => tools.length > 0 && resolve()));
    assert.ok(stub.requests.some(({ userText }) => userText.includes('Run a quick sanity command and describe the repo.')), 'the model is asked what the task says');
    await client.shows(sessionId, REPLY.split(' ', 1)[0] ?? '');
    assert.equal((await villageCall(hub, 'GET', `/${sessionId}`, { headers: { cookie } })).at('state'), 'RUNNING');
    await run('curl', ['-sf', '-b', 'cookies.txt', '-X', 'POST', `http://localhost:${hub.port}/api/runner/sessions/${sessionId}/stop`], { cwd: folder });
    await client.ended(sessionId);
    // A page of another site has the cookie, too.
    const forged = await villageCall(hub, 'POST', '', { headers: { cookie, origin: 'https://evil.example' }, body: {} });
    assert.equal(forged.status, 403);
  });

  for (const store of ['SQLite', 'PostgreSQL']) it(`goes on after a kill of the hub with ${store}: the agent lives, and no event is lost or doubled`, async function () {
    postgres = store === 'SQLite' ? undefined : await needsPostgres(this);
    hub = await start({ TMUX_AGENTS_DEMO_DELAY: '0' }, await postgres?.database());
    const signIn = async (): Promise<string> => (await call(hub?.url ?? '', 'GET', '/test/login/1?username=demo')).headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const cookie = await signIn();
    const begun = await villageCall(hub, 'POST', '', { headers: { cookie }, body: { providerId: 'demo', repoRef: { provider: 'local', path: repository }, task: { title: 'Greet', goal: 'Greet me.' } } });
    assert.equal(begun.status, 201, JSON.stringify(begun.body));
    const sessionId = String(begun.at('sessionId'));
    const joined = async (): Promise<VillageTestClient> => {
      const made = new VillageTestClient(hub?.url ?? '', { headers: { cookie } });
      await made.connected;
      assert.equal((await made.join('join_village', { villageId: 'demo' })).ok, true);
      return made;
    };
    client = await joined();
    await client.hear(({ name, value }) => name === 'work_stream_event' && value.sessionId === sessionId && 'approval' in value.payload, 'an approval').catch(async (error: unknown) => {
      // It may have been asked before we joined.
      if (((await villageCall(hub ?? { url: '' }, 'GET', `/${sessionId}`, { headers: { cookie } })).at('pendingApprovals') as readonly unknown[]).length === 0) throw error;
    });
    const panes = (): string => home.tmux('tmux-agents', 'list-panes', '-a', '-F', '#{pane_pid}');
    const before = panes();
    await hub.end('SIGKILL');
    client.socket.close();
    assert.equal(panes(), before, 'its agent lives');

    await hub.start();
    client = await joined();
    const state = await villageCall(hub, 'GET', `/${sessionId}`, { headers: { cookie } });
    assert.equal(state.at('state'), 'WAITING_FOR_APPROVAL', JSON.stringify(state.body));
    const answered = await villageCall(hub, 'POST', `/${sessionId}/approvals/${encodeURIComponent(String(state.at('pendingApprovals', 0, 'approvalId')))}`, { headers: { cookie }, body: { decision: 'allow' } });
    assert.deepEqual([answered.status, answered.body], [200, { ok: true }]);
    await client.shows(sessionId, 'Done.');
    assert.equal((await villageCall(hub, 'POST', `/${sessionId}/stop`, { headers: { cookie }, body: {} })).status, 200);
    await client.ended(sessionId);
    const events: RunnerEvent[] = [];
    for (let next: unknown = 0; typeof next === 'number'; ) {
      const page = await call(hub.url, 'GET', `/api/agents/${sessionId}/events?after=${next}&limit=500`, { headers: { cookie } });
      events.push(...(page.at('events') as unknown[]).map((event) => RunnerEvent.parse(event)));
      next = page.at('next');
    }
    assert.deepEqual(events.map(({ seq }) => seq), events.map((_, index) => index + 1));
    assert.equal(events.at(-1)?.type, 'SESSION_ENDED');
    const told = client.events(sessionId).map(({ seq }) => seq);
    assert.deepEqual(told, [...new Set(told)]);
  });
});
