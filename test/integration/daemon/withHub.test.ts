// The runner daemon and our own hub together, as people use them: registered, given work, asked for another attempt, kept over both their restarts.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { silentLog } from '../../../src/base/log.ts';
import { waitForEvent } from '../../../src/base/wait.ts';
import { startWholeHub, type WholeHub } from '../../../src/hub/server/wholeHub.ts';
import type { HubTask, NewTask } from '../../../src/protocol/hubWire/hubRest.ts';
import { registerRunner, signIn } from '../../../src/runner/daemon/connection/registerRunner.ts';
import { DaemonWorld } from '../../support/daemonWorld.ts';
import { addPerson, call, type Person } from '../../support/hubWorld.ts';
import { needs } from '../../support/requirements.ts';

describe('the runner daemon and our hub', function () {
  this.timeout(180_000);
  let world: DaemonWorld;
  let folder: string;
  let hub: WholeHub;
  let person: Person;

  before(function () {
    needs(this, 'tmux', 'git');
  });
  beforeEach(async () => {
    world = new DaemonWorld();
    folder = mkdtempSync(join(tmpdir(), 'tmux-agents-hub-'));
    hub = await startWholeHub({ host: '127.0.0.1', port: 0, dataFolder: folder, log: silentLog });
    person = await addPerson(hub, 'member', 'acme');
  });
  afterEach(async () => {
    await world?.end();
    await hub?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const settings = (): Record<string, unknown> => parse(readFileSync(world.config, 'utf8')) as Record<string, unknown>;
  async function create(task: Partial<NewTask>): Promise<string> {
    const answer = await call(hub.url, 'POST', '/api/tasks', { as: person, body: { prompt: 'Do it', ...task } });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return String(answer.at('id'));
  }
  async function task(id: string, states: readonly string[]): Promise<HubTask> {
    const seen = waitForEvent(hub.hub.tasks.onDidChange, ({ task: changed }) => changed.id === id && states.includes(changed.state), { timeoutMs: 60_000, what: `task ${id} to be ${states.join(' or ')}` });
    seen.catch(() => undefined);
    const now = await hub.hub.tasks.find('acme', id);
    if (states.includes(now.state)) return now;
    await seen;
    return await hub.hub.tasks.find('acme', id);
  }

  it('work from the first token to the last result', async () => {
    const { code, stderr } = await world.run(['register', '--server', hub.url, '--name', 'dev-machine'], { env: { SIBYL_ACCESS_TOKEN: person.token } });
    assert.equal(code, 0, stderr);
    const saved = settings();
    assert.ok(typeof saved['runner_token'] === 'string' && !('access_token' in saved));
    // The runner's own token renews it: the same row.
    const renewed = await registerRunner({ serverUrl: hub.url, token: saved['runner_token'] }, { name: 'dev-machine', hostname: hostname() });
    assert.equal(renewed.id, saved['runner_id']);
    world.write({ ...saved, allow_commands: true, reconnect_interval: 0.1 });

    const daemon = world.start(['run']);
    await daemon.said(/Connected to the hub/);
    const repository = world.repository();
    const done = await task(await create({ command: ['sh', '-c', 'cat readme.txt; echo err >&2'], repo_path: repository, project_id: 'proj_1' }), ['completed', 'failed']);
    assert.equal(done.state, 'completed', JSON.stringify(done));
    assert.deepEqual([done.result?.stdout, done.result?.stderr, done.result?.exit_code], ['one\n', 'err\n', 0]);
    const projects = await call(hub.url, 'GET', `/api/runners/${String(saved['runner_id'])}/projects`, { as: person });
    assert.equal(projects.at(0, 'project_id'), 'proj_1');

    const runs = join(world.home.directory, 'runs');
    const retried = await task(await create({ command: ['sh', '-c', `echo run >> ${runs}; test "$(wc -l < ${runs})" = 2`], max_attempts: 3 }), ['completed', 'failed']);
    assert.deepEqual([retried.state, retried.attempts], ['completed', 2], JSON.stringify(retried));
    const dead = await task(await create({ command: ['no-such-program'], max_attempts: 1 }), ['failed']);
    assert.match(dead.reason ?? '', /no-such-program/);

    const id = await create({ command: ['sleep', '1000'] });
    await task(id, ['running']);
    assert.equal((await call(hub.url, 'POST', `/api/tasks/${id}/cancel`, { as: person })).status, 200);
    await task(id, ['canceled']);
    await daemon.said(/Task .*: cancelled/);
    assert.equal(await daemon.end('SIGTERM'), 0);
  });

  it('go on when either dies', async () => {
    await world.run(['register', '--server', hub.url], { env: { SIBYL_ACCESS_TOKEN: person.token } });
    world.write({ ...settings(), allow_commands: true, reconnect_interval: 0.1 });
    const gate = join(world.home.directory, 'gate');
    const first = world.start(['run']);
    await first.said(/Connected to the hub/);
    const id = await create({ command: ['sh', '-c', `while [ ! -e ${gate} ]; do sleep 0.05; done; echo through`] });
    await task(id, ['running']);
    await first.end('SIGKILL');
    const port = Number(new URL(hub.url).port);
    await hub.close();
    const second = world.start(['run']);
    await second.said(/of an earlier process/);
    writeFileSync(gate, '');
    await second.said(/Task .*: completed/);
    hub = await startWholeHub({ host: '127.0.0.1', port, dataFolder: folder, log: silentLog });
    const done = await task(id, ['completed', 'failed']);
    assert.deepEqual([done.state, done.attempts, done.result?.stdout], ['completed', 1, 'through\n']);
    assert.equal(await second.end('SIGTERM'), 0);
  });

  it('tell the second daemon of one id', async () => {
    await world.run(['register', '--server', hub.url], { env: { SIBYL_ACCESS_TOKEN: person.token } });
    const first = world.start(['run']);
    await first.said(/Connected to the hub/);
    const elsewhere = join(world.home.directory, 'elsewhere.yaml');
    writeFileSync(elsewhere, readFileSync(world.config, 'utf8'), { mode: 0o600 });
    const second = await world.run(['run', '-c', elsewhere]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /already connected/);
    assert.equal((JSON.parse((await world.run(['status', '--json'])).stdout) as { readonly connection: { readonly state: string } }).connection.state, 'connected');
    assert.equal(await first.end('SIGTERM'), 0);
  });

  it('say what is wrong with a sign-in', async () => {
    const refused = await world.run(['register', '--server', hub.url], { input: 'not-a-token\n' });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /does not take this sign-in \(401\)/);
    await assert.rejects(signIn({ serverUrl: hub.url }, { name: 'nobody', password: 'nothing at all' }), /401/);
    const page = await world.run(['register', '--server', `${hub.url}/wrong/path`], { input: 'x\n' });
    assert.match(page.stderr, /is no hub/);
    const away = await world.run(['register', '--server', 'http://127.0.0.1:9'], { input: 'x\n' });
    assert.match(away.stderr, /cannot be reached/);
    const empty = await world.run(['register', '--server', hub.url]);
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /no access token/);
    const strange = await world.run(['register', '--server', 'hub.example'], { input: 'x\n' });
    assert.match(strange.stderr, /no address of a server/);
  });
});
