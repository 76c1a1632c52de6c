// Where workspaces lie and what they are called: nothing leads outside, odd names are no trouble, and what nobody owns is found and adopted.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAgentsError } from '../../../src/base/errors.ts';
import type { Workspace, WorkspaceRequest } from '../../../src/workspaces/types.ts';
import type { WorkspaceManager } from '../../../src/workspaces/workspaceManager.ts';
import { makeGitHome, stateOf, writeFiles, type GitHome } from '../../support/gitHome.ts';
import { needs } from '../../support/requirements.ts';

describe('places of workspaces', function () {
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

  const prepare = (id: string, more: Partial<WorkspaceRequest> = {}): Promise<Workspace> => manager.prepare({ id, kind: 'worktree', repo: { provider: 'local', path: source }, ...more });
  const workspaces = (): string => join(home.directory, 'workspaces');

  it('are inside their folder: ids, branches and links that lead elsewhere are refused', async () => {
    for (const id of ['../x', 'a/b', '', '.', '..', '.hidden', '-rf', 'a b', 'a\nb', 'x'.repeat(101)]) await assert.rejects(prepare(id), (error) => isAgentsError(error, 'bad-input'), JSON.stringify(id));
    for (const branch of ['--force', 'a..b', '/abs', 'a b', 'x.lock', '@{-1}', 'refs/../../config']) await assert.rejects(prepare('branch', { branch }), (error) => isAgentsError(error, 'bad-input'), branch);
    for (const id of ['a.lock', 'a..b']) await assert.rejects(prepare(id), (error) => isAgentsError(error, 'bad-input'), id);
    const outside = join(home.directory, 'outside');
    mkdirSync(outside);
    mkdirSync(workspaces());
    symlinkSync(outside, join(workspaces(), 'link'));
    symlinkSync(join(home.directory, 'nowhere'), join(workspaces(), 'dangling'));
    for (const id of ['link', 'dangling']) for (const kind of ['worktree', 'copy'] as const) await assert.rejects(prepare(id, { kind }), (error) => isAgentsError(error, 'name-taken'), id);
    assert.deepEqual([readdirSync(outside), existsSync(join(home.directory, 'nowhere'))], [[], false]);
    assert.deepEqual([lstatSync(join(workspaces(), 'link')).isSymbolicLink(), manager.list()], [true, []]);
  });

  it('may have a link for the folder of all of them, by its real path', async () => {
    mkdirSync(join(home.directory, 'disk'));
    symlinkSync(join(home.directory, 'disk'), workspaces());
    const { record } = await prepare('linked');
    assert.equal(record.path, join(home.directory, 'disk/linked'));
    assert.equal((await manager.remove(record)).removed, true);
  });

  it('never delete through a record that leads outside', async () => {
    const victim = join(home.directory, 'victim');
    writeFiles(victim, { 'a.txt': 'a\n' });
    const { record } = await prepare('c', { kind: 'copy' });
    for (const kind of ['copy', 'worktree'] as const) assert.equal((await manager.remove({ ...record, kind, path: victim, repository: source }, { force: true })).removed, false);
    assert.equal(readFileSync(join(victim, 'a.txt'), 'utf8'), 'a\n');
  });

  it('take odd names of folders, files and branches', async () => {
    const odd = home.repository("-it's ünï 🎉 $(touch x)", { '-rf': 'a\n', 'spa ce.txt': 'b\n', 'new\nline.txt': 'c\n', 'ü/ö"quote.txt': 'd\n', '"': 'e\n' });
    home.git(odd, 'branch', 'fix/ünï-🎉');
    writeFiles(odd, { '-new file\n.txt': 'new\n' });
    const before = stateOf(home, odd);
    const { record } = await manager.prepare({ id: 'odd', kind: 'worktree', repo: { provider: 'local', path: odd }, base: { type: 'current', withChanges: true }, branch: 'mine/ünï' });
    assert.deepEqual(readdirSync(record.path).sort(), ['.git', '-rf', '-new file\n.txt', 'spa ce.txt', 'new\nline.txt', 'ü', '"'].sort());
    assert.equal((await manager.prepare({ id: 'other', kind: 'worktree', repo: { provider: 'local', path: odd }, base: { type: 'branch', ref: 'fix/ünï-🎉' } })).record.base?.ref, 'fix/ünï-🎉');
    writeFiles(record.path, { '-rf': 'changed\n' });
    assert.deepEqual((await manager.diffTotals(record)).files.map(({ path }) => path), ['-rf']);
    const report = await manager.remove(record);
    assert.equal(home.git(odd, 'show', `${report.rescueRef ?? ''}:new\nline.txt`), 'c');
    assert.equal(home.git(odd, 'show', `${report.rescueRef ?? ''}:-new file\n.txt`), 'new');
    assert.deepEqual(stateOf(home, odd), before);
  });

  it('are refused where a branch is in the way, and leave that as it is', async () => {
    home.git(source, 'branch', 'mine');
    await assert.rejects(prepare('x', { branch: 'mine' }), (error) => isAgentsError(error, 'name-taken'));
    home.git(source, 'branch', 'tmux-agents');
    await assert.rejects(prepare('y'), (error) => isAgentsError(error, 'name-taken'));
    assert.equal(home.git(source, 'branch', '--list', '--format=%(refname:short)'), 'main\nmine\ntmux-agents');
    assert.deepEqual(readdirSync(workspaces()).filter((name) => !name.startsWith('.')), []);
  });

  it('say what a folder lacks', async () => {
    const plain = join(home.directory, 'plain');
    mkdirSync(plain);
    const from = (path: string): Promise<Workspace> => prepare('lack', { repo: { provider: 'local', path } });
    await assert.rejects(from(plain), (error) => isAgentsError(error, 'bad-input') && /no git repository/.test(error.message));
    await assert.rejects(from(join(plain, 'none')), (error) => isAgentsError(error, 'folder-missing'));
    home.git(plain, 'init', '--quiet');
    await assert.rejects(from(plain), (error) => isAgentsError(error, 'bad-input') && /no commit yet/.test(error.message));
  });

  it('are made from a worktree of the user, a folder below, and a bare repository', async () => {
    const linked = join(home.directory, 'linked');
    home.git(source, 'worktree', 'add', '--quiet', '-b', 'linked', linked);
    writeFiles(linked, { 'linked.txt': 'x\n' });
    const fromLinked = await prepare('a', { repo: { provider: 'local', path: linked }, base: { type: 'current', withChanges: true } });
    assert.deepEqual([fromLinked.record.repository, fromLinked.record.source, fromLinked.record.base?.ref], [source, linked, 'linked']);
    assert.equal(readFileSync(join(fromLinked.record.path, 'linked.txt'), 'utf8'), 'x\n');
    assert.equal((await prepare('b', { repo: { provider: 'local', path: join(source, 'src') } })).record.source, source);
    const bare = join(home.directory, 'bare.git');
    home.git(home.directory, 'clone', '--quiet', '--bare', source, bare);
    const { record } = await prepare('c', { repo: { provider: 'local', path: bare } });
    assert.deepEqual([record.repository, record.source, readdirSync(record.path).includes('readme.md')], [bare, undefined, true]);
    assert.equal((await manager.remove(record)).removed, true);
  });

  it('that nobody owns are found with their size, adopted and removed', async () => {
    const owned = (await prepare('owned', { owner: 'agent-1' })).record;
    const lost = (await prepare('lost')).record;
    home.store.remove('lost');
    const gone = (await prepare('gone', { owner: 'agent-2' })).record;
    rmSync(gone.path, { recursive: true });
    writeFiles(lost.path, { 'work.txt': 'x'.repeat(100_000) });
    const orphans = await manager.orphans({ ownerLives: (owner) => owner !== 'agent-1' });
    assert.deepEqual(orphans.map(({ path, why }) => [path, why]).sort(), [[gone.path, 'folder-gone'], [lost.path, 'no-record'], [owned.path, 'owner-gone']]);
    assert.ok((orphans.find(({ path }) => path === lost.path)?.bytes ?? 0) > 100_000);
    assert.deepEqual((await manager.orphans()).map(({ path }) => path).sort(), [gone.path, lost.path]);
    const adopted = await manager.adopt(lost.path, { owner: 'agent-3' });
    const { ports: _ports, ...known } = lost;
    assert.deepEqual({ ...adopted, createdAt: '' }, { ...known, createdAt: '', owner: 'agent-3' });
    assert.deepEqual(await manager.adopt(lost.path), adopted);
    assert.equal((await manager.diffTotals(adopted)).filesChanged, 1);
    const report = await manager.remove(adopted);
    assert.ok(report.rescueRef?.startsWith('refs/tmux-agents/rescue/lost/'));
  });

  it("adopt a worktree of the user's making, and leave its branch when it goes", async () => {
    const mine = join(home.directory, 'by hand');
    home.git(source, 'worktree', 'add', '--quiet', '-b', 'mine', mine);
    const record = await manager.adopt(mine);
    assert.deepEqual([record.id, record.kind, record.branch, record.repository, record.base?.ref], ['by-hand', 'worktree', undefined, source, 'main']);
    await assert.rejects(manager.adopt(join(source, 'src')), (error) => isAgentsError(error, 'bad-input'));
    assert.equal((await manager.remove(record)).removed, true);
    assert.equal(home.git(source, 'branch', '--list', 'mine').trim(), 'mine');
  });

  describe('as copies', () => {
    it('hold all files, modes, links and history, and leave the source alone', async () => {
      writeFiles(source, { '.gitignore': 'built/\n', 'built/out.bin': 'out\n', 'new.txt': 'new\n' });
      symlinkSync('/etc/hostname', join(source, 'absolute'));
      symlinkSync('..', join(source, 'src/up'));
      home.git(source, 'stash', 'push', '--quiet', '--include-untracked');
      home.git(source, 'stash', 'apply', '--quiet');
      const before = stateOf(home, source);
      const { record } = await prepare('copy', { kind: 'copy' });
      assert.deepEqual([record.source, record.repository, record.branch, record.base?.ref], [source, undefined, undefined, 'main']);
      assert.equal(home.git(record.path, 'status', '--porcelain', '-uall'), home.git(source, 'status', '--porcelain', '-uall'));
      assert.equal(readFileSync(join(record.path, 'built/out.bin'), 'utf8'), 'out\n');
      assert.ok(lstatSync(join(record.path, 'src/up')).isSymbolicLink());
      assert.equal((await manager.diffTotals(record)).filesChanged, 0);
      assert.deepEqual(stateOf(home, source), before);
      assert.deepEqual(await manager.remove(record), { removed: true, repository: source });
      assert.equal(home.git(source, 'for-each-ref', 'refs/tmux-agents'), '');
    });

    it('give commits, stashes and changes back to the source as rescued work', async () => {
      const { record } = await prepare('copy', { kind: 'copy' });
      writeFiles(record.path, { 'stashed.txt': 's\n' });
      home.git(record.path, 'stash', 'push', '--quiet', '--include-untracked');
      home.git(record.path, 'checkout', '--quiet', '-b', 'side');
      home.git(record.path, 'commit', '--quiet', '--allow-empty', '--message', 'aside');
      home.git(record.path, 'checkout', '--quiet', 'main');
      writeFiles(record.path, { 'readme.md': 'changed\n' });
      const side = home.git(record.path, 'rev-parse', 'side');
      const before = stateOf(home, source);
      const report = await manager.remove(record);
      assert.equal(home.git(source, 'show', `${report.rescueRef ?? ''}:readme.md`), 'changed');
      const rescued = home.git(source, 'for-each-ref', '--format=%(objectname)%09%(subject)', 'refs/tmux-agents/rescue/copy');
      assert.ok(rescued.includes(side) && /WIP on main/.test(rescued), rescued);
      assert.deepEqual(stateOf(home, source), before);
      assert.equal(existsSync(record.path), false);
    });

    it('of a worktree have an index of their own', async () => {
      const linked = join(home.directory, 'linked');
      home.git(source, 'worktree', 'add', '--quiet', '-b', 'linked', linked);
      writeFiles(linked, { 'new.txt': 'x\n' });
      const before = stateOf(home, linked);
      const { record } = await prepare('copy', { kind: 'copy', repo: { provider: 'local', path: linked } });
      home.git(record.path, 'add', '--all');
      home.git(record.path, 'commit', '--quiet', '--message', 'in the copy');
      assert.deepEqual(stateOf(home, linked), before);
      assert.equal(home.git(record.path, 'branch', '--show-current'), 'linked');
      const report = await manager.remove(record);
      assert.equal(home.git(source, 'show', `${report.rescueRef ?? ''}:new.txt`), 'x');
    });

    it('of a folder without a repository stay while they hold what the folder does not', async () => {
      const plain = join(home.directory, 'plain');
      writeFiles(plain, { 'a.txt': 'a\n', 'b/c.txt': 'c\n' });
      const { record } = await prepare('plain', { kind: 'copy', repo: { provider: 'local', path: plain } });
      assert.equal(record.base, undefined);
      writeFileSync(join(record.path, 'b/c.txt'), 'C\n');
      const kept = await manager.remove(record, { force: true });
      assert.match(kept.reason ?? '', /b\/c\.txt is nowhere else/);
      renameSync(join(record.path, 'b/c.txt'), join(record.path, 'a.txt'));
      writeFileSync(join(record.path, 'a.txt'), 'a\n');
      assert.deepEqual(await manager.remove(record), { removed: true });
      assert.equal(realpathSync(plain), plain);
    });
  });
});
