// Worktrees with real git: from every base, without a trace in the user's own checkout, and never at the cost of work.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import type { Workspace, WorkspaceBase } from '../../../src/workspaces/types.ts';
import type { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { listRescues, restoreRescue } from '../../../src/workspaces/rescue.ts';
import { makeGitHome, stateOf, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

describe('worktrees of a local repository', function () {
  this.timeout(120_000);
  let home: GitHome;
  let manager: WorkspaceManager;
  let source: string;

  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    home = makeGitHome();
    manager = home.manager();
    source = home.repository();
  });
  afterEach(() => home.end());

  const prepare = (id: string, base?: WorkspaceBase): Promise<Workspace> => manager.prepare({ id, kind: 'worktree', repo: { provider: 'local', path: source }, ...(base === undefined ? {} : { base }) });
  const read = (workspace: Workspace, name: string): string => readFileSync(join(workspace.record.path, name), 'utf8');

  it('begin at HEAD on a branch of their own, and name the branch to merge into', async () => {
    const before = stateOf(home, source);
    const { record, env } = await prepare('one');
    assert.equal(home.git(record.path, 'branch', '--show-current'), 'tmux-agents/one');
    assert.equal(readFileSync(join(record.path, 'src/a.txt'), 'utf8'), 'a\n');
    assert.equal(home.git(record.path, 'status', '--porcelain'), '');
    assert.deepEqual(record.base, { commit: home.git(source, 'rev-parse', 'HEAD'), ref: 'main' });
    assert.equal(record.repository, source);
    assert.equal(env['TMUX_AGENTS_WORKSPACE'], record.path);
    assert.equal(env['TMUX_AGENTS_SOURCE'], source);
    assert.deepEqual(stateOf(home, source), before);
    assert.deepEqual(manager.list(), [record]);
  });

  it('begin at a branch, a tag or a commit', async () => {
    const first = home.git(source, 'rev-parse', 'HEAD');
    home.git(source, 'tag', 'v1');
    home.git(source, 'checkout', '--quiet', '-b', 'feature/x');
    writeFiles(source, { 'x.txt': 'x\n' });
    home.git(source, 'add', '--all');
    home.git(source, 'commit', '--quiet', '--message', 'x');
    home.git(source, 'checkout', '--quiet', 'main');
    const branch = await prepare('b', { type: 'branch', ref: 'feature/x' });
    assert.equal(read(branch, 'x.txt'), 'x\n');
    assert.equal(branch.record.base?.ref, 'feature/x');
    assert.equal((await prepare('t', { type: 'tag', tag: 'v1' })).record.base?.commit, first);
    assert.equal((await prepare('c', { type: 'commit', sha: first.slice(0, 10) })).record.base?.commit, first);
  });

  it('say which branch, tag or commit is not there, and leave nothing behind', async () => {
    for (const [base, words] of [
      [{ type: 'branch', ref: 'gone' }, /branch "gone" is not in/],
      [{ type: 'tag', tag: 'gone' }, /tag "gone" is not in/],
      [{ type: 'commit', sha: 'deadbeef' }, /commit deadbeef is not in/],
    ] as const) {
      await assert.rejects(prepare('gone', base), (error) => isAgentsError(error, 'not-found') && words.test(error.message));
    }
    assert.equal(existsSync(join(home.directory, 'workspaces/gone')), false);
    assert.equal(home.git(source, 'branch', '--list', 'tmux-agents/*'), '');
    assert.deepEqual(manager.list(), []);
  });

  it('carry the current changes along, and touch neither index nor stash of the source', async () => {
    writeFiles(source, { 'readme.md': 'changed\n', 'new file.txt': 'untracked\n', 'staged.txt': 'staged\n', '.gitignore': 'ignored.txt\n', 'ignored.txt': 'no\n' });
    home.git(source, 'add', 'staged.txt');
    rmSync(join(source, 'src/a.txt'));
    const before = stateOf(home, source);
    const workspace = await prepare('now', { type: 'current', withChanges: true });
    assert.deepEqual(stateOf(home, source), before);
    assert.equal(read(workspace, 'readme.md'), 'changed\n');
    assert.equal(read(workspace, 'new file.txt'), 'untracked\n');
    assert.equal(read(workspace, 'staged.txt'), 'staged\n');
    assert.equal(existsSync(join(workspace.record.path, 'src/a.txt')), false);
    assert.equal(existsSync(join(workspace.record.path, 'ignored.txt')), false);
    assert.equal(home.git(workspace.record.path, 'rev-parse', 'HEAD'), home.git(source, 'rev-parse', 'HEAD'));
    assert.equal((await manager.diffTotals(workspace.record)).filesChanged, 0, 'the agent has changed nothing yet');
    writeFileSync(join(workspace.record.path, 'readme.md'), 'changed\nand more\n');
    assert.deepEqual(await manager.diffTotals(workspace.record), { filesChanged: 1, linesAdded: 1, linesRemoved: 0, files: [{ path: 'readme.md', status: 'modified', additions: 1, deletions: 0 }] });
  });

  it('count what was committed, changed, added, renamed and deleted', async () => {
    const { record } = await prepare('diff');
    writeFiles(record.path, { 'committed.txt': '1\n2\n', 'un tracked\n.txt': 'x\n' });
    home.git(record.path, 'add', 'committed.txt');
    home.git(record.path, 'commit', '--quiet', '--message', 'c');
    mkdirSync(join(record.path, 'lib'));
    renameSync(join(record.path, 'src/a.txt'), join(record.path, 'lib/b.txt'));
    rmSync(join(record.path, 'readme.md'));
    const totals = await manager.diffTotals(record);
    assert.deepEqual(
      [...totals.files].sort((a, b) => a.path.localeCompare(b.path)).map(({ path, status, additions, deletions }) => [path, status, additions, deletions]),
      [
        ['committed.txt', 'added', 2, 0],
        ['lib/b.txt', 'renamed', 0, 0],
        ['readme.md', 'deleted', 0, 1],
        ['un tracked\n.txt', 'added', 1, 0],
      ],
    );
    assert.deepEqual([totals.filesChanged, totals.linesAdded, totals.linesRemoved], [4, 3, 1]);
  });

  it('go without a trace when nothing was done in them', async () => {
    const { record } = await prepare('idle');
    assert.deepEqual(await manager.remove(record), { removed: true, repository: source });
    assert.equal(existsSync(record.path), false);
    assert.equal(home.git(source, 'branch', '--list', 'tmux-agents/*'), '');
    assert.equal(home.git(source, 'for-each-ref', 'refs/tmux-agents'), '');
    assert.equal(home.git(source, 'worktree', 'list', '--porcelain').match(/^worktree /gm)?.length, 1);
    assert.deepEqual(manager.list(), []);
  });

  it('leave uncommitted, untracked and staged work in a rescue ref that can be brought back', async () => {
    const { record } = await prepare('busy');
    writeFiles(record.path, { 'readme.md': 'staged\n', '-odd name': 'odd\n' });
    home.git(record.path, 'add', 'readme.md');
    writeFiles(record.path, { 'readme.md': 'worked on\n' });
    const before = stateOf(home, source);
    const report = await manager.remove(record);
    assert.ok(report.removed && report.rescueRef !== undefined && report.repository === source);
    assert.deepEqual(stateOf(home, source), before);
    const [rescue] = await listRescues(source);
    assert.deepEqual([rescue?.ref, rescue?.workspaceId], [report.rescueRef, 'busy']);
    const restored = await restoreRescue(source, report.rescueRef);
    assert.equal(home.git(source, 'show', `${restored.branch}:readme.md`), 'worked on');
    assert.equal(home.git(source, 'show', `${restored.branch}:-odd name`), 'odd');
    assert.equal(home.git(source, 'show', `${restored.branch}^2:readme.md`), 'staged');
  });

  it('leave unmerged commits on their branch, and a detached HEAD in a rescue ref', async () => {
    const { record } = await prepare('ahead');
    home.git(record.path, 'commit', '--quiet', '--allow-empty', '--message', 'mine');
    assert.deepEqual(await manager.remove(record), { removed: true, repository: source, branch: 'tmux-agents/ahead' });
    const detached = (await prepare('detached')).record;
    home.git(detached.path, 'checkout', '--quiet', '--detach');
    home.git(detached.path, 'commit', '--quiet', '--allow-empty', '--message', 'lost?');
    const commit = home.git(detached.path, 'rev-parse', 'HEAD');
    const report = await manager.remove(detached);
    assert.equal(home.git(source, 'rev-parse', report.rescueRef ?? ''), commit);
  });
});
