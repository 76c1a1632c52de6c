// The agents' network on a real engine: made once, however many ask for it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { DockerEngine } from '../../../../src/runtimes/docker/engine.ts';
import { AgentNetwork } from '../../../../src/runtimes/docker/network.ts';
import { needs } from '../../../support/requirements.ts';
import { DockerPlace } from './support/dockerPlace.ts';

describe("the agents' network", () => {
  let place: DockerPlace;
  before(function () {
    needs(this, 'docker');
  });
  beforeEach(() => {
    place = new DockerPlace();
  });
  afterEach(() => place.dispose());

  function network(): AgentNetwork {
    return new AgentNetwork(new DockerEngine(), place.network);
  }

  it('is a labelled bridge, made at the first call and found by the next', async () => {
    const made = await network().ensure();
    assert.equal(made.made, true);
    assert.deepEqual(await network().ensure(), { id: made.id, made: false });
    const [found] = await place.networks();
    assert.equal(found?.Driver, 'bridge');
    assert.deepEqual(found?.Labels, { 'tmux-agents.network': 'true' });
  });

  it('is not confused with one whose name it is a part of', async () => {
    const longer = await place.docker.createNetwork({ Name: `${place.network}-more` });
    try {
      assert.notEqual((await network().ensure()).id, longer.id);
    } finally {
      await longer.remove();
    }
  });

  it('is one when ten ask for it at once', async () => {
    const ensured = await Promise.all(Array.from({ length: 10 }, () => network().ensure()));
    const networks = await place.networks();
    assert.equal(networks.length, 1);
    assert.ok(ensured.every(({ id }) => id === networks[0]?.Id));
  });

  it('is one when several processes ask for it at once', async function () {
    this.timeout(60_000);
    const source = join(import.meta.dirname, '../../../../src/runtimes/docker');
    const script = `const { DockerEngine } = await import(${JSON.stringify(join(source, 'engine.ts'))});
      const { AgentNetwork } = await import(${JSON.stringify(join(source, 'network.ts'))});
      console.log((await new AgentNetwork(new DockerEngine(), ${JSON.stringify(place.network)}).ensure()).id);`;
    const processes = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]));
    const ids = (await Promise.all(processes)).map(({ stdout }) => stdout.trim());
    const networks = await place.networks();
    assert.equal(networks.length, 1);
    assert.deepEqual(new Set(ids), new Set([networks[0]?.Id]));
  });

  it('settles on the oldest where there are two of one name', async () => {
    const make = (): Promise<{ id: string }> => place.docker.createNetwork({ Name: place.network, CheckDuplicate: false });
    const first = await make();
    await make();
    assert.deepEqual(await network().ensure(), { id: first.id, made: false });
  });

  it('stays while somebody uses it', async function () {
    needs(this, 'image');
    const own = network();
    const { id } = await own.ensure();
    const runtime = place.runtime();
    await runtime.spawnAgent(place.config());
    await own.removeIfUnused(id);
    assert.equal((await place.networks()).length, 1);
    await place.clean();
    await own.removeIfUnused(id);
    assert.equal((await place.networks()).length, 0);
  });
});
