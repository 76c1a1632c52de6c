// Where tasks work, with real git: the layout, what a branch begins from, what is gone on with, and what is refused with nothing touched.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError, type ErrorReason } from '../../../src/base/errors.ts';
import { silentLog } from '../../../src/base/log.ts';
import type { TaskConfig } from '../../../src/protocol/hubWire/sibylFrames.ts';
import { readDaemonSettings, type DaemonSettings } from '../../../src/runner/daemon/settings/daemonSettings.ts';
import { planTask, type TaskPlan } from '../../../src/runner/daemon/tasks/taskPlan.ts';
import { TaskPlaces } from '../../../src/runner/daemon/tasks/taskPlaces.ts';
import type { Workspace } from '../../../src/workspaces/types.ts';
import { makeGitHome, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

const TASK = '1234abcd-0000-4000-8000-000000000000';
const reason = (expected: ErrorReason) => (error: unknown) => isAgentsError(error, expected);

describe('where tasks work', function () {
  this.timeout(60_000);
  let home: GitHome;
  let repository: string;
  let count = 0;
  const projects = new Map<string, string>();

  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    home = makeGitHome();
    repository = home.repository();
    projects.clear();
    projects.set('known', repository);
  });
  afterEach(() => home.end());

  const settings = (more: Partial<DaemonSettings> = {}): DaemonSettings => ({ ...readDaemonSettings(join(home.directory, 'runner.yaml'), { HOME: home.directory }), worktreeBase: join(home.directory, 'base'), allowCommands: true, ...more });
  const places = (more: Partial<DaemonSettings> = {}): TaskPlaces => new TaskPlaces({ settings: settings(more), projects: () => projects, cache: join(home.directory, 'cache'), log: silentLog });
  const plan = (config: Partial<TaskConfig>, projectId: string | undefined = 'known', more: Partial<DaemonSettings> = {}, taskId = TASK): Promise<TaskPlan> =>
    planTask({ taskId, projectId, config: { prompt: 'do', command: ['true'], ...config } }, { settings: settings(more), projects, base: places(more).base, usedBy: () => undefined });
  async function prepare({ place }: TaskPlan): Promise<Workspace> {
    const sessionId = `session-${++count}`;
    const all = places();
    all.plan(sessionId, place);
    return all.prepare({ id: sessionId, owner: sessionId, kind: 'worktree', repo: { provider: 'local', path: repository } });
  }
  const base = (...below: string[]): string => join(home.directory, 'base', ...below);

  it("have Sibyl's layout, and begin from the default branch of the remote, whatever its name", async () => {
    const remote = join(home.directory, 'remote.git');
    home.git(home.directory, 'clone', '--quiet', '--bare', repository, remote);
    home.git(remote, 'branch', '--move', 'main', 'trunk');
    home.git(remote, 'symbolic-ref', 'HEAD', 'refs/heads/trunk');
    home.git(repository, 'remote', 'add', 'origin', remote);
    const other = join(home.directory, 'other');
    home.git(home.directory, 'clone', '--quiet', remote, other);
    home.git(other, 'commit', '--quiet', '--allow-empty', '--message', 'newer');
    home.git(other, 'push', '--quiet', 'origin', 'trunk');
    const { record } = await prepare(await plan({}));
    assert.equal(record.path, base('known', 'sibyl-agent-1234abcd'));
    assert.equal(home.git(record.path, 'branch', '--show-current'), 'sibyl/agent-1234abcd');
    assert.equal(home.git(record.path, 'log', '-1', '--format=%s'), 'newer');
    assert.equal(record.base?.ref, 'trunk');
    home.git(repository, 'remote', 'set-url', 'origin', join(home.directory, 'gone.git'));
    home.git(repository, 'remote', 'set-head', 'origin', 'trunk');
    const offline = await prepare(await plan({}, 'known', {}, '99999999'));
    assert.equal(home.git(offline.record.path, 'log', '-1', '--format=%s'), 'newer', 'as it was last seen');
  });

  it('begin from HEAD where there is no remote, under the next name where theirs is taken', async () => {
    const first = await plan({});
    assert.deepEqual(first.place, { kind: 'worktree', repo: { provider: 'local', path: repository }, start: 'begin', branch: 'sibyl/agent-1234abcd', path: base('known', 'sibyl-agent-1234abcd') });
    await prepare(first);
    const second = await prepare(await plan({}));
    assert.equal(second.record.path, base('known', 'sibyl-agent-1234abcd-2'));
    assert.equal(home.git(second.record.path, 'branch', '--show-current'), 'sibyl/agent-1234abcd-2');
  });

  it('go on with a branch or a worktree that is there', async () => {
    home.git(repository, 'branch', 'feature/x');
    const made = await prepare(await plan({ branch: 'feature/x' }));
    assert.equal(made.record.path, base('known', 'feature-x'));
    writeFileSync(join(made.record.path, 'work.txt'), 'x');
    const again = await prepare(await plan({ branch: 'feature/x' }));
    assert.equal(again.record.path, made.record.path);
    assert.equal(readFileSync(join(again.record.path, 'work.txt'), 'utf8'), 'x');
    const named = await prepare(await plan({ worktree_path: made.record.path }));
    assert.equal(named.record.path, made.record.path);
    const fresh = await prepare(await plan({ worktree_path: 'known/mine', branch: 'mine' }));
    assert.equal(home.git(fresh.record.path, 'branch', '--show-current'), 'mine');
    assert.equal(fresh.record.path, base('known', 'mine'));
    await assert.rejects(async () => prepare(await plan({ branch: 'main' })), reason('git-failed'), 'somebody has it checked out');
  });

  it('need no repository: an empty folder, where the project is allowed to be unknown or there is none', async () => {
    const none = await prepare(await plan({}, ''));
    assert.equal(none.record.path, base('.scratch', 'sibyl-agent-1234abcd'));
    assert.deepEqual(readdirSync(none.record.path), []);
    await assert.rejects(plan({}, 'unknown'), reason('not-found'));
    const unknown = await prepare(await plan({}, 'unknown', { allowUnknownProjects: true }));
    assert.equal(unknown.record.path, base('unknown', 'sibyl-agent-1234abcd'));
  });

  it('take the repository that the hub names, unless the settings say which', async () => {
    const { place } = await plan({ repo_path: repository }, 'unknown');
    assert.equal(place.path, base('unknown', 'sibyl-agent-1234abcd'));
    const other = home.repository('other');
    await assert.rejects(plan({ repo_path: other }, 'unknown', { allowedRepoRoots: [join(home.directory, 'elsewhere')] }), reason('policy-denied'));
    assert.equal((await plan({ repo_path: repository }, 'unknown', { allowedRepoRoots: [home.directory] })).place.kind, 'worktree');
    await assert.rejects(plan({ repo_path: '/nowhere' }, 'unknown'), reason('folder-missing'));
    await assert.rejects(plan({ repo_path: join(repository, '..', 'project') + '/../x' }, 'unknown'), reason('bad-input'));
    await assert.rejects(plan({ repo_path: 'project' }, 'unknown'), reason('bad-input'));
    mkdirSync(join(home.directory, 'empty'));
    await assert.rejects(plan({ repo_path: join(home.directory, 'empty') }, 'unknown'), reason('bad-input'));
  });

  it("work in somebody's own checkout only where the settings allow it", async () => {
    await assert.rejects(plan({ create_worktree: false }), reason('policy-denied'));
    assert.deepEqual((await plan({ create_worktree: false }, 'known', { allowedRepoRoots: [home.directory] })).place, { kind: 'folder', path: repository, branch: undefined });
  });

  it('are refused outside of the base, with nothing made', async () => {
    mkdirSync(base(), { recursive: true });
    symlinkSync(home.directory, base('link'));
    const before = readdirSync(base());
    for (const projectId of ['..', '../x', '/etc', 'a/b', 'link']) await assert.rejects(plan({ repo_path: repository }, projectId), reason('bad-input'), projectId);
    for (const worktree_path of ['..', '/etc', repository, 'link/x', 'known/../../x']) await assert.rejects(plan({ worktree_path }), reason('bad-input'), worktree_path);
    for (const branch of ['../x', '-d', 'a b', '.git']) await assert.rejects(plan({ branch }), reason('bad-input'), branch);
    assert.deepEqual(readdirSync(base()), before);
    assert.equal(home.git(repository, 'branch', '--list'), '* main');
    assert.ok(!existsSync(join(home.directory, 'x')));
  });

  it('run commands only where they are allowed, and prompts of a size that fits', async () => {
    await assert.rejects(plan({}, 'known', { allowCommands: false }), reason('policy-denied'));
    assert.deepEqual((await plan({ command: 'npm run "a b"' })).run, { kind: 'command', argv: ['npm', 'run', 'a b'] });
    await assert.rejects(plan({ command: [] }), reason('bad-input'));
    await assert.rejects(plan({ command: null, prompt: ' ' }), reason('bad-input'));
    await assert.rejects(plan({ prompt: 'x'.repeat(200_000) }), reason('bad-input'));
    assert.deepEqual((await plan({ command: null, agent_type: 'demo' })).run, { kind: 'agent', providerId: 'demo' });
    assert.equal((await plan({})).timeoutMs, 3_600_000);
    assert.equal((await plan({ timeout_seconds: 1.5 })).timeoutMs, 1_500);
  });
});
