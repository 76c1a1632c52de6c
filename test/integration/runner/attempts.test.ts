// Several attempts at one task: real worktrees, the demo agent in real tmux; compared, tested, one picked, the others archived with all that was done in them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import { parseConfig } from '../../../src/protocol/config.ts';
import { AttemptStore } from '../../../src/runner/attempts/attemptStore.ts';
import { pickAttempt } from '../../../src/runner/attempts/pickAttempt.ts';
import { labelsOf, startAttempts, type AttemptsRequest } from '../../../src/runner/attempts/startAttempts.ts';
import { commandText, testAttempt, testCommandOf } from '../../../src/runner/attempts/testAttempt.ts';
import { viewAttempts } from '../../../src/runner/attempts/viewAttempts.ts';
import { createRuntimeManager, type Managed } from '../../../src/runner/createRuntimeManager.ts';
import { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { WorkspaceStore } from '../../../src/workspaces/workspaceStore.ts';
import { needs } from '../../support/requirements.ts';
import { makeTmuxHome, type TmuxHome } from '../../support/tmuxHome.ts';

describe('attempts at one task', function () {
  this.timeout(60_000);
  let home: TmuxHome;
  let folder: string;
  let managed: Managed;
  let store: AttemptStore;
  let records: WorkspaceStore;

  before(function () {
    needs(this, 'tmux', 'git');
    home = makeTmuxHome();
    folder = join(home.directory, 'project');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.txt'), 'one\n');
    git(folder, 'init', '-q', '-b', 'main');
    git(folder, 'add', '.');
    git(folder, 'commit', '-qm', 'Begin');
    managed = createRuntimeManager(parseConfig({ runtimes: { docker: false, local: { socketName: 'attempts' } } }, 'the test'), { face: 'test' });
    store = new AttemptStore();
    records = new WorkspaceStore();
  });
  after(async () => {
    if (managed === undefined) return;
    const { manager, prompts, approvals, conversations, status, rules } = managed;
    for (const agent of await manager.listAllAgents()) await manager.killAgent(agent.handle, { graceMs: 0 });
    for (const part of [prompts, approvals, conversations, status, rules, manager]) part.dispose();
    home.end();
  });

  function git(where: string, ...args: string[]): string {
    return execFileSync('git', ['-C', where, '-c', 'user.name=T', '-c', 'user.email=t@example.invalid', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  }
  const request = (more: Partial<AttemptsRequest> = {}): AttemptsRequest => ({ task: 'Name a tea', folder, runtimeId: 'local', providers: ['demo', 'demo'], withChanges: true, env: { TMUX_AGENTS_DEMO_DELAY: '0' }, ...more });
  const parts = () => ({ managed, workspaces: new WorkspaceManager({ store: records }), store });

  it('begin together, each in a worktree of its own, and are shown again from the file', async () => {
    const group = await startAttempts(request(), parts());
    const [one, other] = group.attempts;
    assert.ok(one?.workspaceId !== undefined && other?.workspaceId !== undefined);
    assert.deepEqual(group.attempts.map(({ label }) => label), ['demo 1', 'demo 2']);
    assert.deepEqual(new AttemptStore().read(group.id), group);
    const [here, there] = [records.read(one.workspaceId), records.read(other.workspaceId)];
    assert.ok(here !== undefined && there !== undefined && here.path !== there.path);
    assert.equal(managed.manager.find(one.agentId)?.workingDirectory, here.path);

    writeFileSync(join(here.path, 'b.txt'), 'two\nlines\n');
    writeFileSync(join(there.path, 'a.txt'), 'other\n');
    writeFileSync(join(there.path, 'left.txt'), 'not committed\n');
    git(there.path, 'add', 'a.txt');
    git(there.path, 'commit', '-qm', 'Another way');
    const look = () => viewAttempts(store.require(group.id), { sessions: join(home.directory, 'none'), records, stateOf: () => ({ state: 'Working', tone: 'busy', live: true }), testing: new Set(), log: silentLog });
    assert.deepEqual((await look()).map(({ files, added, removed }) => [files, added, removed]), [[1, 2, 0], [2, 2, 1]]);

    writeFileSync(join(folder, '.tmux-agents.json'), JSON.stringify({ test: 'test -f b.txt && echo ok' }));
    const command = testCommandOf(folder);
    assert.ok(command);
    assert.equal(commandText(command), 'test -f b.txt && echo ok');
    assert.equal((await testAttempt(group, one.agentId, command, { records, store })).exitCode, 0);
    assert.equal((await testAttempt(group, other.agentId, command, { records, store })).exitCode, 1);
    assert.deepEqual((await look()).map(({ tests }) => (tests?.running === false ? tests.exitCode : undefined)), [0, 1]);

    const after = await pickAttempt(group.id, one.agentId, { manager: managed.manager, records, store });
    assert.deepEqual(after.attempts.map(({ outcome }) => outcome), ['picked', 'archived']);
    const agents = (await managed.manager.listAllAgents()).map(({ agentId }) => agentId);
    assert.ok(agents.includes(one.agentId) && !agents.includes(other.agentId));
    assert.equal(records.read(other.workspaceId)?.archived, true);
    assert.equal(records.read(one.workspaceId)?.archived, undefined);
    const note = after.attempts[1]?.note ?? '';
    const rescue = /refs\/tmux-agents\/rescue\/\S+/.exec(note)?.[0] ?? '';
    assert.equal(git(folder, 'show', `${rescue}:left.txt`), 'not committed');
    assert.equal(git(folder, 'show', `${there.branch ?? ''}:a.txt`), 'other');
    assert.ok(existsSync(join(there.path, 'left.txt')), 'nothing is taken away');
    await assert.rejects(pickAttempt(group.id, other.agentId, { manager: managed.manager, records, store }), (error: unknown) => isAgentsError(error, 'stale'));
  });

  it('are picked by one face alone, and archived also where a folder was deleted by hand', async () => {
    const group = await startAttempts(request(), parts());
    for (const { workspaceId } of group.attempts) rmSync(records.read(workspaceId ?? '')?.path ?? '', { recursive: true });
    const picks = await Promise.allSettled(group.attempts.map(({ agentId }) => pickAttempt(group.id, agentId, { manager: managed.manager, records, store })));
    const refused = picks.flatMap((pick) => (pick.status === 'rejected' ? [pick.reason as unknown] : []));
    assert.equal(refused.length, 1);
    assert.ok(isAgentsError(refused[0], 'stale'), String(refused[0]));
    const after = store.require(group.id).attempts;
    assert.deepEqual(after.map(({ outcome }) => outcome).sort(), ['archived', 'picked']);
    const archived = after.find(({ outcome }) => outcome === 'archived');
    assert.match(archived?.note ?? '', /folder was gone, its commits are on the branch tmux-agents\//);
    assert.equal(records.read(archived?.workspaceId ?? '')?.archived, true);
  });

  it('keep the others when one cannot begin, and say why', async () => {
    const group = await startAttempts(request({ providers: ['demo', 'nobody'] }), parts());
    assert.equal(group.attempts[0]?.error, undefined);
    assert.match(group.attempts[1]?.error ?? '', /nobody/);
    assert.equal(group.attempts[1]?.workspaceId, undefined);
    assert.ok(records.list().every(({ owner }) => owner !== group.attempts[1]?.agentId), 'what was made for it is gone');
  });

  it('leave nothing behind when none can begin, or when they are cancelled', async () => {
    const before = { groups: store.list().length, records: records.list().length, agents: (await managed.manager.listAllAgents()).length };
    await assert.rejects(startAttempts(request({ providers: ['nobody', 'nobody'] }), parts()), /nobody/);
    const controller = new AbortController();
    await assert.rejects(startAttempts(request(), parts(), { signal: controller.signal, onProgress: () => controller.abort() }), (error: unknown) => isAgentsError(error, 'cancelled'));
    assert.deepEqual({ groups: store.list().length, records: records.list().length, agents: (await managed.manager.listAllAgents()).length }, before);
    await assert.rejects(startAttempts(request({ providers: ['demo'] }), parts()), (error: unknown) => isAgentsError(error, 'bad-input'));
    assert.deepEqual(labelsOf(['a', 'b', 'a']), ['a 1', 'b', 'a 2']);
  });
});
