// spawn --workspace and workspaces as real processes: an agent in a worktree of its own, and what becomes of that.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import type { WorkspaceRecord } from '../../../src/protocol/workspaceRecord.ts';
import type { Orphan } from '../../../src/workspaces/orphans.ts';
import { PendingPlaces } from '../../../src/workspaces/pendingPlaces.ts';
import type { RemovalReport } from '../../../src/workspaces/types.ts';
import { fileWhen, processEnds } from '../../support/agentWaits.ts';
import { needs } from '../../support/requirements.ts';
import { commit, git, read, write } from '../../support/reviewWorld.ts';
import { CommandWorld } from './commandWorld.ts';

describe('the command, with workspaces', function () {
  this.timeout(90_000);
  let world: CommandWorld;
  before(function () {
    needs(this, 'tmux', 'git');
    world = new CommandWorld();
    git(world.work, 'init', '-q', '-b', 'main');
    git(world.work, 'config', 'user.name', 'Test');
    git(world.work, 'config', 'user.email', 'test@example.invalid');
    commit(world.work, { 'a.txt': 'one\n', 'sub/b.txt': 'b\n' }, 'One');
    git(world.work, 'tag', 'v1');
    commit(world.work, { 'a.txt': 'two\n' }, 'Two');
  });
  after(() => world?.dispose());
  afterEach(async () => void (await world.run(['kill', '--all', '--grace', '0'])));

  const records = async (): Promise<WorkspaceRecord[]> => (await world.json<WorkspaceRecord[]>(['workspaces', 'list'])).value;
  const spawn = async (args: readonly string[], cwd = world.work): Promise<AgentInfo> => {
    const { code, stdout, stderr } = await world.run(['spawn', '--json', ...args, '--', 'sh', '-c', 'echo "port $TMUX_AGENTS_PORT"; exec cat'], { cwd });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as AgentInfo;
  };

  it('spawns in a worktree of its own, from a tag, in the same folder below, with its ports; the user\'s folder has no trace of it', async () => {
    const agent = await spawn(['--workspace', 'worktree', '--base', 'v1'], join(world.work, 'sub'));
    const [record] = await records();
    assert.ok(record);
    assert.equal(agent.workingDirectory, join(record.path, 'sub'));
    assert.equal(read(record.path, 'a.txt'), 'one\n');
    assert.deepEqual([record.owner, record.kind, record.source], [agent.agentId, 'worktree', realpathSync(world.work)]);
    assert.equal(git(world.work, 'status', '--porcelain'), '');
    const output = await world.run(['output', agent.agentId]);
    assert.match(output.stdout, record.ports === undefined ? /port/ : new RegExp(`port ${record.ports.first}`));

    const busy = await world.run(['workspaces', 'remove', record.id]);
    assert.equal(busy.code, 2);
    assert.match(busy.stderr, /agent works in it/);
    write(record.path, 'work.txt', 'work\n');
    const killed = await world.run(['kill', agent.agentId, '--grace', '0']);
    assert.match(killed.stderr, /workspace stays/);
    assert.match((await world.run(['workspaces', 'orphans'])).stdout, new RegExp(`^${record.id}  its agent is gone`));
    const { code, value } = await world.json<(RemovalReport & { id: string })[]>(['workspaces', 'remove', record.id]);
    assert.equal(code, 0);
    assert.equal(git(world.work, 'show', `${value[0]?.rescueRef ?? ''}:work.txt`), 'work');
    assert.equal(existsSync(record.path), false);
    assert.deepEqual(await records(), []);
  });

  it('takes uncommitted changes along, or copies the folder', async () => {
    write(world.work, 'a.txt', 'three\n');
    const carried = await spawn(['--workspace', 'worktree', '--with-changes']);
    assert.equal(read(carried.workingDirectory, 'a.txt'), 'three\n');
    const copied = await spawn(['--workspace', 'copy']);
    assert.equal(read(copied.workingDirectory, 'a.txt'), 'three\n');
    assert.equal(git(world.work, 'status', '--porcelain'), ' M a.txt');
    git(world.work, 'checkout', '-q', '.');
    await world.run(['kill', '--all', '--grace', '0']);
    await world.run(['workspaces', 'remove', carried.agentId, copied.agentId]);
  });

  it('removes what has lost its record by the name that orphans shows, and loses no work; what tells nothing of itself stays', async () => {
    const { agentId } = await spawn(['--workspace', 'worktree']);
    const [record] = await records();
    assert.ok(record);
    const base = dirname(record.path);
    await world.run(['kill', agentId, '--grace', '0']);
    write(record.path, 'work.txt', 'work\n');
    write(join(dirname(base), 'workspaces'), `${record.id}.json`, '{"v":');
    write(base, 'stray/file.txt', 'who knows');
    const { stdout } = await world.run(['workspaces', 'orphans']);
    assert.match(stdout, new RegExp(`^${record.id}  nobody knows it`, 'm'));
    const { code, value } = await world.json<(RemovalReport & { id: string })[]>(['workspaces', 'remove', record.id]);
    assert.equal(code, 0);
    assert.equal(git(world.work, 'show', `${value[0]?.rescueRef ?? ''}:work.txt`), 'work');
    assert.equal(existsSync(record.path), false);
    const stray = await world.run(['workspaces', 'remove', 'stray']);
    assert.equal(stray.code, 1);
    assert.match(stray.stdout, /stray/);
    assert.equal(existsSync(join(base, 'stray', 'file.txt')), true);
    rmSync(join(base, 'stray'), { recursive: true });
  });

  it('takes back a spawn that was killed in the middle', async () => {
    // The script itself kills the command that runs it.
    write(world.work, '.tmux-agents.json', JSON.stringify({ setup: 'kill -9 $PPID; sleep 300' }));
    const spawned = await world.run(['spawn', '--workspace', 'worktree', '--setup', '--', 'cat']);
    assert.equal(spawned.code, null);
    rmSync(join(world.work, '.tmux-agents.json'));
    const { value: orphans } = await world.json<Orphan[]>(['workspaces', 'orphans']);
    assert.deepEqual(orphans.map(({ why }) => why), ['unfinished']);
    const { code } = await world.run(['workspaces', 'remove', basename(orphans[0]?.path ?? '')]);
    assert.equal(code, 0);
    assert.equal(git(world.work, 'for-each-ref', 'refs/heads/tmux-agents'), '');
  });

  it('says what stands where a folder should, and which branch is in the way', async () => {
    const file = await world.run(['spawn', '--workspace', 'worktree', '--cwd', join(world.work, 'a.txt'), '--', 'cat']);
    assert.equal(file.code, 3);
    assert.match(file.stderr, /a\.txt is not a folder/);
    git(world.work, 'branch', 'tmux-agents');
    const blocked = await world.run(['spawn', '--workspace', 'worktree', '--', 'cat']);
    git(world.work, 'branch', '-D', 'tmux-agents');
    assert.equal(blocked.code, 5);
    assert.match(blocked.stderr, /a branch tmux-agents is there[^]*git branch -m -- tmux-agents NEW/);
  });

  it('leaves nothing of a spawn that fails, and refuses what makes no sense', async () => {
    for (const args of [
      ['--workspace', 'worktree', '--base', 'no-such'],
      ['--workspace', 'elsewhere'],
      ['--base', 'main'],
      ['--workspace', 'copy', '--with-changes'],
      ['--workspace', 'worktree', '--base', 'main', '--with-changes'],
    ]) {
      const { code, stderr } = await world.run(['spawn', ...args, '--', 'cat']);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(stderr, /error: /);
    }
    // Made, then taken back: no such session can be.
    const { code } = await world.run(['spawn', '--workspace', 'worktree', '--provider', 'demo', '--mcp-config', '/no/such/file']);
    assert.notEqual(code, 0);
    assert.deepEqual(await records(), []);
    assert.equal(git(world.work, 'worktree', 'list', '--porcelain').split('\n\n').length, 1);
    assert.equal(git(world.work, 'for-each-ref', 'refs/heads/tmux-agents'), '');
  });

  it('runs the project in a workspace, in the foreground, and ends all of it at a Ctrl-C', async () => {
    const pidFile = join(world.folder, 'pid');
    const script = (run: string): void => write(world.work, '.tmux-agents.json', JSON.stringify({ run }));
    const agent = await spawn(['--workspace', 'worktree']);
    const id = agent.agentId;
    const none = await world.run(['workspaces', 'run', id]);
    assert.equal(none.code, 3);
    assert.match(none.stderr, /names no "run" script/);

    script('echo "in $PWD"; echo beside >&2');
    const shown = await world.run(['workspaces', 'run', id]);
    assert.deepEqual([shown.code, shown.stdout, shown.stderr], [0, `in ${agent.workingDirectory}\n`, 'beside\n']);
    const told = await world.json<{ id: string; exitCode: number }>(['workspaces', 'run', id]);
    assert.deepEqual(told.value, { id, path: agent.workingDirectory, exitCode: 0 });
    assert.match(told.stderr, /in .*\nbeside\n/);
    script('exit 7');
    const failed = await world.run(['workspaces', 'run', id]);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /run script failed \(7\)/);

    // The second signal is final: a script that takes its time goes all the same.
    for (const [trap, signals] of [['', ['SIGINT']], ["trap '' TERM; ", ['SIGINT', 'SIGTERM']]] as const) {
      rmSync(pidFile, { force: true });
      script(`${trap}sleep 1000 & echo $! > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'; while :; do wait; done`);
      const interrupted = await world.run(['workspaces', 'run', id], {
        meanwhile: (kill) => void fileWhen(pidFile, () => true, 60_000).then(() => signals.forEach(kill)),
      });
      assert.equal(interrupted.code, 130, interrupted.stderr);
      await processEnds(Number(readFileSync(pidFile, 'utf8')), 30_000);
    }
    rmSync(join(world.work, '.tmux-agents.json'));
    await world.run(['kill', '--all', '--grace', '0']);
    assert.equal((await world.run(['workspaces', 'remove', agent.workingDirectory])).code, 0, 'a path names it, too');
  });

  it('lists what a removal saved, and makes a branch of it by the command that the removal names', async () => {
    const agent = await spawn(['--workspace', 'worktree']);
    write(agent.workingDirectory, 'saved.txt', 'saved\n');
    await world.run(['kill', '--all', '--grace', '0']);
    const removed = await world.run(['workspaces', 'remove', agent.agentId]);
    const hint = /with: tmux-agents (workspaces restore (\S+) --repository '([^']+)')/.exec(removed.stdout);
    const [, , ref = '', repository = ''] = hint ?? [];
    assert.equal(repository, realpathSync(world.work), removed.stdout);

    const saved = await world.json<{ rescued: { ref: string; workspaceId: string }[] }>(['workspaces', 'rescued'], { cwd: join(world.work, 'sub') });
    assert.deepEqual([saved.value.rescued[0]?.ref, saved.value.rescued[0]?.workspaceId], [ref, agent.agentId]);
    assert.match((await world.run(['workspaces', 'rescued', '--repository', repository], { cwd: world.folder })).stdout, new RegExp(`^${ref}  \\d{4}-`));

    const restored = await world.run(['workspaces', 'restore', ref, '--repository', repository], { cwd: world.folder });
    assert.equal(restored.code, 0, restored.stderr);
    const short = ref.replace('refs/tmux-agents/rescue/', '');
    assert.equal(git(world.work, 'show', `tmux-agents/rescued/${short}:saved.txt`), 'saved');
    const named = await world.json<{ branch: string; commit: string }>(['workspaces', 'restore', short, '--branch', 'again']);
    assert.equal(named.value.commit, git(world.work, 'rev-parse', 'again'));
    for (const [args, code, said] of [
      [['restore', short, '--branch', 'again'], 5, /exists already/],
      [['restore', 'nothing/here'], 3, /no rescued work/],
      [['restore', short, '--branch', '-x'], 2, /no name that git takes/],
      [['restore'], 2, /No rescued work is named/],
      [['rescued', '--repository', world.folder], 2, /in no git repository/],
      [['list', '--branch', 'x'], 2, /belongs to: workspaces restore/],
    ] as const) {
      const refused = await world.run(['workspaces', ...args]);
      assert.equal(refused.code, code, args.join(' '));
      assert.match(refused.stderr, said);
    }
    for (const branch of [`tmux-agents/rescued/${short}`, 'again']) git(world.work, 'branch', '-q', '-D', branch);
  });

  it('adopts a working tree, and removes by its path what nobody knows', async () => {
    const base = join(world.folder, 'state/tmux-agents/worktrees');
    const mine = join(world.folder, 'by hand');
    git(world.work, 'worktree', 'add', '-q', '-b', 'by-hand', mine);
    const adopted = await world.json<WorkspaceRecord>(['workspaces', 'adopt', 'by hand'], { cwd: world.folder });
    assert.deepEqual([adopted.code, adopted.value.id, adopted.value.kind, adopted.value.path], [0, 'by-hand', 'worktree', realpathSync(mine)]);
    assert.deepEqual(await records(), [adopted.value]);
    for (const [path, code, said] of [['no-such', 3, /does not exist/], ['.', 2, /in no git repository/], [join(world.work, 'sub'), 2, /no working tree's top/]] as const) {
      const refused = await world.run(['workspaces', 'adopt', path], { cwd: world.folder });
      assert.equal(refused.code, code, path);
      assert.match(refused.stderr, said);
    }
    assert.equal((await world.run(['workspaces', 'remove', 'by-hand'])).code, 0);
    assert.equal(existsSync(mine), false);
    assert.equal(git(world.work, 'branch', '--list', 'by-hand').trim(), 'by-hand', 'a branch of the user is not ours to delete');

    const lost = join(base, 'lost');
    git(world.work, 'worktree', 'add', '-q', '--detach', lost);
    write(lost, 'work.txt', 'lost and found\n');
    write(join(base, 'stuff'), 'only.txt', 'only here\n');
    mkdirSync(join(base, 'hollow'));
    symlinkSync(world.work, join(base, 'link'));
    write(join(base, 'half'), 'begun.txt', 'begun\n');
    new PendingPlaces(join(base, '.pending')).write({ id: 'half', kind: 'copy', path: join(realpathSync(base), 'half') });
    assert.match((await world.run(['workspaces', 'orphans'])).stdout, /^lost  nobody knows it .*\/lost$/m);
    const { code, value } = await world.json<RemovalReport[]>(['workspaces', 'remove', lost, `${base}/hollow/`, join(base, 'half')]);
    assert.equal(code, 0);
    assert.equal(git(world.work, 'show', `${value[0]?.rescueRef ?? ''}:work.txt`), 'lost and found');
    assert.deepEqual([lost, join(base, 'hollow'), join(base, 'half')].filter((path) => existsSync(path)), []);

    const kept = await world.run(['workspaces', 'remove', join(base, 'stuff'), join(base, 'link')]);
    assert.equal(kept.code, 1);
    assert.match(kept.stdout, /stuff is kept at .*: it belongs to no repository that could keep its files\.\n.*link is kept at .*: it is no folder\.\n/);
    assert.equal(read(join(base, 'stuff'), 'only.txt'), 'only here\n');
    assert.equal((await world.run(['workspaces', 'remove', world.work])).code, 3, 'a folder elsewhere is nothing of ours');
    assert.equal(existsSync(join(world.work, 'a.txt')), true);
    assert.deepEqual(await records(), []);
    for (const name of ['stuff', 'link']) rmSync(join(base, name), { recursive: true });
  });
});
