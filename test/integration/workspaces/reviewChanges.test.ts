// What an agent changed in its worktree, and how it is taken back, on real git.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { findExecutable } from '../../../src/exec/findExecutable.ts';
import { changedFiles, type ChangedFile } from '../../../src/workspaces/review/changedFiles.ts';
import { amendMessage, commitAll, lastMessage } from '../../../src/workspaces/review/commit.ts';
import { discardFile, discardHunk, hunksOf } from '../../../src/workspaces/review/discard.ts';
import { reviewOf, type Reviewed } from '../../../src/workspaces/review/reviewBase.ts';
import { needs } from '../../support/requirements.ts';
import { commit, git, lines, makeReviewWorld, read, write, type ReviewWorld } from '../../support/reviewWorld.ts';

describe('the changes of an agent', function () {
  this.timeout(60_000);
  let world: ReviewWorld;
  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => void (world = makeReviewWorld()));
  afterEach(() => world.end());

  const review = (): Promise<Reviewed> => reviewOf(world.folder, world.store);
  async function changes(): Promise<ChangedFile[]> {
    const { folder, base } = await review();
    return changedFiles(folder, base);
  }
  const told = (files: readonly ChangedFile[]): string[] => files.map(({ path, oldPath, status, additions, deletions }) => `${status} ${oldPath === undefined ? '' : `${oldPath} -> `}${path} +${additions ?? '?'} -${deletions ?? '?'}`);

  it('are those committed, those not, and new files, against where its work began', async () => {
    commit(world.folder, { 'a.txt': lines(30, { 2: 'two' }) }, 'Two');
    write(world.folder, 'b.txt', 'b\nmore\n');
    write(world.folder, 'new/ü "x"\ty.txt', 'new\n');
    git(world.folder, 'add', 'b.txt');
    const before = git(world.folder, 'status', '--porcelain');
    assert.deepEqual(told(await changes()), ['modified a.txt +1 -1', 'modified b.txt +1 -0', 'added new/ü "x"\ty.txt +1 -0']);
    assert.equal(git(world.folder, 'status', '--porcelain'), before, 'the index is left alone');
  });

  it('know renames, modes, binary files, links, removed files and submodules', async () => {
    write(world.base, 'sub/s.txt', 's\n');
    git(join(world.base, 'sub'), 'init', '-q', '-b', 'main');
    commit(join(world.base, 'sub'), {}, 'Sub');
    git(world.folder, 'submodule', '--quiet', 'add', join(world.base, 'sub'), 'lib');
    renameSync(join(world.folder, 'a.txt'), join(world.folder, 'moved.txt'));
    chmodSync(join(world.folder, 'b.txt'), 0o755);
    write(world.folder, 'picture.bin', Buffer.from([0, 1, 2, 255]));
    symlinkSync('/etc/passwd', join(world.folder, 'link'));
    const found = await changes();
    assert.deepEqual(told(found), ['added .gitmodules +3 -0', 'modified b.txt +0 -0', 'added lib +1 -0', 'added link +1 -0', 'renamed a.txt -> moved.txt +0 -0', 'added picture.bin +? -?']);
    assert.deepEqual(found.map(({ binary, submodule, modes }) => [binary, submodule, modes?.to]), [[false, false, undefined], [false, false, '100755'], [false, true, undefined], [false, false, undefined], [false, false, undefined], [true, false, undefined]]);
    rmSync(join(world.folder, 'b.txt'));
    assert.ok(told(await changes()).includes('deleted b.txt +0 -1'));
  });

  it('are found where a file is as old and as long as what the index knows of it', async () => {
    git(world.clone, 'config', 'core.checkStat', 'minimal');
    git(world.clone, 'config', 'core.trustctime', 'false');
    const long = new Date('2020-01-01T00:00:00Z');
    write(world.folder, 'b.txt', 'c\n');
    utimesSync(join(world.folder, 'b.txt'), long, long);
    git(world.folder, 'add', 'b.txt');
    utimesSync(git(world.folder, 'rev-parse', '--path-format=absolute', '--git-path', 'index'), long, long);
    write(world.folder, 'b.txt', 'b\n');
    utimesSync(join(world.folder, 'b.txt'), long, long);
    assert.deepEqual(told(await changes()), [], 'it is as in the base again');
    write(world.folder, 'b.txt', 'd\n');
    utimesSync(join(world.folder, 'b.txt'), long, long);
    const hunks = await hunksOf(await review(), (await changes())[0] ?? assert.fail('no change'));
    assert.match(hunks[0]?.text ?? '', /^\+d$/m);
  });

  it('are shown where git-lfs is asked for and is not there', async () => {
    write(world.folder, '.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
    for (const [key, value] of [['process', 'no-such-lfs filter-process'], ['smudge', 'no-such-lfs smudge'], ['clean', 'no-such-lfs clean'], ['required', 'true']] as const) git(world.clone, 'config', `filter.lfs.${key}`, value);
    write(world.folder, 'big.bin', 'pointer\n');
    const path = process.env['PATH'];
    try {
      process.env['PATH'] = '/usr/bin:/bin';
      if ((await findExecutable('git-lfs')) !== undefined) return;
      assert.deepEqual(told(await changes()), ['added .gitattributes +1 -0', 'added big.bin +1 -0']);
      assert.equal((await hunksOf(await review(), (await changes())[1] ?? assert.fail('no change'))).length, 1);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('survive a repository inside that has no commit, and settings of the person that change what git prints', async () => {
    mkdirSync(join(world.folder, 'inner'));
    git(join(world.folder, 'inner'), 'init', '-q');
    write(world.folder, 'inner/x.txt', 'x\n');
    for (const [key, value] of [['diff.noprefix', 'true'], ['diff.mnemonicPrefix', 'true'], ['color.ui', 'always'], ['diff.external', 'false'], ['diff.renames', 'false'], ['core.quotePath', 'true'], ['diff.context', '0'], ['apply.whitespace', 'error']] as const) git(world.clone, 'config', key, value);
    write(world.folder, 'z.txt', 'z\n');
    write(world.folder, 'a.txt', lines(30, { 5: 'five  ' }));
    const paths = (await changes()).map(({ path }) => path);
    assert.ok(paths.includes('a.txt') && paths.includes('z.txt'), paths.join());
    const reviewed = await review();
    const file = (await changes()).find(({ path }) => path === 'a.txt');
    assert.ok(file);
    const [hunk] = await hunksOf(reviewed, file);
    await discardHunk(reviewed, 'a.txt', hunk?.id ?? '');
    assert.equal(read(world.folder, 'a.txt'), lines(30));
  });

  it('are against HEAD in a folder without a record, and nothing without a repository', async () => {
    const { base } = await reviewOf(world.clone, world.store);
    assert.equal(base, git(world.clone, 'rev-parse', 'HEAD'));
    const bare = mkdtempSync(join(tmpdir(), 'tmux-agents-none-'));
    try {
      await assert.rejects(reviewOf(bare, world.store), (error) => isAgentsError(error, 'unsupported') && /no git repository/.test(error.message) && error.hint !== undefined);
      git(bare, 'init', '-q');
      write(bare, 'first.txt', '1\n');
      const young = await reviewOf(bare, world.store);
      assert.deepEqual(told(await changedFiles(young.folder, young.base)), ['added first.txt +1 -0']);
    } finally {
      rmSync(bare, { recursive: true, force: true });
    }
    await assert.rejects(reviewOf('/no/such/folder', world.store), (error) => isAgentsError(error, 'folder-missing'));
  });

  it('leave out what its branch took over from the base meanwhile', async () => {
    commit(world.folder, { 'b.txt': 'mine\n' }, 'Mine');
    commit(world.clone, { 'theirs.txt': 'theirs\n' }, 'Theirs');
    git(world.folder, 'merge', '-q', '--no-edit', 'main');
    assert.deepEqual(told(await changes()), ['modified b.txt +1 -1']);
  });

  describe('are taken back', () => {
    it('by hunk, exactly that one, committed or not, and put back on demand', async () => {
      const changed = lines(30, { 2: 'two', 15: 'fifteen', 28: 'twenty-eight' });
      commit(world.folder, { 'a.txt': changed }, 'Three places');
      const reviewed = await review();
      const [file] = await changes();
      assert.ok(file);
      const hunks = await hunksOf(reviewed, file);
      assert.deepEqual(hunks.map((hunk) => hunk.changed), [{ first: 1, last: 2 }, { first: 14, last: 15 }, { first: 27, last: 28 }]);
      const undo = await discardHunk(reviewed, 'a.txt', hunks[1]?.id ?? '');
      assert.equal(read(world.folder, 'a.txt'), lines(30, { 2: 'two', 28: 'twenty-eight' }));
      await undo();
      assert.equal(read(world.folder, 'a.txt'), changed);
    });

    it('not at all where the file has changed since', async () => {
      write(world.folder, 'a.txt', lines(30, { 2: 'two' }));
      const reviewed = await review();
      const [file] = await changes();
      assert.ok(file);
      const [hunk] = await hunksOf(reviewed, file);
      write(world.folder, 'a.txt', lines(30, { 2: 'TWO' }));
      await assert.rejects(discardHunk(reviewed, 'a.txt', hunk?.id ?? ''), (error) => isAgentsError(error, 'stale') && error.hint !== undefined);
      assert.equal(read(world.folder, 'a.txt'), lines(30, { 2: 'TWO' }));
    });

    it('byte for byte: other encodings, Windows line ends, no line end at the end', async () => {
      const old = Buffer.from('caf\xe9\r\nzwei\r\nend', 'latin1');
      write(world.folder, 'l.txt', old);
      git(world.folder, 'add', '.');
      git(world.folder, 'commit', '-qm', 'Latin');
      const now = git(world.folder, 'rev-parse', 'HEAD');
      world.store.write({ ...world.record, base: { commit: now, ref: 'main' } });
      write(world.folder, 'l.txt', Buffer.from('caf\xe8\r\nzwei\r\nend\n', 'latin1'));
      const reviewed = await review();
      const [file] = await changes();
      assert.ok(file);
      const [hunk] = await hunksOf(reviewed, file);
      await discardHunk(reviewed, 'l.txt', hunk?.id ?? '');
      assert.deepEqual(readFileSync(join(world.folder, 'l.txt')), old);
    });

    it('by file: changed, new, removed, renamed, made executable', async () => {
      write(world.folder, 'a.txt', 'other\n');
      write(world.folder, 'deep/er/new.txt', 'new\n');
      renameSync(join(world.folder, 'b.txt'), join(world.folder, 'c d.txt'));
      git(world.folder, 'add', 'deep');
      const reviewed = await review();
      for (const path of ['a.txt', 'deep/er/new.txt', 'c d.txt']) await discardFile(reviewed, path);
      assert.equal(git(world.folder, 'status', '--porcelain'), '');
      assert.ok(!existsSync(join(world.folder, 'deep')), 'the empty folder went with it');
      rmSync(join(world.folder, 'a.txt'));
      chmodSync(join(world.folder, 'b.txt'), 0o755);
      const undo = await discardFile(reviewed, 'a.txt');
      await discardFile(reviewed, 'b.txt');
      assert.equal(statSync(join(world.folder, 'b.txt')).mode & 0o111, 0);
      assert.deepEqual(await changes(), []);
      await undo();
      assert.deepEqual(told(await changes()), ['deleted a.txt +0 -30']);
    });

    it('and not put back over what was written since', async () => {
      write(world.folder, 'a.txt', 'other\n');
      const undo = await discardFile(await review(), 'a.txt');
      write(world.folder, 'a.txt', 'newer\n');
      await assert.rejects(undo(), (error) => isAgentsError(error, 'stale'));
      assert.equal(read(world.folder, 'a.txt'), 'newer\n');
    });
  });

  describe('are committed', () => {
    it('all of them, new files too, and nothing twice', async () => {
      write(world.folder, 'n.txt', 'n\n');
      await commitAll(await review(), 'Say why\n\nAt length.');
      assert.equal(git(world.folder, 'status', '--porcelain'), '');
      assert.equal(await lastMessage(await review()), 'Say why\n\nAt length.\n');
      await assert.rejects(commitAll(await review(), 'Again'), (error) => isAgentsError(error, 'bad-input'));
      await assert.rejects(commitAll(await review(), '  '), (error) => isAgentsError(error, 'bad-input'));
    });

    it('and the last message is amended, what is staged stays so, and a commit of others is refused', async () => {
      await assert.rejects(amendMessage(await review(), 'Not mine'), (error) => isAgentsError(error, 'bad-input'));
      commit(world.folder, { 'n.txt': 'n\n' }, 'Typo');
      write(world.folder, 'staged.txt', 's\n');
      git(world.folder, 'add', 'staged.txt');
      await amendMessage(await review(), 'No typo');
      assert.equal(git(world.folder, 'log', '-1', '--format=%s'), 'No typo');
      assert.equal(git(world.folder, 'status', '--porcelain'), 'A  staged.txt');
    });
  });
});
