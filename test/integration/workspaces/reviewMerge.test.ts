// An agent's work taken into a branch on real git: beside everybody's checkouts, with conflicts, with crashes in the middle.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { branchesOf } from '../../../src/workspaces/review/branches.ts';
import { changedFiles } from '../../../src/workspaces/review/changedFiles.ts';
import { Merges } from '../../../src/workspaces/review/merge.ts';
import { readMergeState, writeMergeState } from '../../../src/workspaces/review/mergeState.ts';
import { reviewOf } from '../../../src/workspaces/review/reviewBase.ts';
import { needs } from '../../support/requirements.ts';
import { commit, git, lines, makeReviewWorld, read, write, type ReviewWorld } from '../../support/reviewWorld.ts';

describe('a merge of an agent\'s work', function () {
  this.timeout(120_000);
  let world: ReviewWorld;
  let merges: Merges;
  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    world = makeReviewWorld();
    merges = new Merges(world.store);
  });
  afterEach(() => world.end());

  const subjects = (ref: string): string[] => git(world.clone, 'log', '--format=%s', '--first-parent', ref).split('\n');
  const status = (folder: string): string => git(folder, 'status', '--porcelain');
  /** No working tree, ref or file of a merge is left. */
  function assertNothingLeft(): void {
    assert.equal(readMergeState(world.folder), undefined);
    assert.equal(git(world.clone, 'for-each-ref', 'refs/tmux-agents/merging'), '');
    assert.equal(git(world.clone, 'worktree', 'list', '--porcelain').split('\n\n').length, 2);
    const left = join(world.base, 'state', 'tmux-agents', 'merges');
    assert.deepEqual(existsSync(left) ? readdirSync(left) : [], []);
  }
  function makeConflict(): void {
    commit(world.folder, { 'a.txt': lines(30, { 5: 'mine' }), 'mine.txt': 'mine\n' }, 'Mine');
    commit(world.clone, { 'a.txt': lines(30, { 5: 'theirs' }) }, 'Theirs');
  }

  it('reaches a branch that nobody has checked out, and tells what it took', async () => {
    git(world.clone, 'branch', 'release');
    const source = commit(world.folder, { 'n.txt': 'n\n' }, 'A feature');
    const outcome = await merges.begin({ folder: world.folder, way: 'merge', target: 'release', agent: 'claude-1' });
    assert.equal(outcome.type, 'merged');
    assert.deepEqual(subjects('release'), ['Merge tmux-agents/one, work of claude-1, into release', 'Begin']);
    assert.equal(git(world.clone, 'rev-parse', 'release^2'), source);
    assert.match(git(world.clone, 'log', '-1', '--format=%b', 'release'), /^\* A feature$/m);
    assert.deepEqual(world.store.read('one')?.merged?.map(({ how, source: from, into, result }) => [how, from, into, result]), [['merge', source, 'release', git(world.clone, 'rev-parse', 'release')]]);
    assert.equal(status(world.clone), '');
    assertNothingLeft();
  });

  it('reaches the branch that a person has checked out, whose other changes stay', async () => {
    commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
    commit(world.folder, { 'n.txt': 'n\n' }, 'A feature');
    write(world.clone, 'b.txt', 'a person is at it\n');
    write(world.clone, 'staged.txt', 's\n');
    git(world.clone, 'add', 'staged.txt');
    await merges.begin({ folder: world.folder, way: 'merge', target: 'main' });
    assert.equal(read(world.clone, 'n.txt'), 'n\n');
    assert.equal(read(world.clone, 'b.txt'), 'a person is at it\n');
    assert.equal(status(world.clone), ' M b.txt\nA  staged.txt');
    assertNothingLeft();
  });

  it('is squashed to one commit, after which nothing of it is a change any more', async () => {
    commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
    commit(world.folder, { 'n.txt': 'n\n' }, 'One');
    const source = commit(world.folder, { 'm.txt': 'm\n' }, 'Two');
    await merges.begin({ folder: world.folder, way: 'squash', target: 'main', agent: 'claude-1' });
    assert.deepEqual(subjects('main'), ['Work of claude-1 (tmux-agents/one)', 'Meanwhile', 'Begin']);
    assert.ok(git(world.clone, 'log', '-1', '--format=%b', 'main').includes(`at ${source}`));
    const after = await reviewOf(world.folder, world.store);
    assert.deepEqual(await changedFiles(after.folder, after.base), []);
  });

  it('is rebased into the branch, commit by commit, while its own branch stays', async () => {
    commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
    commit(world.folder, { 'n.txt': 'n\n' }, 'One');
    const source = commit(world.folder, { 'm.txt': 'm\n' }, 'Two');
    await merges.begin({ folder: world.folder, way: 'rebase', target: 'main' });
    assert.deepEqual(subjects('main'), ['Two', 'One', 'Meanwhile', 'Begin']);
    assert.equal(git(world.folder, 'rev-parse', 'HEAD'), source);
    assertNothingLeft();
  });

  it('moves its branch onto another, in its own folder', async () => {
    const target = commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
    commit(world.folder, { 'n.txt': 'n\n' }, 'One');
    await merges.begin({ folder: world.folder, way: 'onto', target: 'main' });
    assert.deepEqual(git(world.folder, 'log', '--format=%s').split('\n'), ['One', 'Meanwhile', 'Begin']);
    assert.equal(git(world.folder, 'symbolic-ref', '--short', 'HEAD'), 'tmux-agents/one');
    assert.equal(status(world.folder), '');
    const after = await reviewOf(world.folder, world.store);
    assert.equal(after.base, target);
    assert.deepEqual((await changedFiles(after.folder, after.base)).map(({ path }) => path), ['n.txt']);
    assertNothingLeft();
  });

  it('is refused with the way out: uncommitted work, nothing to merge, its own branch, no such branch', async () => {
    const begin = (target: string): Promise<unknown> => merges.begin({ folder: world.folder, way: 'merge', target });
    await assert.rejects(begin('main'), /has all of the agent's commits already/);
    write(world.folder, 'n.txt', 'n\n');
    await assert.rejects(begin('main'), (error) => isAgentsError(error, 'bad-input') && /not committed/.test(error.message) && error.hint !== undefined);
    commit(world.folder, {}, 'One');
    await assert.rejects(begin('tmux-agents/one'), /own branch/);
    await assert.rejects(begin('--force'), (error) => isAgentsError(error, 'not-found'));
    assertNothingLeft();
  });

  it('waits, computed, where the checkout of its branch has changes in the way, and goes on when they are gone', async () => {
    commit(world.folder, { 'b.txt': 'agent\n' }, 'One');
    write(world.clone, 'b.txt', 'a person is at it\n');
    await assert.rejects(merges.begin({ folder: world.folder, way: 'merge', target: 'main' }), (error) => isAgentsError(error, 'bad-input') && error.message.includes(world.clone) && /b\.txt/.test(error.message));
    assert.equal(read(world.clone, 'b.txt'), 'a person is at it\n');
    assert.equal((await merges.status(world.folder)).type, 'unpublished');
    await assert.rejects(merges.resume(world.folder), (error) => isAgentsError(error, 'bad-input') && /b\.txt/.test(error.message));
    git(world.clone, 'stash', '-q');
    assert.equal((await merges.resume(world.folder)).type, 'merged');
    assert.equal(read(world.clone, 'b.txt'), 'agent\n');
    assertNothingLeft();
  });

  for (const way of ['merge', 'squash', 'rebase', 'onto'] as const) {
    it(`leaves conflicts beside all checkouts (${way}), goes on once they are resolved`, async () => {
      makeConflict();
      const before = [git(world.clone, 'rev-parse', 'main'), git(world.folder, 'rev-parse', 'HEAD')];
      const outcome = await merges.begin({ folder: world.folder, way, target: 'main' });
      assert.ok(outcome.type === 'conflicts');
      assert.deepEqual(outcome.files, ['a.txt']);
      assert.deepEqual([git(world.clone, 'rev-parse', 'main'), git(world.folder, 'rev-parse', 'HEAD')], before);
      assert.equal(status(world.clone) + status(world.folder), '');
      const now = await merges.status(world.folder);
      assert.deepEqual(now.type === 'conflicts' ? now.files : now.type, ['a.txt']);
      await assert.rejects(merges.begin({ folder: world.folder, way, target: 'main' }), /unfinished/);
      await assert.rejects(merges.resume(world.folder), (error) => isAgentsError(error, 'bad-input') && /a\.txt/.test(error.message));
      writeFileSync(join(outcome.worktree, 'a.txt'), lines(30, { 5: 'both' }));
      assert.equal((await merges.resume(world.folder)).type, 'merged');
      const place = way === 'onto' ? world.folder : world.clone;
      assert.equal(read(place, 'a.txt'), lines(30, { 5: 'both' }));
      assert.equal(read(place, 'mine.txt'), 'mine\n');
      assert.equal(status(place), '');
      assertNothingLeft();
    });
  }

  it('is aborted with its conflicts, and everything is as before', async () => {
    makeConflict();
    const before = git(world.clone, 'for-each-ref');
    await merges.begin({ folder: world.folder, way: 'merge', target: 'main' });
    await merges.abort(world.folder);
    assert.equal(git(world.clone, 'for-each-ref'), before);
    assert.equal(status(world.clone) + status(world.folder), '');
    assertNothingLeft();
    await assert.rejects(merges.abort(world.folder), (error) => isAgentsError(error, 'not-found'));
  });

  it('of a copy reaches the folder that it was copied from', async () => {
    const copy = join(world.base, 'copy');
    git(world.base, 'clone', '-q', world.clone, copy);
    git(copy, 'switch', '-q', '-c', 'tmux-agents/two');
    world.store.write({ ...world.record, id: 'two', kind: 'copy', path: copy, repository: undefined, branch: 'tmux-agents/two' });
    commit(copy, { 'n.txt': 'n\n' }, 'A feature');
    const outcome = await merges.begin({ folder: copy, way: 'squash', target: 'main' });
    assert.equal(outcome.type, 'merged');
    assert.equal(read(world.clone, 'n.txt'), 'n\n');
  });

  it('begins anew when its branch moves on meanwhile', async () => {
    commit(world.folder, { 'n.txt': 'n\n' }, 'A feature');
    git(world.clone, 'branch', 'release');
    // A commit of somebody else, made by the hook of the first attempt's working tree.
    commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
    git(world.clone, 'branch', '-f', 'release', 'main');
    git(world.clone, 'branch', 'later', git(world.clone, 'commit-tree', '-p', 'main', '-m', 'Later', 'main^{tree}'));
    const hook = join(world.clone, '.git', 'hooks', 'post-checkout');
    mkdirSync(join(hook, '..'), { recursive: true });
    writeFileSync(hook, `#!/bin/sh\nunset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE\nexec git -C '${world.clone}' update-ref refs/heads/release refs/heads/later\n`, { mode: 0o755 });
    await merges.begin({ folder: world.folder, way: 'rebase', target: 'release' });
    assert.deepEqual(subjects('release'), ['A feature', 'Later', 'Meanwhile', 'Begin']);
    assertNothingLeft();
  });

  describe('that was killed in the middle', () => {
    /** Does this with `merges` in a process of its own, and kills it with SIGKILL while git waits in a hook. */
    async function killed(hook: string, act: string): Promise<void> {
      const pipe = join(world.base, 'reached');
      const path = join(world.clone, '.git', 'hooks', hook);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `#!/bin/sh\necho $PPID $$ > '${pipe}'\nmv '${pipe}' '${pipe}.done'\nexec sleep 600\n`, { mode: 0o755 });
      const script = [
        `import { Merges } from ${JSON.stringify(join(import.meta.dirname, '../../../src/workspaces/review/merge.ts'))};`,
        `import { WorkspaceStore } from ${JSON.stringify(join(import.meta.dirname, '../../../src/workspaces/workspaceStore.ts'))};`,
        'const merges = new Merges(new WorkspaceStore());',
        `const folder = ${JSON.stringify(world.folder)};`,
        `await merges.${act};`,
      ].join('\n');
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
      const { watch } = await import('node:fs');
      const ended = once(child, 'exit');
      await new Promise<void>((resolve, reject) => {
        const watcher = watch(world.base, () => existsSync(`${pipe}.done`) && (watcher.close(), resolve()));
        void ended.then(() => (watcher.close(), existsSync(`${pipe}.done`) ? resolve() : reject(new Error('the merge ended before its hook'))));
        if (existsSync(`${pipe}.done`)) watcher.close(), resolve();
      });
      assert.ok(child.pid !== undefined);
      process.kill(-child.pid, 'SIGKILL');
      await ended;
      // Whoever git had moved into another group.
      for (const pid of read(world.base, 'reached.done').split(' ').map(Number)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // Gone with its group.
        }
      }
      rmSync(path);
    }

    const rebase = "begin({ folder, way: 'rebase', target: 'main' })";

    it('while its working tree was made is found, and goes on', async () => {
      commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
      commit(world.folder, { 'n.txt': 'n\n' }, 'A feature');
      await killed('post-checkout', rebase);
      assert.equal((await merges.status(world.folder)).type, 'interrupted');
      assert.equal(status(world.clone) + status(world.folder), '');
      assert.equal((await merges.resume(world.folder)).type, 'merged');
      assert.equal(read(world.clone, 'n.txt'), 'n\n');
      assertNothingLeft();
    });

    it('while its working tree was made is found, and aborted', async () => {
      commit(world.clone, { 'c.txt': 'c\n' }, 'Meanwhile');
      commit(world.folder, { 'n.txt': 'n\n' }, 'A feature');
      const before = git(world.clone, 'for-each-ref');
      await killed('post-checkout', rebase);
      await merges.abort(world.folder);
      assert.equal(git(world.clone, 'for-each-ref'), before);
      assertNothingLeft();
    });

    it('while what a person resolved was committed keeps that, and goes on', async () => {
      makeConflict();
      const outcome = await merges.begin({ folder: world.folder, way: 'merge', target: 'main' });
      assert.ok(outcome.type === 'conflicts');
      write(outcome.worktree, 'a.txt', lines(30, { 5: 'both' }));
      await killed('pre-commit', 'resume(folder)');
      assert.equal((await merges.status(world.folder)).type, 'conflicts');
      assert.equal(status(world.clone) + status(world.folder), '');
      assert.equal((await merges.resume(world.folder)).type, 'merged');
      assert.equal(read(world.clone, 'a.txt'), lines(30, { 5: 'both' }));
      assertNothingLeft();
    });

    /** As git leaves a checkout when it is killed between two files: some written, the branch not moved, its lock there. */
    async function halfPublished(): Promise<void> {
      commit(world.folder, { 'b.txt': 'agent\n', 'n.txt': 'n\n', 'a.txt': lines(30, { 1: 'one' }) }, 'A feature');
      rmSync(join(world.folder, 'a.txt'));
      commit(world.folder, {}, 'Without a');
      write(world.clone, 'b.txt', 'a person is at it\n');
      await assert.rejects(merges.begin({ folder: world.folder, way: 'merge', target: 'main' }));
      git(world.clone, 'checkout', '-q', '--', 'b.txt');
      const state = readMergeState(world.folder);
      assert.ok(state);
      writeMergeState({ ...state, pid: 999_999_999 });
      write(world.clone, 'b.txt', 'agent\n');
      rmSync(join(world.clone, 'a.txt'));
      write(world.clone, '.git/index.lock', '');
    }

    it('while it wrote a person\'s checkout goes on to the end', async () => {
      await halfPublished();
      assert.equal((await merges.status(world.folder)).type, 'unpublished');
      assert.equal((await merges.resume(world.folder)).type, 'merged');
      assert.equal(status(world.clone), '');
      assert.equal(read(world.clone, 'n.txt'), 'n\n');
      assert.equal(git(world.clone, 'rev-parse', 'main^2'), git(world.folder, 'rev-parse', 'HEAD'));
      assertNothingLeft();
    });

    it('while it wrote a person\'s checkout is taken back', async () => {
      await halfPublished();
      await merges.abort(world.folder);
      assert.equal(status(world.clone), '');
      assert.equal(read(world.clone, 'b.txt'), 'b\n');
      assert.deepEqual(subjects('main'), ['Begin']);
      assertNothingLeft();
    });

    it('touches nothing where a person has changed a file since', async () => {
      await halfPublished();
      write(world.clone, 'b.txt', 'a person again\n');
      await assert.rejects(merges.resume(world.folder), (error) => isAgentsError(error, 'bad-input') && /b\.txt/.test(error.message));
      assert.equal(read(world.clone, 'b.txt'), 'a person again\n');
    });
  });

  it('knows the branches and where they are checked out', async () => {
    git(world.clone, 'branch', 'release');
    const found = new Map((await branchesOf(world.folder)).map(({ name, checkout }) => [name, checkout]));
    assert.deepEqual([found.get('main'), found.get('release'), found.get('tmux-agents/one')], [world.clone, undefined, world.folder]);
  });
});
