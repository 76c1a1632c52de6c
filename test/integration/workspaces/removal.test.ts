// Removal never loses work: whatever state a worktree is in, its work is in the repository afterwards, or the worktree is still there and the report says why.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspaceRecord } from '../../../src/protocol/workspaceRecord.ts';
import { listRescues } from '../../../src/workspaces/rescue.ts';
import type { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { makeGitHome, stateOf, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

describe('removal of worktrees', function () {
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

  const prepare = async (id: string): Promise<WorkspaceRecord> => (await manager.prepare({ id, kind: 'worktree', repo: { provider: 'local', path: source } })).record;

  it('keeps a locked one until it is forced, and its work even then', async () => {
    const record = await prepare('locked');
    home.git(source, 'worktree', 'lock', '--reason', 'on a stick', record.path);
    writeFiles(record.path, { 'new.txt': 'work\n' });
    const kept = await manager.remove(record);
    assert.equal(kept.removed, false);
    assert.match(kept.reason ?? '', /locked: on a stick/);
    assert.deepEqual(manager.list(), [record]);
    const forced = await manager.remove(record, { force: true });
    assert.equal(home.git(source, 'show', `${forced.rescueRef ?? ''}:new.txt`), 'work');
    assert.equal(existsSync(record.path), false);
  });

  it('saves what was staged in one that was deleted by hand, and takes its entry out', async () => {
    const record = await prepare('deleted');
    writeFiles(record.path, { 'staged.txt': 'staged\n' });
    home.git(record.path, 'add', '--all');
    rmSync(record.path, { recursive: true });
    const report = await manager.remove(record);
    assert.equal(home.git(source, 'show', `${report.rescueRef ?? ''}:staged.txt`), 'staged');
    assert.equal(home.git(source, 'worktree', 'list', '--porcelain').includes('deleted'), false);
    const untouched = await prepare('deleted');
    rmSync(untouched.path, { recursive: true });
    assert.deepEqual(await manager.remove(untouched), { removed: true, repository: source });
  });

  it('can be made again after it was deleted by hand and its record is gone', async () => {
    const record = await prepare('again');
    rmSync(record.path, { recursive: true });
    home.store.remove('again');
    home.git(source, 'branch', '-m', 'tmux-agents/again', 'elsewhere');
    assert.equal(existsSync((await prepare('again')).path), true);
  });

  it('finds its work when the .git file is lost, and never takes it for part of the repository around it', async () => {
    home.git(home.directory, 'init', '--quiet');
    const record = await prepare('pointer');
    writeFiles(record.path, { 'new.txt': 'work\n' });
    rmSync(join(record.path, '.git'));
    const report = await manager.remove(record);
    assert.equal(home.git(source, 'show', `${report.rescueRef ?? ''}:new.txt`), 'work');
  });

  it('keeps one with a repository inside, whose files no commit could hold', async () => {
    const record = await prepare('nested');
    const inner = join(record.path, 'inner');
    writeFiles(inner, { 'a.txt': 'a\n' });
    home.git(inner, 'init', '--quiet');
    const kept = await manager.remove(record, { force: true });
    assert.equal(kept.removed, false);
    assert.match(kept.reason ?? '', /inner.* repository of its own/);
    assert.equal(readFileSync(join(inner, 'a.txt'), 'utf8'), 'a\n');
  });

  it('saves the files of a merge that stands in conflict', async () => {
    const record = await prepare('conflict');
    writeFiles(source, { 'readme.md': 'theirs\n' });
    home.git(source, 'commit', '--quiet', '--all', '--message', 'theirs');
    writeFiles(record.path, { 'readme.md': 'mine\n' });
    home.git(record.path, 'commit', '--quiet', '--all', '--message', 'mine');
    assert.throws(() => home.git(record.path, 'merge', 'main'));
    const report = await manager.remove(record);
    assert.match(home.git(source, 'show', `${report.rescueRef ?? ''}:readme.md`), /<<<<<<< HEAD\nmine/);
    assert.equal(report.branch, 'tmux-agents/conflict');
  });

  it('keeps the branch only while no other has its commits', async () => {
    const record = await prepare('merged');
    home.git(record.path, 'commit', '--quiet', '--allow-empty', '--message', 'mine');
    home.git(source, 'merge', '--quiet', '--ff-only', 'tmux-agents/merged');
    assert.deepEqual(await manager.remove(record), { removed: true, repository: source });
    assert.equal(home.git(source, 'branch', '--list', 'tmux-agents/*'), '');
  });

  it('keeps a worktree whose repository is damaged or gone', async () => {
    const record = await prepare('orphan');
    writeFiles(record.path, { 'new.txt': 'work\n' });
    rmSync(join(source, '.git'), { recursive: true });
    const kept = await manager.remove(record, { force: true });
    assert.equal(kept.removed, false);
    assert.equal(readFileSync(join(record.path, 'new.txt'), 'utf8'), 'work\n');
  });

  it('saves nothing that git ignores, and nothing of the source changes', async () => {
    writeFiles(source, { '.gitignore': 'build/\n' });
    home.git(source, 'add', '--all');
    home.git(source, 'commit', '--quiet', '--message', 'ignore');
    writeFiles(source, { 'mine.txt': 'mine\n' });
    home.git(source, 'stash', 'push', '--quiet', '--include-untracked');
    const before = stateOf(home, source);
    const record = await prepare('ignored');
    writeFiles(record.path, { 'build/out.txt': 'out\n' });
    assert.deepEqual(await manager.remove(record), { removed: true, repository: source });
    assert.deepEqual(await listRescues(source), []);
    assert.deepEqual(stateOf(home, source), before);
  });

  it('leaves the user\'s own folder as it is', async () => {
    const { record } = await manager.prepare({ id: 'own', kind: 'folder', repo: { provider: 'local', path: source } });
    assert.deepEqual([record.path, record.base?.ref], [source, 'main']);
    writeFiles(source, { 'new.txt': 'mine\n' });
    assert.equal((await manager.diffTotals(record)).filesChanged, 1);
    assert.equal((await manager.remove(record)).removed, true);
    assert.equal(readFileSync(join(source, 'new.txt'), 'utf8'), 'mine\n');
    assert.deepEqual(manager.list(), []);
  });

  describe('with submodules', () => {
    let record: WorkspaceRecord;

    beforeEach(async () => {
      home.configure('[protocol "file"]\n\tallow = always');
      const library = home.repository('library', { 'lib.txt': 'lib\n' });
      home.git(source, 'submodule', '--quiet', 'add', library, 'deps/lib');
      home.git(source, 'commit', '--quiet', '--message', 'submodule');
      record = await prepare('sub');
    });

    it('fills them, and removes the worktree when they hold no work', async () => {
      assert.equal(readFileSync(join(record.path, 'deps/lib/lib.txt'), 'utf8'), 'lib\n');
      assert.deepEqual(await manager.remove(record), { removed: true, repository: source });
      assert.equal(existsSync(record.path), false);
    });

    it('keeps it while one has changes or commits that no remote has', async () => {
      const inner = join(record.path, 'deps/lib');
      writeFileSync(join(inner, 'lib.txt'), 'changed\n');
      assert.match((await manager.remove(record)).reason ?? '', /submodule deps\/lib has uncommitted changes/);
      home.git(inner, 'commit', '--quiet', '--all', '--message', 'inside');
      const kept = await manager.remove(record, { force: true });
      assert.match(kept.reason ?? '', /submodule deps\/lib has commits that no remote has/);
      assert.equal(readFileSync(join(inner, 'lib.txt'), 'utf8'), 'changed\n');
    });
  });

  it('works with the pointers of large files where git-lfs is missing but demanded', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';
    writeFiles(source, { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n', 'big.bin': pointer });
    home.git(source, 'add', '--all');
    home.git(source, 'commit', '--quiet', '--message', 'pointer');
    home.configure('[filter "lfs"]\n\tprocess = git-lfs filter-process\n\tsmudge = git-lfs smudge\n\tclean = git-lfs clean\n\trequired = true');
    const record = await prepare('lfs');
    assert.equal(readFileSync(join(record.path, 'big.bin'), 'utf8'), pointer);
    writeFiles(record.path, { 'other.bin': pointer.replace('12345', '99') });
    assert.equal((await manager.diffTotals(record)).filesChanged, 1);
    const report = await manager.remove(record);
    assert.equal(report.reason, undefined);
    assert.equal(`${home.git(source, 'show', `${report.rescueRef ?? ''}:other.bin`)}\n`, pointer.replace('12345', '99'));
  });
});
