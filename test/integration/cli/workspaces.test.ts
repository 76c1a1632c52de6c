// spawn --workspace and workspaces as real processes: an agent in a worktree of its own, and what becomes of that.
import assert from 'node:assert/strict';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import type { WorkspaceRecord } from '../../../src/protocol/workspaceRecord.ts';
import type { Orphan } from '../../../src/workspaces/orphans.ts';
import type { RemovalReport } from '../../../src/workspaces/types.ts';
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
    assert.equal(stray.code, 3);
    assert.match(stray.stderr, /delete it by hand/);
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
});
