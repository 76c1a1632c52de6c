// Many processes at one tmux server: tmux itself can crash when they are not kept apart, and every agent would be lost.
import assert from 'node:assert/strict';
import type { AgentInfo } from '../../../src/runtimes/types.ts';
import { needs } from '../../support/requirements.ts';
import { CommandWorld, sourceCommand } from './commandWorld.ts';

describe('many commands at once', function () {
  this.timeout(240_000);
  let world: CommandWorld;

  before(function () {
    needs(this, 'tmux');
    world = new CommandWorld(sourceCommand);
  });

  after(() => world?.dispose());

  it('spawn, list and kill side by side, and no agent is lost', async () => {
    const kept = await world.spawn('--provider', 'demo', '--name', 'kept');
    const spawned = await Promise.all(Array.from({ length: 12 }, () => world.spawn('--provider', 'demo')));
    const running = async (): Promise<string[]> => (await world.list()).filter(({ status }) => status === 'running').map(({ agentId }) => agentId);
    assert.deepEqual((await running()).sort(), [kept, ...spawned].map(({ agentId }: AgentInfo) => agentId).sort());
    const [killed, lists] = await Promise.all([
      Promise.all(spawned.map(({ agentId }) => world.run(['kill', agentId]))),
      Promise.all(Array.from({ length: 6 }, () => world.list())),
    ]);
    assert.deepEqual(killed.map(({ code }) => code), spawned.map(() => 0));
    for (const list of lists) assert(list.some(({ agentId }) => agentId === kept.agentId));
    assert.deepEqual(await running(), [kept.agentId]);
  });
});
