// spawn --workspace and workspaces as real processes: an agent in a worktree of its own, and what becomes of that.
import assert from 'node:assert/strict';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import type { WorkspaceRecord } from '../../../src/protocol/workspaceRecord.ts';
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
