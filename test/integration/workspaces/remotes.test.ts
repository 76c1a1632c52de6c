// Remote repositories through their bare cache: every branch, fresh, mended when damaged, pruned only when nothing needs it. The remotes are real repositories that git's insteadOf leads to.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import type { RepoRef } from '../../../src/protocol/sessionConfig.ts';
import type { WorkspaceBase } from '../../../src/workspaces/types.ts';
import type { Workspace } from '../../../src/workspaces/types.ts';
import type { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { makeGitHome, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

const github: RepoRef = { provider: 'github', owner: 'someone', name: 'thing' };

describe('worktrees of remote repositories', function () {
  this.timeout(120_000);
  let home: GitHome;
  let manager: WorkspaceManager;
  let remote: string;
  let said: string[];

  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    home = makeGitHome();
    for (const host of ['github.com', 'gitlab.com', 'bitbucket.org']) home.configure(`[url "file://${home.directory}/${host}/"]\n\tinsteadOf = https://${host}/`);
    remote = home.repository('github.com/someone/thing.git');
    home.git(remote, 'branch', '--move', 'main', 'trunk');
    home.git(remote, 'tag', 'v1');
    home.git(remote, 'checkout', '--quiet', '-b', 'feature/one');
    commit('feature.txt');
    home.git(remote, 'checkout', '--quiet', 'trunk');
    manager = home.manager({ cacheLimits: { freshMs: 0 } });
    said = [];
  });
  afterEach(() => home.end());

  function commit(file: string): string {
    writeFiles(remote, { [file]: `${file}\n` });
    home.git(remote, 'add', '--all');
    home.git(remote, 'commit', '--quiet', '--message', file);
    return home.git(remote, 'rev-parse', 'HEAD');
  }

  const prepare = (id: string, base?: WorkspaceBase, repo: RepoRef = github, by = manager): Promise<Workspace> =>
    by.prepare({ id, kind: 'worktree', repo, ...(base === undefined ? {} : { base }) }, { onProgress: (step, message) => said.push(`${step}: ${message}`) });
  const caches = (): string[] => readdirSync(join(home.directory, 'cache')).sort();

  it('begin at the default branch, whatever it is called, and push to the remote', async () => {
    const { record } = await prepare('default');
    assert.deepEqual(record.base, { commit: home.git(remote, 'rev-parse', 'trunk'), ref: 'trunk' });
    assert.equal(record.source, undefined);
    commitIn(record.path);
    home.git(record.path, 'push', '--quiet', 'origin', 'HEAD');
    assert.equal(home.git(remote, 'rev-parse', 'tmux-agents/default'), home.git(record.path, 'rev-parse', 'HEAD'));
  });

  it('begin at every branch, tag and pull request', async () => {
    assert.equal((await prepare('b', { type: 'branch', ref: 'feature/one' })).record.base?.ref, 'feature/one');
    assert.equal((await prepare('t', { type: 'tag', tag: 'v1' })).record.base?.commit, home.git(remote, 'rev-parse', 'v1'));
    home.git(remote, 'update-ref', 'refs/pull/7/head', 'feature/one');
    assert.equal(readFileSync(join((await prepare('p', { type: 'pullRequest', number: 7 })).record.path, 'feature.txt'), 'utf8'), 'feature.txt\n');
    await assert.rejects(prepare('q', { type: 'pullRequest', number: 8 }), (error) => isAgentsError(error, 'not-found') && /no pull request 8/.test(error.message));
  });

  it('find merge requests of GitLab, in groups of groups', async () => {
    const project = home.repository('gitlab.com/group/sub/project.git');
    home.git(project, 'update-ref', 'refs/merge-requests/3/head', 'HEAD');
    const { record } = await prepare('mr', { type: 'pullRequest', number: 3 }, { provider: 'gitlab', owner: 'group/sub', name: 'project' });
    assert.equal(record.base?.commit, home.git(project, 'rev-parse', 'HEAD'));
  });

  it('are fresh: a new commit is there, and a branch that vanished is missed by name', async () => {
    await prepare('one', { type: 'branch', ref: 'feature/one' });
    const newest = commit('later.txt');
    home.git(remote, 'branch', '-D', 'feature/one');
    assert.equal((await prepare('two')).record.base?.commit, newest);
    await assert.rejects(prepare('three', { type: 'branch', ref: 'feature/one' }), (error) => isAgentsError(error, 'not-found') && /branch "feature\/one" is not in github.com\/someone\/thing: it may have been deleted/.test(error.message));
    assert.equal(existsSync(join(home.directory, 'workspaces/three')), false);
  });

  it('fetch once while the state is fresh enough', async () => {
    const patient = home.manager({ cacheLimits: { freshMs: 3_600_000 } });
    await prepare('one', undefined, github, patient);
    commit('later.txt');
    const { record } = await prepare('two', undefined, github, patient);
    assert.equal(existsSync(join(record.path, 'later.txt')), false);
    assert.equal(said.filter((line) => line.startsWith('fetch:')).length, 1);
  });

  it('are made from the last known state when the network is away, and say so', async () => {
    await prepare('one');
    home.configure(`[url "http://127.0.0.1:9/"]\n\tinsteadOf = https://github.com/someone/`);
    await prepare('two');
    assert.ok(said.includes('fetch: github.com/someone/thing cannot be reached: its last known state is used'), said.join('\n'));
  });

  it('say what git said about a repository that is not there', async () => {
    await assert.rejects(prepare('none', undefined, { provider: 'bitbucket', owner: 'no', name: 'body' }), (error) => isAgentsError(error, 'git-failed') && /bitbucket.org\/no\/body cannot be fetched/.test(error.message) && /credentials/.test(error.hint ?? ''));
    assert.deepEqual(caches(), []);
  });

  it('come from one cache when many ask at once', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, (_, number) => prepare(`many-${number}`)));
    assert.equal(new Set(made.map(({ record }) => record.repository)).size, 1);
    assert.equal(caches().length, 1);
  });

  for (const [damage, break_] of [
    ['lost its HEAD', (cache: string) => rmSync(join(cache, 'HEAD'))],
    ['has an empty config', (cache: string) => writeFileSync(join(cache, 'config'), '[broken')],
    ['has broken packs', (cache: string) => inPacks(cache, (path) => writeFileSync(path, 'garbage'))],
  ] as const) {
    it(`are made from a new cache when the old one ${damage}`, async () => {
      const { record } = await prepare('first');
      assert.ok(record.repository !== undefined);
      break_(record.repository);
      const { record: second } = await prepare('second');
      assert.equal(home.git(second.path, 'status', '--porcelain'), '');
      assert.equal(existsSync(join(record.path, 'readme.md')), true, 'the worktree of the damaged one stays');
      assert.notEqual(second.repository, record.repository);
      assert.equal((await manager.remove(second)).removed, true);
      assert.equal((await manager.remove(record)).removed, false, 'its work cannot be kept elsewhere');
    });
  }

  it('are made from the same cache when a fetch alone mends it', async () => {
    const { record } = await prepare('first');
    emptied(join(record.repository ?? '', 'objects'));
    const { record: second } = await prepare('second');
    for (const { path } of [record, second]) assert.equal(home.git(path, 'status', '--porcelain'), '');
    assert.equal(second.repository, record.repository);
  });

  it('replace a damaged cache that nothing uses', async () => {
    const { record } = await prepare('first');
    await manager.remove(record);
    rmSync(join(record.repository ?? '', 'HEAD'));
    assert.equal((await prepare('second')).record.repository, record.repository);
    assert.equal(caches().length, 1);
  });

  it('let a cache go that is old and needed by nothing, and no other', async () => {
    home.repository('github.com/someone/other.git');
    const used = (await prepare('used')).record;
    const branch = (await prepare('branch', undefined, { ...github, name: 'other' })).record;
    commitIn(branch.path);
    assert.equal((await manager.remove(branch)).branch, 'tmux-agents/branch');
    for (const { repository } of [used, branch]) age(repository ?? '');
    home.repository('github.com/someone/third.git');
    const third = (await prepare('third', undefined, { ...github, name: 'third' })).record;
    assert.equal(caches().length, 3, 'a worktree lives in one, a branch in another');
    await manager.remove(third);
    age(third.repository ?? '');
    await prepare('again');
    assert.deepEqual(caches().map((name) => name.replace(/-.*/, '')), ['other', 'thing']);
  });

  it('refuse the current changes of what has no folder, and copies', async () => {
    await assert.rejects(prepare('x', { type: 'current', withChanges: true }), (error) => isAgentsError(error, 'bad-input'));
    await assert.rejects(manager.prepare({ id: 'y', kind: 'copy', repo: github }), (error) => isAgentsError(error, 'unsupported'));
  });

  function commitIn(folder: string): void {
    home.git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'mine');
  }

  function age(cache: string): void {
    utimesSync(join(cache, 'tmux-agents-used'), 1, 1);
  }

  function emptied(folder: string): void {
    renameSync(folder, `${folder}.away`);
    mkdirSync(join(folder, 'pack'), { recursive: true });
    mkdirSync(join(folder, 'info'));
  }

  function inPacks(cache: string, change: (path: string) => void): void {
    const folder = join(cache, 'objects');
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) if (/^(?:[0-9a-f]{2}\/|pack\/.*\.(?:pack|idx)$)/.test(name)) {
      rmSync(join(folder, name));
      change(join(folder, name));
    }
  }
});
