// Hub and runner killed at random, with real processes, while fifty agents print: nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { pause } from '../../../src/base/wait.ts';
import { StreamingWorld } from '../../support/streamingWorld.ts';

const KILLS = 100;

describe('killed at random', function () {
  this.timeout(600_000);
  let world: StreamingWorld;
  beforeEach(async () => (world = await StreamingWorld.start({ agents: 50, perSecond: 10 })));
  afterEach(() => world.dispose());

  it(`the hub, ${KILLS} times`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      // At any moment of its work.
      await pause(Math.random() * 400);
      await world.killHub();
    }
    await world.compare(20);
    assert.ok(world.subscriber.connections > KILLS / 2, `it was connected only ${world.subscriber.connections} times`);
  });

  it(`the runner, ${KILLS} times`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(Math.random() * 400);
      await world.killRunner();
    }
    await world.compare(20);
  });
});
