// A pull request of an agent's branch: pushed to a real remote of this machine that stands for a host, made with a stand-in for gh.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import { createWithGh, pushBranch } from '../../../src/workspaces/review/pullRequest.ts';
import { reviewOf } from '../../../src/workspaces/review/reviewBase.ts';
import { GH_ANSWER, makeFakeGh } from '../../support/fakeGh.ts';
import { needs } from '../../support/requirements.ts';
import { commit, git, makeReviewWorld, read, write, type ReviewWorld } from '../../support/reviewWorld.ts';

describe('a pull request of an agent\'s branch', function () {
  this.timeout(60_000);
  let world: ReviewWorld;
  const path = process.env['PATH'];
  before(function () {
    needs(this, 'git');
  });
  beforeEach(() => {
    world = makeReviewWorld();
    git(world.base, 'init', '-q', '--bare', 'hosted.git');
    commit(world.folder, { 'n.txt': 'n\n' }, 'A feature');
  });
  afterEach(() => {
    process.env['PATH'] = path;
    world.end();
  });

  it('is pushed to the remote, and made by gh, to which all text is an argument or input', async () => {
    git(world.clone, 'remote', 'add', 'origin', 'git@github.com:o/n.git');
    // Git itself reads the address as that of the folder.
    write(world.base, 'gitconfig', `${read(world.base, 'gitconfig')}[url "${join(world.base, 'hosted.git')}"]\n\tinsteadOf = git@github.com:o/n.git\n`);
    // Where `git remote get-url` tells the rewritten address, the host is the one that was written down.
    const reviewed = await reviewOf(world.folder, world.store);
    const pushed = await pushBranch(reviewed);
    assert.equal(git(join(world.base, 'hosted.git'), 'rev-parse', 'tmux-agents/one'), git(world.folder, 'rev-parse', 'HEAD'));
    const gh = makeFakeGh(world.base);
    process.env['PATH'] = `${gh}:${path}`;
    const url = await createWithGh(reviewed, pushed, { title: 'It\'s $(a) "title"', body: 'One\n`two`\n', into: 'main' });
    assert.equal(url, GH_ANSWER);
    assert.deepEqual(read(gh, 'gh.args').trimEnd().split('\n'), ['pr', 'create', '--repo', 'github.com/o/n', '--head', 'tmux-agents/one', '--base', 'main', '--title', 'It\'s $(a) "title"', '--body-file', '-']);
    assert.equal(read(gh, 'gh.input'), 'One\n`two`\n');
  });

  it('is refused with the way out where there is no remote with a host', async () => {
    git(world.clone, 'remote', 'add', 'origin', join(world.base, 'hosted.git'));
    await assert.rejects(pushBranch(await reviewOf(world.folder, world.store)), (error) => isAgentsError(error, 'bad-input') && error.hint !== undefined);
  });
});
